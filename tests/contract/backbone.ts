/**
 * What every backbone must do, as a suite of tests with two participants, the near and the far end: the
 * promises of cluster/backbone.ts to the letter. Its bus has a suite of its own, `bus.ts`.
 *
 * @example
 * ```ts
 * backboneContract("backbone in memory", (options) => {
 *   const cluster = new MemoryCluster(options);
 *   return { near: cluster.open(), far: cluster.open(), damage: … , close() {} };
 * });
 * ```
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type Backbone,
  BackboneError,
  type BackboneErrorKind,
  type Change,
  type Hint,
  type LogEntry,
  type Table,
} from "../../cluster/backbone.ts";
import { randomStream } from "../../sim/random.ts";
import { eventually } from "../support/eventually.ts";

/** A backbone seen from two of its participants. */
export interface BackboneEnds {
  readonly near: Backbone;
  readonly far: Backbone;
  /** Change a bit of the blob with this digest, behind the backbone's back. */
  damage(digest: string): void | Promise<void>;
  /** Free what it holds, besides the two ends. */
  close(): void | Promise<void>;
}

/** What is asked of the backbone under test. */
export interface OpenOptions {
  /** Is to be told what handlers throw, at either end. */
  readonly onError: (error: unknown, source: string) => void;
  /** After how long without a word a hint is to be handed to somebody else, ms. */
  readonly redeliverAfter: number;
}

/** Makes a new and empty backbone. */
export type OpenBackbone = (options: OpenOptions) => BackboneEnds | Promise<BackboneEnds>;

/** A backbone under test. */
interface Bench extends BackboneEnds {
  /** Both ends, to take turns. */
  readonly ends: readonly [Backbone, Backbone];
  /** What handlers threw. */
  readonly failures: readonly string[];
  readonly redeliverAfter: number;
}

const redeliverAfter = 1_000;

/** Long enough for a pull that must come back empty to be believed, ms. */
const moment = 300;

/** Longer than anything takes that does come, ms. */
const plenty = 30_000;

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const never = new AbortController().signal;
const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** The rejections must be the backbone's own, and of this kind. */
function fails(outcome: Promise<unknown>, kind: BackboneErrorKind): Promise<void> {
  return assert.rejects(outcome, (error) => {
    assert(error instanceof BackboneError, `a BackboneError was expected, not ${error}`);
    assert.equal(error.kind, kind);
    assert(error.message.length > 10, "an error says what is wrong");
    return true;
  });
}

/** Run the suite against the backbone that `open` makes. */
export function backboneContract(name: string, open: OpenBackbone): void {
  const test = (behaviour: string, check: (bench: Bench) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const failures: string[] = [];
      const ends = await open({
        onError: (error) => failures.push(error instanceof Error ? error.message : `${error}`),
        redeliverAfter,
      });
      try {
        await eventually("both ends connect", () => {
          return ends.near.link.state === "connected" && ends.far.link.state === "connected";
        });
        await check({ ...ends, ends: [ends.near, ends.far], failures, redeliverAfter });
      } finally {
        await ends.near.close();
        await ends.far.close();
        await ends.close();
      }
    });
  tables(test);
  logs(test);
  queue(test);
  blobs(test);
  link(test);
}

type Test = (behaviour: string, check: (bench: Bench) => Promise<void>) => void;

function tables(test: Test): void {
  test("a table keeps what was written, and tells it to both ends", async ({ near, far }) => {
    const revision = await near.table("jobs").create("a", bytes("one"));
    assert(revision !== undefined && revision > 0);
    const entry = await far.table("jobs").get("a");
    assert.deepEqual(entry && { ...entry, value: text(entry.value) }, {
      key: "a",
      value: "one",
      revision,
    });
    const next = await far.table("jobs").update("a", bytes("two"), revision);
    assert(next !== undefined && next > revision);
    assert.equal(text((await near.table("jobs").get("a"))!.value), "two");
  });

  test("tables are apart from each other", async ({ near, far }) => {
    await near.table("jobs").create("a", bytes("job"));
    await near.table("specs").create("a", bytes("spec"));
    assert.equal(text((await far.table("specs").get("a"))!.value), "spec");
    assert.equal(await far.table("results").get("a"), undefined);
    assert.deepEqual(await far.table("jobs").keys(), ["a"]);
    assert.deepEqual(await far.table("results").keys(), []);
  });

  test("what is not there is undefined, and cannot be changed or removed", async ({ near }) => {
    const table = near.table("jobs");
    assert.equal(await table.get("a"), undefined);
    for (const revision of [0, 1, 12345]) {
      assert.equal(await table.update("a", bytes("x"), revision), undefined);
      assert.equal(await table.remove("a", revision), false);
    }
    assert.equal(await table.get("a"), undefined);
    assert.deepEqual(await table.keys(), []);
  });

  test("of many who create a key, one succeeds", async ({ ends }) => {
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
        const revision = await ends[i % 2].table("leases").create(`role-${round}`, bytes(`${i}`));
        return revision === undefined ? [] : [{ i, revision }];
      }));
      const winners = outcomes.flat();
      assert.equal(winners.length, 1);
      for (const end of ends) {
        const entry = await end.table("leases").get(`role-${round}`);
        assert.deepEqual([text(entry!.value), entry!.revision], [
          `${winners[0].i}`,
          winners[0].revision,
        ]);
      }
    }
  });

  test("of many who change what they have read, one succeeds", async ({ ends }) => {
    let revision = (await ends[0].table("jobs").create("a", bytes("start")))!;
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => {
        const table = ends[i % 2].table("jobs");
        return i % 5 === 4
          ? table.remove("a", revision).then((removed) => removed ? ["removed"] : [])
          : table.update("a", bytes(`${i}`), revision).then((next) => next ? [next] : []);
      }));
      const winners = outcomes.flat();
      assert.equal(winners.length, 1, `winners: ${winners}`);
      const entry = await ends[0].table("jobs").get("a");
      assert.equal(entry?.revision, winners[0] === "removed" ? undefined : winners[0]);
      revision = entry?.revision ?? (await ends[1].table("jobs").create("a", bytes("again")))!;
    }
  });

  test("no count is lost when many count in one key", async ({ ends }) => {
    await ends[0].table("jobs").create("count", bytes("0"));
    const count = async (table: Table) => {
      for (let done = 0; done < 20;) {
        const entry = (await table.get("count"))!;
        const next = bytes(String(Number(text(entry.value)) + 1));
        if (await table.update("count", next, entry.revision) !== undefined) done++;
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, i) => count(ends[i % 2].table("jobs"))));
    assert.equal(text((await ends[0].table("jobs").get("count"))!.value), "120");
  });

  test("a removed key is gone, can be created again, and never has an old revision", async ({ near, far }) => {
    const [mine, theirs] = [near.table("jobs"), far.table("jobs")];
    const first = (await mine.create("a", bytes("1")))!;
    const second = (await mine.update("a", bytes("2"), first))!;
    assert.equal(await theirs.remove("a", first), false);
    assert.equal(await theirs.remove("a", second), true);
    assert.equal(await theirs.remove("a", second), false);
    assert.equal(await mine.get("a"), undefined);
    assert.deepEqual(await mine.keys(), []);
    assert.equal(await mine.update("a", bytes("3"), second), undefined);
    const third = (await mine.create("a", bytes("3")))!;
    assert(third > second);
    assert.equal(await mine.create("a", bytes("4")), undefined);
    assert.deepEqual(await theirs.keys(), ["a"]);
  });

  test("values come back byte by byte, and are nobody else's buffer", async ({ near, far }) => {
    const large = Uint8Array.from({ length: 512 * 1024 }, (_, i) => i % 251);
    const values = { empty: new Uint8Array(0), view: large.subarray(100, 107), large };
    for (const [key, value] of Object.entries(values)) {
      await near.table("jobs").create(key, value);
      assert.deepEqual((await far.table("jobs").get(key))!.value, value, key);
    }
    const buffer = bytes("given");
    const writing = [
      near.table("jobs").create("given", buffer),
      near.logs.append("job.1", buffer, 0),
      near.queue.push("lane", buffer),
      near.blobs.put(buffer),
    ];
    buffer.fill(0);
    await Promise.all(writing);
    assert.equal(text((await near.logs.read("job.1"))[0].payload), "given");
    const hint = await near.queue.pull(["lane"], { signal: never, patience: plenty });
    assert.equal(text(hint!.payload), "given");
    assert.equal(await writing[3], sha256(bytes("given")));
    const read = (await near.table("jobs").get("given"))!.value;
    assert.equal(text(read), "given");
    read.fill(0);
    assert.equal(text((await near.table("jobs").get("given"))!.value), "given");
  });

  test("every key that is allowed works, and all others are refused", async ({ near, far }) => {
    const keys = ["a", "A-b_c=d.e.f", "0", "=", "=2E", "a..b", "x".repeat(200)];
    for (const key of keys) await near.table("jobs").create(key, bytes(key));
    assert.deepEqual((await far.table("jobs").keys()).toSorted(), keys.toSorted());
    for (const key of keys) assert.equal(text((await far.table("jobs").get(key))!.value), key);
    const seen: string[] = [];
    (await far.table("jobs").watch(({ key }) => seen.push(key))).unsubscribe();
    assert.deepEqual(seen.toSorted(), keys.toSorted());
    for (const key of ["", "a b", "a*", ">", "ä", "a/b", ".a", "a.", "x".repeat(201), "a\r\nb"]) {
      await assert.rejects(near.table("jobs").create(key, bytes("x")), RangeError, key);
      await assert.rejects(near.table("jobs").get(key), RangeError, key);
    }
    assert.equal((await far.table("jobs").keys()).length, keys.length);
  });

  test("a value that is too large is refused by name", async ({ near }) => {
    const table = near.table("jobs");
    await fails(table.create("a", new Uint8Array(512 * 1024 + 1)), "too-large");
    const revision = (await table.create("a", bytes("small")))!;
    await fails(table.update("a", new Uint8Array(4 << 20), revision), "too-large");
    assert.equal(text((await table.get("a"))!.value), "small");
  });

  test("a watcher gets what is there before the watch resolves, then what changes", async ({ near, far }) => {
    const table = near.table("jobs");
    await table.create("a", bytes("1"));
    const b = (await table.create("b", bytes("1")))!;
    await table.remove("b", b);
    const c = (await table.create("c", bytes("1")))!;
    const changes: Change[] = [];
    const subscription = await far.table("jobs").watch((change) => changes.push(change));
    const told = () =>
      changes.map(({ key, value }) => value === undefined ? key : `${key}=${text(value)}`);
    assert.deepEqual(told().toSorted(), ["a=1", "c=1"]);
    changes.length = 0;
    const second = (await table.update("c", bytes("2"), c))!;
    await table.create("d", bytes("1"));
    assert.equal(await table.remove("c", second), true);
    await eventually("the changes", () => changes.length >= 3);
    assert.deepEqual(told(), ["c=2", "d=1", "c"]);
    assert.equal(changes[0].revision, second);
    assert(changes[1].revision > second && changes[2].revision > changes[1].revision);
    subscription.unsubscribe();
    subscription.unsubscribe();
    await table.create("e", bytes("1"));
    // Whoever watches later hears of it; by then the first one would have.
    const later: string[] = [];
    await far.table("jobs").watch(({ key }) => later.push(key));
    assert(later.includes("e"));
    await sleep(moment);
    assert.equal(changes.length, 3);
  });

  test("a watcher that starts amid writes misses nothing that lasts", async ({ near, far }) => {
    const table = near.table("jobs");
    const random = randomStream(1, "watch races");
    const writing = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 60; i++) {
        const key = `${writer}-${random.integer(5)}`;
        const entry = await table.get(key);
        if (!entry) await table.create(key, bytes(`${i}`));
        else if (random.uniform() < 0.2) await table.remove(key, entry.revision);
        else await table.update(key, bytes(`${i}`), entry.revision);
      }
    });
    const views = await Promise.all(Array.from({ length: 6 }, async (_, i) => {
      await sleep(i * 7);
      const view = new Map<string, Change>();
      await far.table("jobs").watch((change) => {
        const before = view.get(change.key)?.revision ?? 0;
        assert(change.revision > before, `${change.key}: ${change.revision} after ${before}`);
        view.set(change.key, change);
      });
      return view;
    }));
    await Promise.all(writing);
    const expected = new Map<string, string>();
    for (const key of await table.keys()) expected.set(key, text((await table.get(key))!.value));
    for (const view of views) {
      const present = () =>
        [...view.values()].flatMap(({ key, value }) =>
          value === undefined ? [] : [[key, text(value)] as const]
        );
      const same = () => {
        const seen = new Map(present());
        return seen.size === expected.size &&
          [...expected].every(([key, value]) => seen.get(key) === value);
      };
      await eventually("every watcher has the table as it is", same);
    }
  });

  test("keys are listed while one of them is written without a pause", async ({ near, far }) => {
    const table = far.table("jobs");
    await near.table("jobs").create("quiet", bytes("1"));
    let revision = (await table.create("busy", bytes("0")))!;
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) revision = (await table.update("busy", bytes("again"), revision))!;
    })();
    try {
      for (let i = 0; i < 20; i++) {
        assert.deepEqual((await near.table("jobs").keys()).toSorted(), ["busy", "quiet"]);
      }
    } finally {
      isWriting = false;
      await writing;
    }
  });

  test("a watcher that throws is reported, and disturbs nobody", async ({ near, far, failures }) => {
    await near.table("jobs").create("a", bytes("1"));
    const heard: string[] = [];
    await far.table("jobs").watch(({ key }) => {
      throw new Error(`cannot take ${key}`);
    });
    await far.table("jobs").watch(({ key }) => heard.push(key));
    await near.table("jobs").create("b", bytes("1"));
    await eventually("both entries", () => heard.length === 2 && failures.length === 2);
    assert.deepEqual(failures.toSorted(), ["cannot take a", "cannot take b"]);
  });
}

function logs(test: Test): void {
  const contents = (entries: readonly LogEntry[]) => entries.map(({ payload }) => text(payload));

  test("a log is read as it was written", async ({ near, far }) => {
    assert.equal(await far.logs.last("job.1"), 0);
    assert.deepEqual(await far.logs.read("job.1"), []);
    const positions = [0];
    for (const entry of ["a", "", "c"]) {
      const position = await near.logs.append("job.1", bytes(entry), positions.at(-1)!);
      assert(position !== undefined && position > positions.at(-1)!);
      positions.push(position);
    }
    assert.equal(await far.logs.last("job.1"), positions[3]);
    const entries = await far.logs.read("job.1");
    assert.deepEqual(contents(entries), ["a", "", "c"]);
    assert.deepEqual(entries.map(({ position }) => position), positions.slice(1));
    assert.deepEqual(contents(await far.logs.read("job.1", positions[1])), ["", "c"]);
    assert.deepEqual(contents(await far.logs.read("job.1", positions[3])), []);
  });

  test("who does not know the log's end cannot append", async ({ near, far }) => {
    const first = (await near.logs.append("job.1", bytes("a"), 0))!;
    assert.equal(await far.logs.append("job.1", bytes("zombie"), 0), undefined);
    const second = (await far.logs.append("job.1", bytes("b"), first))!;
    assert.equal(await near.logs.append("job.1", bytes("zombie"), first), undefined);
    assert.equal(await near.logs.append("job.1", bytes("zombie"), second + 1000), undefined);
    assert.deepEqual(contents(await near.logs.read("job.1")), ["a", "b"]);
  });

  test("of many who append behind the same entry, one succeeds", async ({ ends }) => {
    let last = 0;
    const winners: string[] = [];
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all(Array.from({ length: 16 }, async (_, i) => {
        const entry = `${round}.${i}`;
        const position = await ends[i % 2].logs.append("job.1", bytes(entry), last);
        return position === undefined ? [] : [{ entry, position }];
      }));
      const won = outcomes.flat();
      assert.equal(won.length, 1);
      winners.push(won[0].entry);
      last = won[0].position;
    }
    assert.deepEqual(contents(await ends[0].logs.read("job.1")), winners);
  });

  test("logs are apart, whatever they are called", async ({ near, far }) => {
    const names = ["job.1", "job.10", "job", "job.*", ">", "a b", "ü", "a..b", ".", "=2E", "a/b\n"];
    for (const name of names) assert(await near.logs.append(name, bytes(name), 0));
    for (const name of names) assert.deepEqual(contents(await far.logs.read(name)), [name]);
  });

  test("the logs that have entries are listed by their names", async ({ near, far }) => {
    assert.deepEqual(await far.logs.names(), []);
    const names = ["job.1", "job.10", "a b", "ü", "=2E"];
    for (const name of names) await near.logs.append(name, bytes(name), 0);
    await far.logs.last("job.2");
    assert.deepEqual((await far.logs.names()).toSorted(), names.toSorted());
    await near.logs.remove("job.1");
    assert.deepEqual((await far.logs.names()).toSorted(), names.slice(1).toSorted());
  });

  test("a log that was removed begins anew, and nobody appends behind its old end", async ({ near, far }) => {
    await near.logs.remove("job.1");
    const heard: string[] = [];
    await far.logs.follow("job.1", ({ payload }) => heard.push(text(payload)));
    const first = (await near.logs.append("job.1", bytes("a"), 0))!;
    const second = (await near.logs.append("job.1", bytes("b"), first))!;
    const other = (await near.logs.append("job.2", bytes("other"), 0))!;
    await far.logs.remove("job.1", first);
    assert.deepEqual(contents(await near.logs.read("job.1")), ["b"]);
    assert.equal(await near.logs.last("job.1"), second);
    await far.logs.remove("job.1");
    assert.deepEqual(await near.logs.read("job.1"), []);
    assert.equal(await near.logs.last("job.1"), 0);
    assert.equal(await near.logs.append("job.1", bytes("zombie"), second), undefined);
    const third = (await near.logs.append("job.1", bytes("c"), 0))!;
    assert(third > second);
    await far.logs.remove("job.1", second);
    assert.deepEqual(contents(await far.logs.read("job.1", first)), ["c"]);
    assert.equal(await near.logs.last("job.2"), other);
    await eventually("the follower has heard all", () => heard.length === 3);
    assert.deepEqual(heard, ["a", "b", "c"]);
  });

  test("a follower gets every entry once and in order, while others append", async ({ ends }) => {
    const [near, far] = ends;
    const write = async (writer: number) => {
      const { logs } = ends[writer % 2];
      for (let i = 0; i < 15;) {
        const last = await logs.last("job.1");
        const position = await logs.append("job.1", bytes(`${writer}.${i}`), last);
        if (position !== undefined) i++;
        else await sleep(1);
      }
    };
    const begun = (await near.logs.append("job.1", bytes("begin"), 0))!;
    await near.logs.append("job.2", bytes("another log"), 0);
    const writing = [0, 1, 2, 3].map(write);
    const all: LogEntry[] = [];
    const beyond: LogEntry[] = [];
    await far.logs.follow("job.1", (entry) => all.push(entry));
    assert(all.length >= 1, "what was there is handed over first");
    await far.logs.follow("job.1", (entry) => beyond.push(entry), begun);
    await Promise.all(writing);
    await eventually("all entries", () => all.length >= 61 && beyond.length >= 60);
    const written = await near.logs.read("job.1");
    assert.equal(written.length, 61);
    assert.deepEqual(all, written);
    assert.deepEqual(beyond, written.slice(1));
  });

  test("an ended follower hears nothing more; one that throws is reported", async (bench) => {
    const { near, far, failures } = bench;
    const heard: string[] = [];
    const ended = await far.logs.follow("job.1", ({ payload }) => heard.push(text(payload)));
    await far.logs.follow("job.1", ({ payload }) => {
      throw new Error(`cannot take ${text(payload)}`);
    });
    const first = (await near.logs.append("job.1", bytes("a"), 0))!;
    await eventually("the first entry", () => heard.length === 1 && failures.length === 1);
    ended.unsubscribe();
    ended.unsubscribe();
    await near.logs.append("job.1", bytes("b"), first);
    await eventually("the second entry", () => failures.length === 2);
    assert.deepEqual(heard, ["a"]);
    assert.deepEqual(failures, ["cannot take a", "cannot take b"]);
  });
}

function queue(test: Test): void {
  const pull = (end: Backbone, lanes: readonly string[], patience = plenty) =>
    end.queue.pull(lanes, { signal: never, patience });
  const nothing = async (end: Backbone, lanes: readonly string[]) =>
    assert.equal(await pull(end, lanes, moment), undefined);

  test("a hint is handed out, and when it is done never again", async ({ near, far, redeliverAfter }) => {
    await near.queue.push("lane", bytes("hint"));
    const hint = (await pull(far, ["lane"]))!;
    assert.deepEqual([text(hint.payload), hint.deliveries], ["hint", 1]);
    await nothing(near, ["lane"]);
    await hint.done();
    await hint.done();
    assert.equal(await pull(near, ["lane"], 2 * redeliverAfter), undefined);
  });

  test("a pull waits for the next hint of any of its lanes", async ({ near, far }) => {
    for (const lane of ["a", "b", "c"]) {
      const waiting = pull(far, ["a", "b", "c"]);
      await sleep(50);
      await near.queue.push(lane, bytes(`to ${lane}`));
      const hint = (await waiting)!;
      assert.equal(text(hint.payload), `to ${lane}`);
      await hint.done();
    }
  });

  test("a pull ends when it is to, or when its patience is over", async ({ near, far }) => {
    await nothing(far, ["lane"]);
    await nothing(far, []);
    const ending = new AbortController();
    const waiting = far.queue.pull(["lane"], { signal: ending.signal, patience: plenty });
    await sleep(50);
    ending.abort();
    assert.equal(await waiting, undefined);
    const over = far.queue.pull(["lane"], { signal: ending.signal, patience: plenty });
    assert.equal(await over, undefined);
    // Those pulls take nothing with them.
    await near.queue.push("lane", bytes("hint"));
    assert.equal(text((await pull(near, ["lane"]))!.payload), "hint");
  });

  test("the first lane that has a hint is served first, oldest hint first", async ({ near, far }) => {
    for (const hint of ["b1", "c1", "a1", "b2", "a2"]) {
      await near.queue.push(hint[0], bytes(hint));
    }
    const order: string[] = [];
    for (let i = 0; i < 5; i++) {
      const hint = (await pull(far, ["a", "b", "c"]))!;
      order.push(text(hint.payload));
      await hint.done();
    }
    assert.deepEqual(order, ["a1", "a2", "b1", "b2", "c1"]);
    await nothing(far, ["a", "b", "c"]);
  });

  test("only the lanes that were asked for are served, whatever they are called", async ({ near, far }) => {
    const lanes = ["p0-00ff", "p0", "*", "a.b", "a", "a b", "ü", "a=2Eb"];
    for (const lane of lanes) await near.queue.push(lane, bytes(lane));
    for (const lane of lanes) {
      const hint = (await pull(far, [lane]))!;
      assert.equal(text(hint.payload), lane);
      await hint.done();
    }
    await nothing(far, lanes);
  });

  test("a hint that was given back goes to somebody else, at once or after a while", async ({ near, far }) => {
    await near.queue.push("lane", bytes("hint"));
    (await pull(far, ["lane"]))!.giveBack();
    const again = (await pull(near, ["lane"]))!;
    assert.deepEqual([text(again.payload), again.deliveries], ["hint", 2]);
    again.giveBack(moment * 2);
    await nothing(far, ["lane"]);
    const third = (await pull(far, ["lane"]))!;
    assert.equal(third.deliveries, 3);
    await third.done();
  });

  test("a hint of which nothing is heard goes to somebody else", async ({ near, far }) => {
    await near.queue.push("lane", bytes("hint"));
    const lost = (await pull(far, ["lane"]))!;
    const again = (await pull(near, ["lane"]))!;
    assert.deepEqual([text(again.payload), again.deliveries], ["hint", 2]);
    await again.done();
    // Late words of the one that had lost it change nothing.
    lost.working();
    lost.giveBack();
    await nothing(near, ["lane"]);
  });

  test("a hint that is being worked on stays where it is", async ({ near, far, redeliverAfter }) => {
    await near.queue.push("lane", bytes("hint"));
    const hint = (await pull(far, ["lane"]))!;
    const ending = new AbortController();
    const other = near.queue.pull(["lane"], { signal: ending.signal, patience: plenty });
    for (let beat = 0; beat < 12; beat++) {
      await sleep(redeliverAfter / 4);
      hint.working();
    }
    await hint.done();
    ending.abort();
    assert.equal(await other, undefined);
  });

  test("many hints go to many pullers, each to one", async ({ ends }) => {
    const hints = Array.from({ length: 60 }, (_, i) => `${i}`);
    const taken: string[] = [];
    const ending = new AbortController();
    const pulling = Array.from({ length: 6 }, async (_, i) => {
      const { queue } = ends[i % 2];
      for (;;) {
        const hint = await queue.pull(["a", "b"], { signal: ending.signal, patience: plenty });
        if (!hint) return;
        taken.push(text(hint.payload));
        await hint.done();
      }
    });
    for (const hint of hints) await ends[0].queue.push(Number(hint) % 3 ? "a" : "b", bytes(hint));
    await eventually("all hints are taken", () => taken.length >= hints.length);
    ending.abort();
    await Promise.all(pulling);
    const order = (all: readonly string[]) => all.toSorted((x, y) => Number(x) - Number(y));
    assert.deepEqual(order([...new Set(taken)]), hints);
  });

  test("two hints at once for one who waits: the second is not lost", async ({ near, far }) => {
    for (let round = 0; round < 10; round++) {
      const waiting = pull(far, ["a", "b"]);
      await sleep(5);
      await Promise.all([near.queue.push("a", bytes("a")), near.queue.push("b", bytes("b"))]);
      const first = (await waiting)!;
      const second = (await pull(far, ["a", "b"]))!;
      assert.deepEqual([text(first.payload), text(second.payload)].toSorted(), ["a", "b"]);
      await Promise.all([first.done(), second.done()]);
    }
  });

  test("the hints that wait are counted", async ({ near, far }) => {
    assert.equal(await near.queue.waiting("lane"), 0);
    for (const hint of ["1", "2", "3"]) await near.queue.push("lane", bytes(hint));
    await near.queue.push("other", bytes("4"));
    assert.equal(await far.queue.waiting("lane"), 3);
    const taken: Hint[] = [];
    for (let i = 0; i < 2; i++) taken.push((await pull(far, ["lane"]))!);
    assert.equal(await near.queue.waiting("lane"), 1);
    for (const hint of taken) await hint.done();
    assert.equal(await near.queue.waiting("lane"), 1);
    assert.equal(await near.queue.waiting("other"), 1);
  });
}

function blobs(test: Test): void {
  test("blobs are kept under their digest, small, large and empty", async ({ near, far }) => {
    for (const length of [0, 1, 1000, 512 * 1024, 512 * 1024 + 1, 3_500_000]) {
      const content = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 9)) % 256);
      const digest = await near.blobs.put(content);
      assert.equal(digest, sha256(content));
      const read = await far.blobs.get(digest);
      assert(read && read.length === length && sha256(read) === digest, `${length} bytes`);
    }
  });

  test("a blob that is put twice is one, and is gone when it is removed", async ({ near, far }) => {
    const content = bytes("content");
    const digest = await near.blobs.put(content);
    assert.equal(await far.blobs.put(content.slice()), digest);
    await near.blobs.remove(digest);
    assert.equal(await far.blobs.get(digest), undefined);
    await near.blobs.remove(digest);
    assert.equal(await far.blobs.put(content), digest);
    assert.equal(text((await near.blobs.get(digest))!), "content");
  });

  test("the blobs are listed with their sizes, and with a revision that every put changes", async ({ near, far }) => {
    assert.deepEqual(await far.blobs.list(), []);
    const large = new Uint8Array(1_200_000).fill(7);
    const [small, big] = [await near.blobs.put(bytes("small")), await near.blobs.put(large)];
    const listed = async () =>
      new Map((await far.blobs.list()).map((blob) => [blob.digest, blob] as const));
    const before = await listed();
    assert.deepEqual(
      [...before.values()].map(({ digest, size }) => [digest, size]).toSorted(),
      [[small, 5], [big, large.length]].toSorted(),
    );
    await near.blobs.put(large.slice());
    const after = await listed();
    assert(after.get(big)!.revision > before.get(big)!.revision);
    assert.deepEqual(after.get(small), before.get(small));
    assert.equal(after.get(big)!.size, large.length);

    // Whoever has seen the one before removes nothing.
    await far.blobs.remove(big, before.get(big)!.revision);
    assert.equal((await near.blobs.get(big))?.length, large.length);
    await far.blobs.remove(big, after.get(big)!.revision);
    assert.equal(await near.blobs.get(big), undefined);
    assert.deepEqual([...(await listed()).keys()], [small]);
  });

  test("what was never put is undefined", async ({ near }) => {
    assert.equal(await near.blobs.get(sha256(bytes("nothing"))), undefined);
  });

  test("many put the same and others at once", async ({ ends }) => {
    const contents = Array.from({ length: 4 }, (_, i) => new Uint8Array(700_000).fill(i));
    const digests = await Promise.all(
      [...contents, ...contents, ...contents].map((content, i) => ends[i % 2].blobs.put(content)),
    );
    for (const [i, content] of contents.entries()) {
      assert.equal(digests[i], sha256(content));
      assert.equal(sha256((await ends[1].blobs.get(digests[i]))!), digests[i]);
    }
  });

  test("a damaged blob is no blob, and is repaired by putting it again", async (bench) => {
    const content = Uint8Array.from({ length: 1_200_000 }, (_, i) => i % 256);
    const digest = await bench.near.blobs.put(content);
    await bench.damage(digest);
    await fails(bench.far.blobs.get(digest), "damaged");
    assert.equal(await bench.near.blobs.put(content), digest);
    assert.equal(sha256((await bench.far.blobs.get(digest))!), digest);
  });
}

function link(test: Test): void {
  test("a closed end refuses everything, and the other one goes on", async ({ near, far }) => {
    const states: string[] = [];
    near.link.onChange((state) => states.push(state));
    near.link.onChange((state) => states.push(state)).unsubscribe();
    assert.equal(near.link.state, "connected");
    await near.table("jobs").create("a", bytes("1"));
    await near.close();
    await near.close();
    assert.equal(near.link.state, "closed");
    assert.deepEqual(states, ["closed"]);
    await fails(near.table("jobs").get("a"), "refused");
    await fails(near.table("jobs").create("b", bytes("1")), "refused");
    await fails(near.table("jobs").watch(() => {}), "refused");
    await fails(near.logs.append("job.1", bytes("1"), 0), "refused");
    await fails(near.queue.push("lane", bytes("1")), "refused");
    await fails(near.queue.pull(["lane"], { signal: never, patience: plenty }), "refused");
    await fails(near.blobs.put(bytes("1")), "refused");
    near.bus.publish("news", bytes("1"));
    assert.equal(text((await far.table("jobs").get("a"))!.value), "1");
  });

  test("nobody waits for ever for an end that is closed", async ({ near, far }) => {
    const asked = Promise.allSettled([
      near.queue.pull(["another lane"], { signal: never, patience: 10 * plenty }),
      near.queue.push("lane", bytes("1")),
      near.table("jobs").create("a", bytes("1")),
      near.blobs.put(new Uint8Array(2_000_000)),
      near.logs.append("job.1", bytes("1"), 0),
    ]);
    await near.table("jobs").watch(() => {});
    await near.logs.follow("job.1", () => {});
    await near.close();
    const [pulled, , created] = await asked;
    for (const outcome of await asked) {
      if (outcome.status === "fulfilled") continue;
      assert(outcome.reason instanceof BackboneError, `not the backbone's: ${outcome.reason}`);
    }
    assert.equal(pulled.status, "rejected");
    // What was said to have been done has been done.
    if (created.status === "fulfilled") assert(await far.table("jobs").get("a"));
  });
}
