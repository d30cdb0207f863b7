/**
 * What every bus must do, as a suite of tests with two participants, the near and the far end: the
 * promises of cluster/bus.ts to the letter.
 *
 * @example
 * ```ts
 * busContract("in process", (onError) => {
 *   const bus = inProcessBus(onError);
 *   return { near: bus, far: bus, close() {} };
 * });
 * ```
 */
import assert from "node:assert/strict";
import type { Bus } from "../../cluster/bus.ts";

/** A bus seen from two of its participants, who may share one thread. */
export interface BusEnds {
  readonly near: Bus;
  readonly far: Bus;
  /** End it and free what it holds. */
  close(): void | Promise<void>;
}

/** Makes a new bus; `onError` is to be told what subscribers throw, at either end. */
export type OpenBus = (
  onError: (error: unknown, subject: string) => void,
) => BusEnds | Promise<BusEnds>;

/** An open bus under test. */
interface Bench extends BusEnds {
  /** What subscribers threw, as `subject: message`. */
  readonly failures: readonly string[];
  /** Resolves when all that has been said and done at both ends has got through. */
  settled(): Promise<void>;
}

let tokens = 0;

/** Resolves when what `from` has published and `to` has subscribed to so far is in force. */
async function hears(to: Bus, from: Bus): Promise<void> {
  const subject = `token.${tokens++}`;
  let heard = false;
  const subscription = to.subscribe(subject, () => heard = true);
  // Publications before the subscription has got through are lost, hence the repetition.
  while (!heard) {
    from.publish(subject, new Uint8Array(0));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  subscription.unsubscribe();
}

const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const bytes = (message: string) => new TextEncoder().encode(message);

/** The messages on `subject` as they come. */
function heardAt(bus: Bus, subject: string): string[] {
  const messages: string[] = [];
  bus.subscribe(subject, (payload) => messages.push(text(payload)));
  return messages;
}

/** Both directions in which a message can go. */
const ways = [["near", "far"], ["far", "near"]] as const;

/** Run the suite against the bus that `open` makes. */
export function busContract(name: string, open: OpenBus): void {
  const test = (behaviour: string, check: (bench: Bench) => Promise<void>) =>
    Deno.test(`${name}: ${behaviour}`, async () => {
      const failures: string[] = [];
      const ends = await open((error, subject) =>
        failures.push(`${subject}: ${error instanceof Error ? error.message : error}`)
      );
      const settled = async () => {
        // A second round for what the first one's messages have set off.
        for (let round = 0; round < 2; round++) {
          await hears(ends.far, ends.near);
          await hears(ends.near, ends.far);
        }
      };
      try {
        await settled();
        await check({ ...ends, failures, settled });
      } finally {
        await ends.close();
      }
    });

  test("a message reaches every subscriber at both ends, once", async (bench) => {
    for (const [sender] of ways) {
      const subject = `news.${sender}`;
      const heard = [bench.near, bench.near, bench.far, bench.far]
        .map((bus) => heardAt(bus, subject));
      await bench.settled();
      bench[sender].publish(subject, bytes("hello"));
      await bench.settled();
      assert.deepEqual(heard, Array.from({ length: 4 }, () => ["hello"]), `from ${sender}`);
    }
    assert.deepEqual(bench.failures, []);
  });

  test("the messages of one sender arrive in order, across subjects too", async (bench) => {
    for (const [sender, receiver] of ways) {
      const heard: string[] = [];
      for (const subject of ["even", "odd"]) {
        bench[receiver].subscribe(subject, (payload) => heard.push(text(payload)));
      }
      await bench.settled();
      const sent = Array.from({ length: 200 }, (_, i) => String(i));
      sent.forEach((message, i) =>
        bench[sender].publish(i % 2 === 0 ? "even" : "odd", bytes(message))
      );
      await bench.settled();
      // What the other way's subscriptions hear is the same again.
      assert.deepEqual(heard.slice(0, sent.length), sent);
    }
  });

  test("only the exact subject counts", async (bench) => {
    const others = ["run.1", "run.1.events.more", "run.10.events", "run.*.events", "run.>", ""];
    const heard = others.map((subject) => heardAt(bench.far, subject));
    const exact = heardAt(bench.far, "run.1.events");
    await bench.settled();
    bench.near.publish("run.1.events", bytes("hello"));
    await bench.settled();
    assert.deepEqual(heard.flat(), []);
    assert.deepEqual(exact, ["hello"]);
  });

  test("payloads arrive byte by byte: empty ones, views, and large ones", async (bench) => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const payloads = [
      new Uint8Array(0),
      every,
      every.subarray(100, 107),
      Uint8Array.from({ length: 1 << 20 }, (_, i) => i % 251),
    ];
    for (const [sender, receiver] of ways) {
      const heard: Uint8Array[] = [];
      bench[receiver].subscribe(sender, (payload) => heard.push(payload));
      await bench.settled();
      for (const payload of payloads) bench[sender].publish(sender, payload);
      await bench.settled();
      assert.deepEqual(heard, payloads);
    }
  });

  test("a message that nobody listens to is lost, also to those who come later", async (bench) => {
    bench.near.publish("news", bytes("lost"));
    await bench.settled();
    const heard = heardAt(bench.far, "news");
    await bench.settled();
    bench.near.publish("news", bytes("heard"));
    await bench.settled();
    assert.deepEqual(heard, ["heard"]);
  });

  test("an ended subscription hears nothing more, and the others go on", async (bench) => {
    const heard: string[] = [];
    const listen = (who: string) => (payload: Uint8Array) => heard.push(`${who} ${text(payload)}`);
    const first = bench.far.subscribe("news", listen("first"));
    bench.far.subscribe("news", listen("second"));
    await bench.settled();
    bench.near.publish("news", bytes("1"));
    await bench.settled();
    first.unsubscribe();
    first.unsubscribe();
    await bench.settled();
    bench.near.publish("news", bytes("2"));
    await bench.settled();
    bench.far.publish("news", bytes("3"));
    await bench.settled();
    assert.deepEqual(heard, ["first 1", "second 1", "second 2", "second 3"]);
  });

  test("one handler may subscribe twice; each subscription is its own", async (bench) => {
    let calls = 0;
    const handler = () => calls++;
    const first = bench.far.subscribe("news", handler);
    bench.far.subscribe("news", handler);
    await bench.settled();
    bench.near.publish("news", bytes("1"));
    await bench.settled();
    assert.equal(calls, 2);
    first.unsubscribe();
    bench.near.publish("news", bytes("2"));
    await bench.settled();
    assert.equal(calls, 3);
  });

  test("a subject can be left by all and subscribed to again", async (bench) => {
    for (const [sender, receiver] of ways) {
      const before: string[] = [];
      const listen = (payload: Uint8Array) => before.push(text(payload));
      bench[receiver].subscribe(receiver, listen).unsubscribe();
      const again = heardAt(bench[receiver], receiver);
      await bench.settled();
      bench[sender].publish(receiver, bytes("hello"));
      await bench.settled();
      assert.deepEqual([before, again], [[], ["hello"]], `to ${receiver}`);
    }
  });

  test("a subscriber that throws is reported and disturbs neither others nor sender", async (bench) => {
    for (const [sender, receiver] of ways) {
      const subject = `news.${receiver}`;
      bench[receiver].subscribe(subject, (payload) => {
        throw new Error(`cannot read ${text(payload)}`);
      });
      const heard = heardAt(bench[receiver], subject);
      const alsoHeard = heardAt(bench[sender], subject);
      await bench.settled();
      bench[sender].publish(subject, bytes("1"));
      bench[sender].publish(subject, bytes("2"));
      await bench.settled();
      assert.deepEqual([heard, alsoHeard], [["1", "2"], ["1", "2"]]);
      const reports = bench.failures.filter((report) => report.startsWith(subject));
      assert.deepEqual(reports, [`${subject}: cannot read 1`, `${subject}: cannot read 2`]);
    }
  });

  test("a subscription ended while a message is delivered does not hear it any more", async (bench) => {
    const heard: string[] = [];
    bench.far.subscribe("news", (payload) => {
      heard.push(`first ${text(payload)}`);
      second.unsubscribe();
    });
    const second = bench.far.subscribe("news", (payload) => {
      heard.push(`second ${text(payload)}`);
    });
    await bench.settled();
    bench.near.publish("news", bytes("1"));
    await bench.settled();
    assert.deepEqual(heard, ["first 1"]);
  });

  test("a subscription made while a message is delivered hears the next one", async (bench) => {
    const heard: string[] = [];
    let subscribed = false;
    bench.far.subscribe("news", () => {
      if (subscribed) return;
      subscribed = true;
      bench.far.subscribe("news", (payload) => heard.push(text(payload)));
    });
    await bench.settled();
    bench.near.publish("news", bytes("1"));
    await bench.settled();
    bench.near.publish("news", bytes("2"));
    await bench.settled();
    assert.deepEqual(heard, ["2"]);
  });

  test("an answer given while the question is delivered arrives", async (bench) => {
    for (const [asker, other] of ways) {
      const answers = heardAt(bench[asker], `answer.${asker}`);
      bench[other].subscribe(`question.${asker}`, (payload) => {
        bench[other].publish(`answer.${asker}`, bytes(`${text(payload)}!`));
      });
      await bench.settled();
      bench[asker].publish(`question.${asker}`, bytes("well"));
      await bench.settled();
      assert.deepEqual(answers, ["well!"], `${asker} asks`);
    }
  });

  test("a message passed on under another subject arrives, although its bytes are the same", async (bench) => {
    for (const [sender, other] of ways) {
      const returned = heardAt(bench[sender], `back.${sender}`);
      bench[other].subscribe(`out.${sender}`, (payload) => {
        bench[other].publish(`back.${sender}`, payload);
      });
      await bench.settled();
      bench[sender].publish(`out.${sender}`, bytes("hello"));
      await bench.settled();
      assert.deepEqual(returned, ["hello"], `${sender} sends`);
    }
  });
}
