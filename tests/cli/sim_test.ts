/** `deno task sim` as a stranger meets it: the real command, in a process of its own, on a real disk. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { basename, join } from "node:path";
import { WebSocket } from "ws";
import { controllerNames } from "../../agents/sim/run_config.ts";
import type { LoggedEvent } from "../../agents/sim/run_log.ts";
import type { SimReport } from "../../agents/sim/run_report.ts";
import { decodeFrame, type Frame } from "../../cluster/frame.ts";
import { decodeEvent, type Event } from "../../cluster/protocol.ts";
import { cellNames } from "../../controllers/cells.ts";
import { decodeSafetensors } from "../../learners/nn/safetensors.ts";
import { actuatorNames } from "../../sim/actuators/actuator.ts";
import { arms } from "../../sim/arms/catalogue.ts";
import { engineNames } from "../../sim/physics/catalogue.ts";
import { tasks } from "../../sim/tasks/catalogue.ts";
import { binaryKinds } from "../../viewer/line.ts";
import { type Outcome, runSim, type SimProcess, startSim, succeeds } from "./sim_process.ts";
import { assertRefused } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-sim-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, String(++folders));

/** On Windows a signal is not delivered: it ends the process at once. */
const hasSignals = Deno.build.os !== "windows";

/** Few trials, so that a run takes a second or two. */
const small = ["--headless", "--json", "--batch-size", "8", "--evaluation-trials", "8"];
/** Long enough to be stopped on the way; checkpoints are due at 100 and 200 updates. */
const training = [...small, "--batches", "200", "--seed", "1"];

/** `make`, done when it is first needed and then kept. */
function kept<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => made ??= make();
}

/** All that a run has left. */
interface Run {
  readonly outcome: Outcome;
  /** What it printed with `--json`. */
  readonly report: SimReport;
  readonly events: readonly LoggedEvent[];
  /** None of a controller that does not learn. */
  readonly checkpoint?: Uint8Array;
}

const readJson = async (path: string): Promise<unknown> =>
  JSON.parse(await Deno.readTextFile(path));

async function readEvents(folder: string): Promise<LoggedEvent[]> {
  const text = await Deno.readTextFile(join(folder, "events.jsonl"));
  assert.ok(text === "" || text.endsWith("\n"), "the log ends with a whole line");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The run that `outcome` is of; it must have ended well. */
async function finished(outcome: Outcome): Promise<Run> {
  assert.equal(outcome.code, 0, outcome.stderr);
  const report: SimReport = JSON.parse(outcome.stdout);
  const checkpoint = join(report.dir, "checkpoint.safetensors");
  return {
    outcome,
    report,
    events: await readEvents(report.dir),
    checkpoint: await exists(checkpoint) ? await Deno.readFile(checkpoint) : undefined,
  };
}

const run = async (args: readonly string[]) =>
  finished(await runSim([...args, "--out", newFolder()]));

const resume = async (folder: string) =>
  finished(await runSim(["--headless", "--json", "--resume", folder]));

/** The training that nobody disturbs. */
const undisturbed = kept(() => run(training));

/** The shortest training of use. */
const brief = [...small, "--batches", "10"];
const undisturbedBrief = kept(() => run(brief));

/** What a report says, less where and how fast. */
function numbers({ run: _run, dir: _dir, seconds: _seconds, ...rest }: SimReport) {
  return rest;
}

/** Fails unless `actual` has the numbers, the log and the checkpoint of `expected`, bit for bit. */
function assertSameTraining(actual: Run, expected: Run): void {
  assert.deepEqual(numbers(actual.report), numbers(expected.report));
  assert.deepEqual(actual.checkpoint, expected.checkpoint);
  const outline = ({ events }: Run) =>
    events.map((event) =>
      event.type === "progress"
        ? `progress ${event.update}`
        : `${event.stage} ${event.update} ${event.engine}`
    );
  assert.deepEqual(outline(actual), outline(expected));
  actual.events.forEach((event, index) => assert.deepEqual(event, expected.events[index]));
}

/** The folder that a run with `--json` has just said it is in. */
const folderOf = async (child: SimProcess) => (await child.stderr.find(/^run {3}(.+)\n/m))[1];

/** A training ended by Ctrl-C between its two checkpoints: the newest is that of the stop. */
const stopped = kept(async () => {
  await using child = startSim([...training, "--out", newFolder()]);
  const folder = await folderOf(child);
  await child.stderr.find(/^120\/200 batches/m);
  child.signal("SIGINT");
  return { folder, outcome: await child.ended };
});

async function copyFolder(from: string): Promise<string> {
  const to = newFolder();
  await Deno.mkdir(to);
  for (const { name } of Deno.readDirSync(from)) {
    await Deno.copyFile(join(from, name), join(to, name));
  }
  return to;
}

/** Every file of a run by its digest, less the lock, which names the last process. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const digests = names.filter((name) => name !== "run.lock").map(async (name) => {
    const bytes = await Deno.readFile(join(folder, name));
    return [name, createHash("sha256").update(bytes).digest("hex")];
  });
  return Object.fromEntries(await Promise.all(digests));
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Wait until `child` has made the file `path`. */
async function whenThere(path: string, child: SimProcess): Promise<void> {
  let ended = false;
  child.ended.then(() => ended = true);
  while (!await exists(path)) {
    assert.ok(!ended, `the run ended without ${path}`);
    await pause(2);
  }
}

Deno.test("--help lists every flag with its default and ends well", async () => {
  const { code, stdout, stderr } = await runSim(["--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const flags = {
    "--arm": "arm26",
    "--task": "random-reach",
    "--controller": "bilateral",
    "--hemispheres": "feed-forward",
    "--batches": "2000",
    "--seed": "1",
    "--engine": "cannon",
    "--headless": "",
    "--port": "8420",
    "--actors": "0",
    "--out": "runs",
    "--resume": "",
    "--json": "",
    "--help": "",
  };
  const entries = stdout.split(/\n {2}(?=-)/);
  for (const [flag, standard] of Object.entries(flags)) {
    const entry = entries.find((text) => text.includes(`${flag} `));
    assert.ok(entry, `${flag} in ${stdout}`);
    if (standard) assert.match(entry, new RegExp(`default:\\s+"?${standard}"?\\)`));
  }
  for (const line of stdout.split("\n")) assert.ok(line.length <= 80, `80 columns hold: ${line}`);
});

/** Words of the command line, and what the answer must mention. */
const wrongArguments: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["--frobnicate"], ["--frobnicate"]],
  [["--headles"], ["--headles", "--headless"]],
  [["surplus"], ["surplus"]],
  [["--arm", "arm27"], ["--arm", "arm27", ...Object.keys(arms)]],
  [["--task", "reach"], ["--task", "reach", ...Object.keys(tasks)]],
  [["--controller", "pid"], ["--controller", "pid", ...controllerNames]],
  [["--engine", "bullet"], ["--engine", "bullet", ...engineNames]],
  [["--actuator", "rope"], ["--actuator", "rope", ...actuatorNames]],
  [["--hemispheres", "lstm"], ["--hemispheres", "lstm", ...cellNames]],
  [["--seed", "-1"], ["--seed", "-1", "integer"]],
  [["--seed", "x"], ["--seed", "'x'", "integer"]],
  [["--seed"], ["--seed"]],
  [["--batches", "1.5"], ["--batches", "1.5", "integer"]],
  [["--batches", "9007199254740992"], ["--batches", "9007199254740992", "10000000"]],
  [["--layers", "100000"], ["--layers", "100000", "32"]],
  [["--port", "99999"], ["--port", "99999", "65535"]],
  [["--actors", "-1"], ["--actors", "'-1'", "64"]],
  [["--actors", "65"], ["--actors", "65", "64"]],
  [["--learning-rate", "0"], ["--learning-rate", "'0'", "positive"]],
  [["--evaluation-trials", "0"], ["--evaluation-trials", "'0'"]],
  [
    ["--objective", "specialised", "--controller", "unilateral"],
    ["specialised", "bilateral", "balanced"],
  ],
  [["--actuator", "hill-muscle", "--arm", "human3"], ["human3", "torque-motor"]],
  [["--out", ""], ["--out"]],
  [["--resume", ""], ["--resume"]],
];

for (const [args, mentions] of wrongArguments) {
  const words = args.map((word) => word === "" ? '""' : word).join(" ");
  Deno.test(`${words} is refused in one line that says why, and nothing is written`, async () => {
    const out = newFolder();
    assertRefused(await runSim(["--headless", "--out", out, ...args]), ...mentions);
    assert.equal(await exists(out), false);
  });
}

Deno.test("--json keeps standard output for one object, and report.json holds the same", async () => {
  const { outcome, report } = await undisturbed();
  assert.match(outcome.stdout, /^\{[^\n]*\}\n$/);
  assert.equal(report.run, basename(report.dir));
  assert.match(report.run, /random-reach-bilateral-s1$/);
  assert.equal(report.task, "random-reach");
  assert.equal(report.controller, "bilateral");
  assert.equal(report.engine, "cannon");
  assert.equal(report.seed, 1);
  assert.equal(report.batches, 200);
  assert.ok(report.seconds > 0 && report.seconds < 60, `${report.seconds} s`);
  for (const { endpointError, finalError } of [report.before, report.after]) {
    for (const metres of [endpointError, finalError]) assert.ok(metres > 0 && metres < 1.5);
  }
  assert.ok(report.after.endpointError < 0.8 * report.before.endpointError, "it has learned");
  assert.deepEqual(await readJson(join(report.dir, "report.json")), report);
});

Deno.test("without --json the outcome is told in words, and so is the run's folder", async () => {
  const out = newFolder();
  const args = ["--headless", "--batches", "10", "--batch-size", "8", "--evaluation-trials", "8"];
  const { code, stdout } = await runSim([...args, "--out", out]);
  assert.equal(code, 0);
  const [, folder] = /^run {3}(.+)$/m.exec(stdout) ?? assert.fail(stdout);
  const report = await readJson(join(folder, "report.json")) as SimReport;
  for (const engine of engineNames) {
    const { before, after } = report.engines[engine];
    const [from, to] = [before, after].map(({ finalError }) => (100 * finalError).toFixed(2));
    assert.ok(stdout.includes(`${engine}: ${from} cm before, ${to} cm after`), stdout);
  }
});

Deno.test("progress is told with loss, error, batches a second and time left", async () => {
  const { outcome } = await undisturbed();
  const lines = [...outcome.stderr.matchAll(
    /^(\d+)\/200 batches · loss \d+\.\d+ · error \d+\.\d cm · \d+ batches\/s · \d+ s left$/gm,
  )];
  assert.ok(lines.length >= 10, outcome.stderr);
  assert.equal(lines.at(-1)?.[1], "200");
});

Deno.test("before and after are measured in the named engine", async () => {
  const runs = [await undisturbedBrief(), await run([...brief, "--engine", "equations"])];
  assert.deepEqual(runs.map(({ report }) => report.engine), ["cannon", "equations"]);
  for (const { report, events } of runs) {
    for (const stage of ["before", "after"] as const) {
      const logged = events.find((event) =>
        event.type === "evaluation" && event.stage === stage && event.engine === report.engine
      );
      assert.ok(logged?.type === "evaluation", `${stage} in ${report.engine} is in the log`);
      assert.equal(logged.trials, 8);
      assert.deepEqual(report[stage], logged.measures);
      assert.deepEqual(report[stage], report.engines[report.engine][stage]);
    }
  }
  const [{ report: cannon }, { report: equations }] = runs;
  assert.deepEqual(cannon.engines, equations.engines);
  assert.notDeepEqual(cannon.before, equations.before);
});

Deno.test("unless told otherwise at least 100 held-out trials are measured", async () => {
  await using child = startSim(["--headless", "--json", "--out", newFolder()]);
  const config = await readJson(join(await folderOf(child), "config.json"));
  const { evaluationTrials } = config as { evaluationTrials: number };
  assert.ok(evaluationTrials >= 100, `${evaluationTrials} trials`);
});

Deno.test("the run folder has config, log, checkpoint and report", async () => {
  const { report, events, checkpoint } = await undisturbed();
  const config = await readJson(join(report.dir, "config.json")) as Record<string, unknown>;
  assert.equal(config.seed, 1);
  assert.equal(config.arm, "arm26");
  assert.equal(config.task, "random-reach");
  assert.equal(config.updates, 200);
  assert.equal(config.trainer, "vector");
  assert.ok(!("hemispheres" in config), "as before there was a choice");

  const progress = events.filter((event) => event.type === "progress");
  assert.deepEqual(
    progress.map(({ update }) => update),
    Array.from({ length: 20 }, (_, index) => 10 * (index + 1)),
  );
  for (const { finalError, losses } of progress) {
    for (const value of [finalError, ...Object.values(losses)]) assert.ok(value > 0);
  }
  assert.ok(checkpoint);
  const { metadata, tensors } = decodeSafetensors(checkpoint);
  assert.equal(metadata.updates, "200");
  const weights = Object.keys(tensors).filter((name) => !name.startsWith("adam."));
  assert.ok(weights.length > 0);
  for (const name of weights) {
    for (const moment of ["adam.first", "adam.second"]) {
      assert.deepEqual(tensors[`${moment}.${name}`].shape, tensors[name].shape);
    }
  }
});

const readInPython = `
import hashlib, json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="numpy") as file:
    tensors = {name: file.get_tensor(name) for name in file.keys()}
    json.dump({"metadata": file.metadata(), "tensors": {
        name: [str(t.dtype), list(t.shape), hashlib.sha256(t.tobytes()).hexdigest()]
        for name, t in tensors.items()}}, sys.stdout)
`;

Deno.test({
  name: "Python's safetensors reads the checkpoint, tensor by tensor the same",
  ignore: !succeeds("python3", ["-c", "import numpy, safetensors"]),
  async fn() {
    const { report, checkpoint } = await undisturbed();
    assert.ok(checkpoint);
    const path = join(report.dir, "checkpoint.safetensors");
    const { success, stdout, stderr } = await new Deno.Command("python3", {
      args: ["-c", readInPython, path],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { tensors, metadata } = decodeSafetensors(checkpoint);
    const described = Object.entries(tensors).map(([name, { shape, data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, ["float64", shape, createHash("sha256").update(bytes).digest("hex")]];
    });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      metadata,
      tensors: Object.fromEntries(described),
    });
  },
});

Deno.test("the same seed gives the same numbers twice, to the last bit", async () => {
  assertSameTraining(await run(training), await undisturbed());
});

Deno.test("with actors the numbers, the log and the checkpoint are the same, to the last byte", async () => {
  const [alone, together] = [await undisturbed(), await run([...training, "--actors", "2"])];
  assertSameTraining(together, alone);
  const log = ({ report }: Run) => Deno.readTextFile(join(report.dir, "events.jsonl"));
  assert.equal(await log(together), await log(alone));
});

Deno.test("another seed gives other numbers", async () => {
  const [one, other] = [await undisturbedBrief(), await run([...brief, "--seed", "2"])];
  assert.notDeepEqual(one.checkpoint, other.checkpoint);
  assert.notDeepEqual(one.report.before, other.report.before);
  assert.notDeepEqual(one.report.after, other.report.after);
});

Deno.test("minimum-jerk does not learn: no batches, no checkpoint, the same before and after", async () => {
  const { report, events, checkpoint } = await run([...small, "--controller", "minimum-jerk"]);
  assert.equal(report.controller, "minimum-jerk");
  assert.equal(report.batches, 0);
  assert.deepEqual(report.after, report.before);
  assert.ok(report.after.endpointError < 0.05, `${report.after.endpointError} m`);
  assert.equal(events.filter(({ type }) => type === "progress").length, 0);
  assert.equal(checkpoint, undefined);
  assert.deepEqual(numbers((await resume(report.dir)).report), numbers(report));
});

/** Flags, and what their report must say. */
const variants: readonly (readonly [readonly string[], Partial<SimReport>])[] = [
  [["--controller", "unilateral"], { controller: "unilateral", task: "random-reach" }],
  [["--task", "hold"], { task: "hold" }],
  [["--task", "centre-out"], { task: "centre-out" }],
  [["--arm", "human3"], {}],
  [["--arm", "two-dof", "--engine", "equations"], { engine: "equations" }],
  [["--trainer", "tensors", "--backend", "wasm"], {}],
  [["--hemispheres", "gru"], {}],
];

for (const [args, expected] of variants) {
  Deno.test(`${args.join(" ")} trains and is measured`, async () => {
    const batches = args.includes("tensors") ? "2" : "10";
    const { report } = await run([...small, "--batches", batches, ...args]);
    assert.equal(report.batches, Number(batches));
    for (const [key, value] of Object.entries(expected)) {
      assert.equal(report[key as keyof SimReport], value);
    }
    const { before, after } = report;
    for (const value of [...Object.values(before), ...Object.values(after)]) {
      assert.ok(Number.isFinite(value));
    }
    assert.notDeepEqual(after, before);
  });
}

Deno.test("a training whose loss is no longer finite ends in one line that says so", async () => {
  const args = [...brief, "--learning-rate", "1e300", "--out", newFolder()];
  const { code, stdout, stderr } = await runSim(args);
  assert.notEqual(code, 0);
  assert.equal(stdout, "");
  assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^error: .*finite.*--learning-rate/);
});

Deno.test("curl-field reports how the null field was left, and what was adapted", async () => {
  const { report, events } = await run([...small, "--task", "curl-field", "--batches", "40"]);
  assert.deepEqual(Object.keys(report.phases ?? {}), ["null field"]);
  const ended = events.find((event) =>
    event.type === "evaluation" && event.stage === "during" && event.update === 30
  );
  assert.ok(ended?.type === "evaluation");
  for (const measures of [ended.measures, report.phases?.["null field"], report.after]) {
    assert.ok(Number.isFinite(measures?.adaptationIndex));
    assert.ok(Number.isFinite(measures?.nullFieldDeviation));
  }
  assert.deepEqual(report.phases?.["null field"], ended.measures);
  assert.ok(Number.isFinite(report.adaptation?.prediction));
});

Deno.test({
  name: "Ctrl-C ends with code 130 and says how to go on, on standard error under --json",
  ignore: !hasSignals,
  async fn() {
    const { folder, outcome } = await stopped();
    assert.equal(outcome.code, 130, outcome.stderr);
    assert.equal(outcome.stdout, "");
    const last = outcome.stderr.trimEnd().split("\n").at(-1);
    assert.equal(
      last,
      `stopped and saved; go on with: deno task sim --resume ${folder} --headless --json`,
    );
    assert.equal(await exists(join(folder, "report.json")), false);
  },
});

Deno.test({
  name: "a training with actors that Ctrl-C has stopped is resumed with them to the same numbers",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...training, "--actors", "1", "--out", newFolder()]);
    const folder = await folderOf(child);
    await child.stderr.find(/^60\/200 batches/m);
    child.signal("SIGINT");
    const { code, stderr } = await child.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /--resume .* --headless --json --actors 1\n$/);
    const resumed = await runSim(["--headless", "--json", "--resume", folder, "--actors", "1"]);
    assertSameTraining(await finished(resumed), await undisturbed());
  },
});

Deno.test({
  name: "a training that Ctrl-C has stopped is resumed to the same numbers, log and checkpoint",
  ignore: !hasSignals,
  async fn() {
    const { folder } = await stopped();
    assertSameTraining(await resume(await copyFolder(folder)), await undisturbed());
  },
});

Deno.test({
  name: "a training that is killed is resumed to the same numbers, log and checkpoint",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...training, "--out", newFolder()]);
    const folder = await folderOf(child);
    await whenThere(join(folder, "checkpoint.safetensors"), child);
    child.signal("SIGKILL");
    assert.equal((await child.ended).signal, "SIGKILL", "it was still at work");
    const resumed = await resume(folder);
    assert.match(resumed.outcome.stderr, /^going on after 100 of 200 batches$/m);
    assertSameTraining(resumed, await undisturbed());
  },
});

Deno.test({
  name: "a training that is killed before its first checkpoint begins again",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...brief, "--out", newFolder()]);
    const folder = await folderOf(child);
    child.signal("SIGKILL");
    assert.equal((await child.ended).signal, "SIGKILL");
    assert.equal(await exists(join(folder, "checkpoint.safetensors")), false);
    assertSameTraining(await resume(folder), await undisturbedBrief());
  },
});

Deno.test({
  name: "Ctrl-C before the first update stops the training as well",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...training, "--out", newFolder()]);
    const folder = await folderOf(child);
    child.signal("SIGINT");
    const { code, stderr } = await child.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /--resume/);
    assert.equal(await exists(join(folder, "report.json")), false);
  },
});

Deno.test({
  name: "what Ctrl-C says can be pasted into a shell, whatever the folder is called",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...training, "--out", join(newFolder(), "it's all mine")]);
    const folder = await folderOf(child);
    await child.stderr.find(/^10\/200 batches/m);
    child.signal("SIGINT");
    const { stderr } = await child.ended;
    const [, command] = /go on with: (.+)$/m.exec(stderr) ?? assert.fail(stderr);
    const pasted = await new Deno.Command("sh", {
      args: ["-c", `deno() { printf '%s\\n' "$@"; }; ${command}`],
    }).output();
    const words = new TextDecoder().decode(pasted.stdout).trimEnd().split("\n");
    assert.deepEqual(words, ["task", "sim", "--resume", folder, "--headless", "--json"]);
  },
});

Deno.test("a finished run can be resumed: it is measured again and stays the same", async () => {
  const { report } = await undisturbed();
  const folder = await copyFolder(report.dir);
  // With the slash that a shell's completion adds.
  const resumed = await resume(`${folder}/`);
  assertSameTraining(resumed, await undisturbed());
  assert.equal(resumed.report.dir, folder);
  assert.equal(resumed.report.run, basename(folder));
});

Deno.test("--resume goes with no flag that would change the run", async () => {
  const { report } = await undisturbed();
  const before = await contents(report.dir);
  for (const [flag, value] of [["--seed", "1"], ["--batches", "400"], ["--engine", "cannon"]]) {
    const outcome = await runSim(["--headless", "--resume", report.dir, flag, value]);
    assertRefused(outcome, flag, "--resume");
  }
  assert.deepEqual(await contents(report.dir), before);
});

Deno.test("what is no run is not resumed, and nothing is made of it", async () => {
  const missing = newFolder();
  assertRefused(await runSim(["--headless", "--resume", missing]), missing, "no such run");
  assert.equal(await exists(missing), false);

  const empty = newFolder();
  await Deno.mkdir(empty);
  assertRefused(await runSim(["--headless", "--resume", empty]), empty, "config.json");
  assert.deepEqual([...Deno.readDirSync(empty)], []);

  const file = newFolder();
  await Deno.writeTextFile(file, "mine");
  assertRefused(await runSim(["--headless", "--resume", file]), file, "run's folder");
  assert.equal(await Deno.readTextFile(file), "mine");
});

Deno.test({
  name: "a run in use is not resumed, and whoever uses it notices nothing",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...training, "--out", newFolder()]);
    const folder = await folderOf(child);
    assertRefused(await runSim(["--headless", "--resume", folder]), folder, "in use by process");
    assertSameTraining(await finished(await child.ended), await undisturbed());
  },
});

/** A byte of `path` is changed. */
async function damage(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(path, bytes);
}

/** How a stopped run can be spoilt, and what the answer must mention. */
const spoiling: Readonly<Record<string, (folder: string) => Promise<readonly string[]>>> = {
  "checkpoints are both corrupt": async (folder) => {
    await damage(join(folder, "checkpoint.safetensors"));
    await damage(join(folder, "checkpoint.previous.safetensors"));
    return ["checkpoint.safetensors", "corrupt", "copy"];
  },
  "config is garbage": async (folder) => {
    await Deno.writeTextFile(join(folder, "config.json"), "{ garbage");
    return ["config.json", "copy"];
  },
  "config names an arm that there is not": async (folder) => {
    const path = join(folder, "config.json");
    const config = await readJson(path) as Record<string, unknown>;
    await Deno.writeTextFile(path, JSON.stringify({ ...config, arm: "arm27" }));
    return ["config.json", "arm", "arm26"];
  },
  "config is of another network than its checkpoint": async (folder) => {
    const path = join(folder, "config.json");
    const config = await readJson(path) as Record<string, unknown>;
    await Deno.writeTextFile(path, JSON.stringify({ ...config, units: 16 }));
    return ["checkpoint.safetensors"];
  },
  "log has a line of garbage": async (folder) => {
    const path = join(folder, "events.jsonl");
    const lines = (await Deno.readTextFile(path)).split("\n");
    await Deno.writeTextFile(path, ["garbage", ...lines].join("\n"));
    return ["events.jsonl", "line 1", "repair"];
  },
};

for (const [what, spoil] of Object.entries(spoiling)) {
  Deno.test({
    name: `a run whose ${what} is refused with the file's name, and stays as it is`,
    ignore: !hasSignals,
    async fn() {
      const folder = await copyFolder((await stopped()).folder);
      const mentions = await spoil(folder);
      const before = await contents(folder);
      assertRefused(
        await runSim(["--headless", "--json", "--resume", folder]),
        folder,
        ...mentions,
      );
      assert.deepEqual(await contents(folder), before);
    },
  });
}

Deno.test({
  name: "when only the newest checkpoint is corrupt the one before serves, with a warning",
  ignore: !hasSignals,
  async fn() {
    const folder = await copyFolder((await stopped()).folder);
    await damage(join(folder, "checkpoint.safetensors"));
    const resumed = await resume(folder);
    assert.match(resumed.outcome.stderr, /^warning: .*checkpoint\.safetensors.*corrupt/m);
    assert.match(resumed.outcome.stderr, /^going on after 100 of 200 batches$/m);
    assertSameTraining(resumed, await undisturbed());
  },
});

Deno.test("a busy port is refused by its number, and no run is begun", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const out = newFolder();
  const outcome = await runSim(["--port", String(other.addr.port), "--out", out]);
  assertRefused(outcome, `port ${other.addr.port}`, "choose another");
  assert.equal(await exists(out), false);
});

Deno.test("a place where no folder can be made is refused by its name", async () => {
  const file = newFolder();
  await Deno.writeTextFile(file, "mine");
  for (const out of [file, join(file, "runs")]) {
    assertRefused(await runSim([...small, "--out", out]), out, "choose a folder");
  }
  assert.equal(await Deno.readTextFile(file), "mine");
});

/** Runs the rest of its arguments with a disk of $1 bytes at $2, which is copied to $3 in the end. */
const onSmallDisk = `
mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
disk=$2 copy=$3
shift 3
"$@"
code=$?
cp -r "$disk/." "$copy" || exit 99
exit $code
`;

const mayMount = Deno.build.os === "linux" &&
  succeeds("unshare", ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);

Deno.test({
  name: "a full disk ends the training in one clear line, and the last checkpoint is good",
  ignore: !mayMount,
  async fn() {
    const { checkpoint } = await undisturbed();
    assert.ok(checkpoint);
    // The first checkpoint fits, the second does not.
    const size = String(2 * checkpoint.length + 20_000);
    const [disk, copy] = [newFolder(), newFolder()];
    for (const folder of [disk, copy]) await Deno.mkdir(folder);
    const through = ["unshare", "--mount", "sh", "-c", onSmallDisk, "sh", size, disk, copy];
    const { code, stdout, stderr } = await runSim([...training, "--out", disk], { through });
    assert.notEqual(code, 0);
    assert.equal(stdout, "");
    const errors = stderr.split("\n").filter((line) => line.startsWith("error"));
    assert.equal(errors.length, 1, stderr);
    assert.match(errors[0], /^error: .+ cannot be written: No space left.+free some space/);
    const [{ name }] = Deno.readDirSync(copy);
    const resumed = await resume(join(copy, name));
    assert.match(resumed.outcome.stderr, /^going on after 100 of 200 batches$/m);
    assertSameTraining(resumed, await undisturbed());
  },
});

/** Begins what is said to a terminal and not shown. */
const escape = "\x1b";

/** Runs the rest of its arguments in a terminal of 80 columns. */
const inTerminal = [
  "bash",
  "-c",
  `script -qec "stty cols 80; $(printf '%q ' "$@")" /dev/null`,
  "bash",
];

Deno.test({
  name: "in a terminal the progress is a bar that fits into 80 columns and leaves a cursor behind",
  ignore: !(Deno.build.os === "linux" && succeeds("script", ["-qec", "stty cols 80", "/dev/null"])),
  async fn() {
    const args = ["--headless", ...small.slice(2), "--batches", "40", "--out", newFolder()];
    const { code, stdout } = await runSim(args, { through: inTerminal });
    assert.equal(code, 0, stdout);
    const control = new RegExp(`${escape}\\[?\\??\\d*\\w`, "g");
    const drawn = stdout.split(`${escape}[1G`).map((line) => line.replaceAll(control, ""));
    const bars = drawn.map((line) => line.split("\r\n")[0])
      .filter((line) => line.includes("batches"));
    assert.match(
      bars.at(-1) ?? "",
      /█+ 40\/40 batches · loss \d+\.\d+ · error \d+\.\d cm · \d+\/s · \d+ s left/,
    );
    assert.ok(
      stdout.lastIndexOf(`${escape}[?25h`) > stdout.lastIndexOf(`${escape}[?25l`),
      "a cursor",
    );
    for (const bar of bars) assert.ok([...bar].length <= 80, `${[...bar].length} columns: ${bar}`);
  },
});

/** Fails when `promise` takes longer than any healthy program needs. */
async function soon<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const deadline = setTimeout(() => reject(new Error(`${what} did not happen in 5 s`)), 5000);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(deadline);
  }
}

/** A page that watches the run at `url`, as a browser's would. */
async function watch(url: string) {
  const socket = new WebSocket(`${url.replace("http", "ws")}socket`, {
    origin: new URL(url).origin,
  });
  const events: Event[] = [];
  const frames: Frame[] = [];
  const moved = Promise.withResolvers<void>();
  socket.on("message", (data: Uint8Array, isBinary: boolean) => {
    if (!isBinary) events.push(decodeEvent(data));
    else if (data[0] === binaryKinds.frame) frames.push(decodeFrame(data));
    const [first] = frames;
    if (frames.some(({ angles }) => angles[0] !== first.angles[0])) moved.resolve();
  });
  const closed = once(socket, "close");
  await soon(once(socket, "open"), "the WebSocket's opening");
  return { events, frames, moved: moved.promise, closed };
}

const paged = ["--port", "0", "--batch-size", "8", "--evaluation-trials", "8"];
const pageLine = /^page {2}(http.+)\n/m;

Deno.test({
  name: "the page is served while the run trains and after it, until Ctrl-C",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...paged, "--json", "--batches", "40", "--out", newFolder()]);
    const [, url] = await child.stderr.find(pageLine);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<canvas/);
    const health = await fetch(`${url}health`);
    assert.equal(health.status, 200);
    const { status, run: served } = await health.json();
    assert.equal(status, "ok");

    const { events, frames, moved, closed } = await watch(url);
    await soon(moved, "an arm's movement in the frames");
    const [description] = events;
    assert.ok(description.type === "description");
    assert.equal(description.run, served);
    assert.equal(frames[0].angles.length, description.arm.joints.length);
    assert.equal(frames[0].activations.length, description.arm.actuators.length);

    await child.stderr.find(/^the page stays at .+; Ctrl-C ends it$/m);
    const report: SimReport = JSON.parse(child.stdout.text);
    assert.equal(report.run, served);
    assert.deepEqual(await readJson(join(report.dir, "report.json")), report);
    const trainings = events.flatMap((event) => event.type === "status" ? [event.training] : []);
    assert.equal(trainings.at(-1), "finished");
    child.signal("SIGINT");
    const { code, stderr } = await soon(child.ended, "the end");
    assert.equal(code, 0, stderr);
    assert.deepEqual((await soon(closed, "the goodbye"))[0], 1001);
    await assert.rejects(fetch(url));
  },
});

Deno.test({
  name: "Ctrl-C while the run trains says goodbye to the page and how to go on",
  ignore: !hasSignals,
  async fn() {
    await using child = startSim([...paged, "--batches", "2000", "--out", newFolder()]);
    const { moved, closed } = await watch((await child.stdout.find(pageLine))[1]);
    await soon(moved, "an arm's movement in the frames");
    child.signal("SIGINT");
    const { code, stdout } = await soon(child.ended, "the end");
    assert.equal(code, 130);
    assert.match(stdout, /^stopped and saved; go on with: deno task sim --resume .+$/m);
    assert.deepEqual((await soon(closed, "the goodbye"))[0], 1001);
  },
});
