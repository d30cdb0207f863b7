/** Run folders on real disks, with real processes that are killed while they write. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRun, openOrCreateRun, openRun, RunStoreError } from "../../cluster/run_store.ts";
import { randomStream } from "../../sim/random.ts";
import {
  checkpointOf,
  eventOf,
  fails,
  resume,
  schemas,
  updateOf,
  updatesPerCheckpoint,
} from "./run_store_child.ts";

const config = { seed: 1, updates: 400 };
const name = { time: new Date("2026-11-24T06:55:12.900Z"), title: "random-reach-bilateral-s1" };
const childPath = fileURLToPath(new URL("./run_store_child.ts", import.meta.url));

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "callosum-run-store-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const childArguments = (mode: string, folder: string, number = 0) => [
  "run",
  "--quiet",
  "--no-prompt",
  `--allow-read=${folder}`,
  `--allow-write=${folder}`,
  childPath,
  mode,
  folder,
  `${number}`,
];

/** A child process, and what it says. */
function startChild(mode: string, folder: string, number?: number) {
  // Not "deno", which may be npm's wrapper: the child must be the process that is killed.
  const process = new Deno.Command(Deno.execPath(), {
    args: childArguments(mode, folder, number),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let said = "";
  const read = async (until: string) => {
    while (!said.includes(until)) {
      const { done, value } = await lines.next();
      if (done) return said;
      said += value;
    }
    return said;
  };
  return {
    /** Wait for a word of it; all that it has said so far, also when it ends before. */
    hears: read,
    /** Kill it where it is; all that it has ever said. */
    async kill(): Promise<string> {
      process.kill("SIGKILL");
      await process.status;
      return read("\0");
    },
    async end(): Promise<string> {
      await process.status;
      return read("\0");
    },
  };
}

function lastSaved(said: string): number {
  return Math.max(0, ...[...said.matchAll(/^saved (\d+)$/gm)].map(([, update]) => Number(update)));
}

function firstEvents(count: number) {
  return Array.from({ length: count }, (_, index) => eventOf(index + 1));
}

/** A run that ended after `updates` updates, closed. */
async function makeRun(root: string, updates: number): Promise<string> {
  await using run = await createRun(root, config, name, schemas);
  for (let update = 1; update <= updates; update++) {
    await run.appendEvent(eventOf(update));
    if (update % updatesPerCheckpoint === 0) await run.saveCheckpoint(checkpointOf(update));
  }
  return run.path;
}

const flipBit = async (path: string, byte: number) => {
  const bytes = await Deno.readFile(path);
  bytes[byte] ^= 1;
  await Deno.writeFile(path, bytes);
};

Deno.test("a run's folder is called after its time and title, and no folder is used twice", () =>
  inFolder(async (root) => {
    const ids: string[] = [];
    for (let copy = 0; copy < 3; copy++) {
      await using run = await createRun(
        join(root, "runs"),
        { ...config, seed: copy },
        name,
        schemas,
      );
      ids.push(run.id);
      strictEqual(run.path, join(root, "runs", run.id));
    }
    const id = "2026-11-24T06-55-12-random-reach-bilateral-s1";
    deepStrictEqual(ids, [id, `${id}-2`, `${id}-3`]);
    deepStrictEqual([...ids].sort(), ids);
    const first = await Deno.readTextFile(join(root, "runs", id, "config.json"));
    deepStrictEqual(JSON.parse(first), { ...config, seed: 0 });
  }));

Deno.test("runs that begin at one moment in many places get a folder each", () =>
  inFolder(async (root) => {
    const begin = () => createRun(root, config, name, schemas);
    const runs = await Promise.all(Array.from({ length: 12 }, begin));
    strictEqual(new Set(runs.map(({ path }) => path)).size, 12);
    await Promise.all(runs.map((run) => run.close()));
  }));

Deno.test("a run comes back with its config, events and checkpoint", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 7);
    await using run = await openRun(path, schemas);
    deepStrictEqual(run.config, config);
    deepStrictEqual(await run.readEvents(), firstEvents(7));
    const checkpoint = await run.loadCheckpoint();
    ok(checkpoint?.from === "latest");
    strictEqual(updateOf(checkpoint.bytes), 5);
  }));

Deno.test("a run of a chosen name is begun once and opened afterwards, with its own config", () =>
  inFolder(async (root) => {
    const path = join(root, "jobs", "plain-s1");
    {
      await using run = await openOrCreateRun(path, config, schemas);
      strictEqual(run.id, "plain-s1");
      await run.appendEvent(eventOf(1));
      await fails("in-use", openOrCreateRun(path, config, schemas));
    }
    await using run = await openOrCreateRun(path, { ...config, seed: 9 }, schemas);
    deepStrictEqual(run.config, config);
    deepStrictEqual(await run.readEvents(), firstEvents(1));
  }));

Deno.test("a run of a chosen name is begun where a crash left its folder without a config", () =>
  inFolder(async (root) => {
    await Deno.writeTextFile(join(root, "run.lock"), "1\n");
    await Deno.writeTextFile(join(root, "config.json.partial"), '{ "seed"');
    await rejects(openOrCreateRun(root, { ...config, seed: NaN }, schemas), TypeError);
    {
      await using run = await openOrCreateRun(root, config, schemas);
      deepStrictEqual(run.config, config);
    }
    await (await openRun(root, schemas)).close();
    await Deno.writeTextFile(join(root, "config.json"), "{");
    await fails("invalid-config", openOrCreateRun(root, config, schemas));
  }));

Deno.test("a report comes back, there is none before, and a damaged one is refused", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    strictEqual(await run.loadReport(), undefined);
    await run.saveReport({ loss: 0.5 });
    deepStrictEqual(await run.loadReport(), { loss: 0.5 });
    await Deno.writeTextFile(join(run.path, "report.json"), "{");
    await fails("corrupt-report", run.loadReport());
  }));

Deno.test("a run without checkpoints says so", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    strictEqual(await run.loadCheckpoint(), undefined);
    deepStrictEqual(await run.readEvents(), []);
  }));

Deno.test("what could not be read back is not written", () =>
  inFolder(async (root) => {
    const unreadable = { ...config, seed: Number.NaN };
    await rejects(createRun(root, unreadable, name, schemas), /^TypeError: .*config.*seed/);
    for (const title of ["", "a/b", "..", "A", "a b", "x".repeat(101)]) {
      await rejects(createRun(root, config, { ...name, title }, schemas), RangeError, title);
    }
    deepStrictEqual([...Deno.readDirSync(root)], []);

    await using run = await createRun(root, config, name, schemas);
    await rejects(run.appendEvent({ update: 1, loss: Infinity }), /^TypeError: .*event.*loss/);
    deepStrictEqual(await run.readEvents(), []);
  }));

Deno.test("appended events are in the file once they are flushed, in order, one a line", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    const path = join(run.path, "events.jsonl");
    await Promise.all(firstEvents(600).map((event) => run.appendEvent(event)));
    ok((await Deno.stat(path)).size > 0, "a long wait is cut short");
    await run.flush();
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    deepStrictEqual(lines.map((line) => JSON.parse(line)), firstEvents(600));
  }));

Deno.test("an event that is appended while others are being written is kept", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    await run.appendEvent(eventOf(1));
    const flushing = run.flush();
    for (let update = 2; update <= 50; update++) {
      await run.appendEvent(eventOf(update));
    }
    await flushing;
    deepStrictEqual(await run.readEvents(), firstEvents(50));
  }));

Deno.test("a log that something else has cut is an error, not a shorter log", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 3);
    await using run = await openRun(path, schemas);
    for (const length of [44, 30]) {
      await Deno.truncate(join(path, "events.jsonl"), length);
      await fails("corrupt-events", run.readEvents());
    }
  }));

Deno.test("events after the checkpoint are superseded at a resume, by update or by place", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 9);
    await using run = await openRun(path, schemas);
    strictEqual(await run.truncateEvents((event) => event.update > 7), 2);
    deepStrictEqual(await run.readEvents(), firstEvents(7));
    strictEqual(await run.truncateEvents((_, index) => index >= 5), 2);
    strictEqual(await run.truncateEvents(() => false), 0);
    await run.appendEvent(eventOf(6));
    deepStrictEqual(await run.readEvents(), firstEvents(6));
  }));

Deno.test("a torn last event is cut off, wherever it is torn", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 3);
    const events = join(path, "events.jsonl");
    const whole = await Deno.readFile(events);
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (let length = lastLine; length < whole.length; length++) {
      await Deno.writeFile(events, whole.subarray(0, length));
      await using run = await openRun(path, schemas);
      deepStrictEqual(await run.readEvents(), firstEvents(2));
      await run.appendEvent(eventOf(3));
      await run.flush();
      deepStrictEqual(await Deno.readFile(events), whole);
    }
  }));

Deno.test("a damaged event in the middle of the log is reported with its line", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 3);
    const events = join(path, "events.jsonl");
    const whole = await Deno.readTextFile(events);
    for (
      const [damaged, message] of [
        [whole.replace('{"update":2', "{update:2"), /events\.jsonl: line 2 \(from byte 22\)/],
        [whole.replace('"update":2', '"update":-2'), /line 2 .*update/],
        [whole.replace("\n", "\n\n"), /line 2 .*JSON/],
      ] as const
    ) {
      await Deno.writeTextFile(events, damaged);
      await using run = await openRun(path, schemas);
      await fails("corrupt-events", run.readEvents());
      await rejects(run.truncateEvents(() => true), message);
      strictEqual(await Deno.readTextFile(events), damaged, "nothing is cut from a damaged log");
    }
  }));

Deno.test("the last two checkpoints are kept, with digests that sha256sum can check", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 15);
    const digests = (await Deno.readTextFile(join(path, "checkpoint.sha256"))).trimEnd().split(
      "\n",
    );
    strictEqual(digests.length, 2);
    const updates: Record<string, number> = {};
    for (const line of digests) {
      const [digest, file] = line.split("  ");
      const bytes = await Deno.readFile(join(path, file));
      strictEqual(createHash("sha256").update(bytes).digest("hex"), digest);
      updates[file] = updateOf(bytes);
    }
    deepStrictEqual(updates, {
      "checkpoint.safetensors": 15,
      "checkpoint.previous.safetensors": 10,
    });
  }));

Deno.test("a damaged checkpoint is noticed, and the previous one takes its place", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 10);
    await flipBit(join(path, "checkpoint.safetensors"), 40_000);
    await using run = await openRun(path, schemas);
    const checkpoint = await run.loadCheckpoint();
    ok(checkpoint?.from === "previous");
    strictEqual(updateOf(checkpoint.bytes), 5);
    match(checkpoint.reason, /checkpoint\.safetensors is corrupt/);

    // The damaged one must not become the previous one: that would leave no good one but the new.
    await run.saveCheckpoint(checkpointOf(11));
    await flipBit(join(path, "checkpoint.safetensors"), 40_000);
    const again = await run.loadCheckpoint();
    ok(again?.from === "previous" && updateOf(again.bytes) === 5);
  }));

Deno.test("damage to the digests costs one checkpoint at most for each line", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 10);
    await using run = await openRun(path, schemas);
    await flipBit(join(path, "checkpoint.sha256"), 5);
    const checkpoint = await run.loadCheckpoint();
    ok(checkpoint?.from === "previous" && updateOf(checkpoint.bytes) === 5);
  }));

Deno.test("when no checkpoint is good, that is an error that names the files and what to do", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 10);
    await using run = await openRun(path, schemas);
    await flipBit(join(path, "checkpoint.safetensors"), 0);
    await flipBit(join(path, "checkpoint.previous.safetensors"), 65_535);
    await fails("corrupt-checkpoint", run.loadCheckpoint());
    await rejects(
      run.loadCheckpoint(),
      /checkpoint\.safetensors is corrupt.* checkpoint\.previous\.safetensors is corrupt.*restore/,
    );
    await Deno.remove(join(path, "checkpoint.safetensors"));
    await rejects(
      run.loadCheckpoint(),
      /checkpoint\.safetensors is missing.*previous.* is corrupt/,
    );
  }));

Deno.test("a report replaces the one before as a whole", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    await run.saveReport({ endpointError: 0.36, note: "a longer one" });
    await run.saveReport({ endpointError: 0.029 });
    const report = await Deno.readTextFile(join(run.path, "report.json"));
    deepStrictEqual(JSON.parse(report), { endpointError: 0.029 });
  }));

Deno.test("calls that overlap are carried out one after the other", () =>
  inFolder(async (root) => {
    await using run = await createRun(root, config, name, schemas);
    const saves = [1, 2, 3, 4].map(async (update) => {
      await run.appendEvent(eventOf(update));
      await run.saveCheckpoint(checkpointOf(update));
    });
    await Promise.all([...saves, run.saveReport({}), run.readEvents()]);
    deepStrictEqual(await run.readEvents(), firstEvents(4));
    const checkpoint = await run.loadCheckpoint();
    ok(checkpoint?.from === "latest" && updateOf(checkpoint.bytes) === 4);
  }));

Deno.test("what is no run folder is refused and left as it is", () =>
  inFolder(async (root) => {
    await fails("missing", openRun(join(root, "none"), schemas));
    await fails("not-a-run", openRun(root, schemas));
    const file = join(root, "file");
    await Deno.writeTextFile(file, "text");
    await fails("not-a-run", openRun(file, schemas));
    await fails("unwritable", createRun(file, config, name, schemas));
    await fails("unwritable", createRun(join(file, "runs"), config, name, schemas));
    deepStrictEqual([...Deno.readDirSync(root)].map(({ name }) => name), ["file"]);
  }));

Deno.test("a config of another kind is refused by the name of what does not fit", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 1);
    for (
      const [text, message] of [
        ["{", /config\.json: .*JSON/],
        ["{}", /config\.json: .*seed: .*; updates: /],
        ['{"seed":1.5,"updates":1}', /seed: .*int/],
      ] as const
    ) {
      await Deno.writeTextFile(join(path, "config.json"), text);
      await fails("invalid-config", openRun(path, schemas));
      await rejects(openRun(path, schemas), message);
    }
    await Deno.writeTextFile(join(path, "config.json"), JSON.stringify(config));
    await (await openRun(path, schemas)).close();
  }));

Deno.test("a closed run can be closed again and used no more", () =>
  inFolder(async (root) => {
    const run = await createRun(root, config, name, schemas);
    await run.appendEvent(eventOf(1));
    await run.close();
    await run.close();
    await rejects(run.appendEvent(eventOf(2)), /is closed/);
    await using again = await openRun(run.path, schemas);
    deepStrictEqual(await again.readEvents(), firstEvents(1));
  }));

Deno.test("a run is open once: a second opener is told by whom, here or in another process", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 5);
    const own = await openRun(path, schemas);
    await rejects(openRun(path, schemas), new RegExp(`in use by process ${Deno.pid};`));
    await own.close();

    const child = startChild("hold", path);
    await child.hears("open");
    await fails("in-use", openRun(path, schemas));
    await rejects(openRun(path, schemas), (error) => {
      ok(error instanceof RunStoreError);
      match(error.message, /in use by process \d+; stop it/);
      strictEqual(error.message.includes(`process ${Deno.pid};`), false);
      return true;
    });
    await child.kill();
    await (await openRun(path, schemas)).close();
  }));

Deno.test("a run whose process is killed at random moments ends as if it never was", () =>
  inFolder(async (root) => {
    const path = await makeRun(root, 0);
    const random = randomStream(1, "tests/run-store/kills");
    let kept = 0;
    for (let kill = 1; kill <= 12; kill++) {
      const child = startChild("train", path, Number.MAX_SAFE_INTEGER);
      await child.hears("open");
      await new Promise((resolve) => setTimeout(resolve, random.uniform(0, 60)));
      const promised = lastSaved(await child.kill());

      await using run = await openRun(path, schemas);
      const checkpoint = await run.loadCheckpoint();
      const update = checkpoint === undefined ? 0 : updateOf(checkpoint.bytes);
      ok(update >= Math.max(kept, promised), `${update} was kept, ${promised} was promised`);
      const events = await run.readEvents();
      ok(events.length >= update, `${events.length} events up to update ${update}`);
      deepStrictEqual(events, firstEvents(events.length));
      kept = update;
    }
    ok(kept > 0, "no child lived long enough to save a checkpoint");

    const last = kept + 2 * updatesPerCheckpoint;
    match(await startChild("train", path, last).end(), /finished/);
    await using run = await openRun(path, schemas);
    deepStrictEqual(await run.readEvents(), firstEvents(last));
    strictEqual(await resume(run), last);
    const report = await Deno.readTextFile(join(path, "report.json"));
    deepStrictEqual(JSON.parse(report), { updates: last });
  }));

Deno.test("a process may be killed before and within every single change of the disk", () =>
  inFolder(async (root) => {
    const seen = new Set<string>();
    let stop = 0;
    for (let finished = false; !finished;) {
      stop++;
      const path = await makeRun(join(root, `${stop}`), 10);
      const child = startChild("halt", path, stop);
      const said = await child.hears("halted");
      finished = said.includes("finished");
      await (finished ? child.end() : child.kill());

      await using run = await openRun(path, schemas);
      const checkpoint = await run.loadCheckpoint();
      ok(checkpoint !== undefined);
      const update = updateOf(checkpoint.bytes);
      seen.add(`${checkpoint.from} ${update}`);
      ok(update === 10 || update === 15, `stop ${stop}: ${update}`);
      const events = await run.readEvents();
      ok(events.length >= update, `stop ${stop}: ${events.length} events, update ${update}`);
      deepStrictEqual(events, firstEvents(events.length));
      if (finished) strictEqual(update, 15);

      // And it goes on from there.
      await resume(run);
      await run.saveCheckpoint(checkpointOf(20));
      const next = await run.loadCheckpoint();
      ok(next?.from === "latest" && updateOf(next.bytes) === 20);
    }
    ok(stop > 15, `only ${stop - 1} changes of the disk were seen`);
    // "previous 10": killed between the two renames of a save.
    deepStrictEqual([...seen].sort(), ["latest 10", "latest 15", "previous 10"]);
  }));

/** Run a child on a disk of its own, which `mount` makes at $1; needs Linux and the right to mount. */
async function runOnDisk(mount: string, mode: string, folder: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "bash", "-c", `${mount} && shift && exec "$@"`, "bash", folder],
      ...[Deno.execPath(), ...childArguments(mode, folder)],
    ],
  }).output();
  ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["--mount", "bash", "-c", "mount -t tmpfs tmpfs /mnt"];
    return (await new Deno.Command("unshare", { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const mountable = await canMount();

Deno.test({
  name: "a full disk is reported, costs nothing that was kept, and work goes on when there is room",
  ignore: !mountable,
  fn: () =>
    inFolder(async (root) => {
      const said = await runOnDisk('mount -t tmpfs -o size=320k tmpfs "$1"', "fill", root);
      match(said, /finished/);
    }),
});

Deno.test({
  name: "a folder on a disk that cannot be written to is reported",
  ignore: !mountable,
  fn: () =>
    inFolder(async (root) => {
      await Deno.rename(await makeRun(root, 5), join(root, "run"));
      const mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"';
      match(await runOnDisk(mount, "read-only", root), /finished/);
    }),
});
