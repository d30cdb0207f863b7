/** `deno task train` and `deno task methods` as a stranger meets them: real processes on a real disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { LibraryReport } from "../../agents/library/report.ts";
import { assertRefused, type Outcome, runTask, startTask, succeeds } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-train-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, String(++folders));

/** On Windows a signal is not delivered: it ends the process at once. */
const hasSignals = Deno.build.os !== "windows";

/** Two short jobs under each of two seeds. */
const small = [
  "dagnn",
  ...["--profile", "smoke", "--backend", "wasm", "--variant", "mlp", "dagnn", "--seeds", "2"],
  "--json",
];
/** Long enough to be stopped on the way. */
const long = [...small, "--set", "epochs=200", "patience=200", "--workers", "1"];

/** What `--json` prints. */
interface Line {
  readonly run: string;
  readonly variants: LibraryReport["variants"];
  readonly claim: {
    readonly statement: string;
    readonly holds: boolean;
    readonly margin: number | null;
  };
}

const readJson = async (path: string): Promise<unknown> =>
  JSON.parse(await Deno.readTextFile(path));

const lineOf = ({ code, stdout, stderr }: Outcome): Line => {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** `make`, done when it is first needed and then kept. */
function kept<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => made ??= make();
}

const undisturbed = kept(async () => {
  const out = newFolder();
  const outcome = await runTask("train", [...small, "--out", out]);
  return { out, outcome, line: lineOf(outcome) };
});

const undisturbedLong = kept(async () =>
  lineOf(await runTask("train", [...long, "--out", newFolder()]))
);

Deno.test("--json prints one object with the outcome of every variant and seed, and the claim", async () => {
  const { outcome, line } = await undisturbed();
  assert.match(outcome.stdout, /^\{[^\n]*\}\n$/);
  const keys = ["run", "method", "profile", "backend", "variants", "claim", "seconds"];
  assert.deepEqual(Object.keys(line), keys);
  const { run: _run, variants, claim, ...rest } = line;
  const { seconds, ...names } = rest as Record<string, unknown>;
  assert.deepEqual(names, { method: "dagnn", profile: "smoke", backend: "wasm" });
  assert.ok(typeof seconds === "number" && seconds > 0);
  assert.deepEqual(Object.keys(claim), ["statement", "holds", "margin"]);
  assert.deepEqual(Object.keys(variants), ["mlp", "dagnn"]);
  for (const { seeds, metrics } of Object.values(variants)) {
    assert.deepEqual(seeds, [1, 2]);
    const { mean, std, values } = metrics["test accuracy"];
    assert.equal(values.length, 2);
    assert.ok(Math.abs(mean - (values[0] + values[1]) / 2) < 1e-12);
    assert.ok(Math.abs(std - Math.abs(values[0] - values[1]) / Math.SQRT2) < 1e-12);
  }
});

Deno.test("the run's folder has config, reports, figures, and a folder for each job", async () => {
  const { out, line } = await undisturbed();
  const folder = join(out, line.run);
  const config = await readJson(join(folder, "config.json")) as Record<string, unknown>;
  assert.equal(config.backend, "wasm");
  assert.deepEqual(config.seeds, [1, 2]);
  assert.equal((config.config as Record<string, unknown>).epochs, 12);
  const report = await readJson(join(folder, "report.json")) as LibraryReport;
  assert.equal(report.run, line.run);
  assert.deepEqual(report.claim.statement, line.claim.statement);
  for (const { file, data } of report.figures) {
    assert.ok(await exists(join(folder, file)), file);
    assert.match(await Deno.readTextFile(join(folder, data)), /^[^\r\n]+\r\n/);
  }
  const [head, ...rows] = parse(await Deno.readTextFile(join(folder, report.jobs)));
  assert.deepEqual(head.slice(0, 2), ["variant", "seed"]);
  const accuracies = rows.map((row) => Number(row[head.indexOf("test accuracy")]));
  const { mlp, dagnn } = line.variants;
  assert.deepEqual(
    accuracies,
    [mlp, dagnn].flatMap(({ metrics }) => metrics["test accuracy"].values),
  );
  const text = await Deno.readTextFile(join(folder, "report.md"));
  assert.ok(text.includes(line.claim.statement), text);
  const jobs = [...Deno.readDirSync(join(folder, "jobs"))].map(({ name }) => name).sort();
  assert.deepEqual(jobs, ["dagnn-s1", "dagnn-s2", "mlp-s1", "mlp-s2"]);
});

Deno.test("a claim that the profile cannot judge is said to be not judged, to people and programs", async () => {
  const { out, line } = await undisturbed();
  // Without --json, of the same run.
  const { code, stdout } = await runTask("train", ["--resume", line.run, "--out", out]);
  assert.equal(code, 0);
  const missing = "gcn-2, appnp, last-hop, mean-of-hops";
  assert.match(stdout, new RegExp(`^not judged without results of ${missing}: `, "m"));
  assert.match(stdout, /^ {2}not judged {2}From 2 to 20 hops/m);
  assert.deepEqual([line.claim.holds, line.claim.margin], [false, null]);
});

Deno.test("progress is told on standard error, job by job", async () => {
  const { outcome: { stderr } } = await undisturbed();
  for (const job of ["mlp-s1", "mlp-s2", "dagnn-s1", "dagnn-s2"]) {
    assert.match(stderr, new RegExp(`^${job} begins$`, "m"));
    assert.match(stderr, new RegExp(`^${job} finished \\(\\d of 4 jobs done\\)$`, "m"));
  }
  assert.match(stderr, /^backend wasm: WebAssembly/m);
});

Deno.test({
  name: "a run that is killed is resumed by its name and has the numbers of an undisturbed one",
  ignore: !hasSignals,
  async fn() {
    const out = newFolder();
    await using child = startTask("train", [...long, "--out", out]);
    await child.stderr.find(/^mlp-s2 begins$/m);
    child.signal("SIGKILL");
    assert.equal((await child.ended).signal, "SIGKILL");
    const [{ name: run }] = Deno.readDirSync(out);
    const args = ["--resume", run, "--out", out, "--json", "--workers", "2"];
    const outcome = await runTask("train", args);
    assert.doesNotMatch(outcome.stderr, /^mlp-s1 begins$/m);
    const line = lineOf(outcome);
    assert.equal(line.run, run);
    assert.deepEqual(line.variants, (await undisturbedLong()).variants);
  },
});

Deno.test({
  name: "Ctrl-C saves the run and says how to go on, which leads to the same numbers",
  ignore: !hasSignals,
  async fn() {
    const out = newFolder();
    await using child = startTask("train", [...long, "--out", out]);
    await child.stderr.find(/^dagnn-s1 begins$/m);
    child.signal("SIGINT");
    const { code, stdout, stderr } = await child.ended;
    assert.equal(code, 130, stderr);
    assert.equal(stdout, "");
    const [, words] = /^stopped and saved; go on with: deno task train (.+)$/m.exec(stderr) ??
      assert.fail(stderr);
    const [{ name: run }] = Deno.readDirSync(out);
    assert.equal(await exists(join(out, run, "report.json")), false);
    const line = lineOf(await runTask("train", words.split(" ")));
    assert.deepEqual(line.variants, (await undisturbedLong()).variants);
  },
});

Deno.test("a job that fails is told with its reason, the report is kept, and the exit code is 1", async () => {
  const out = newFolder();
  const data = newFolder();
  await Deno.mkdir(data);
  const args = ["--profile", "smoke", "--backend", "cpu", "--variant", "mlp", "--set", "data=cora"];
  const { code, stdout, stderr } = await runTask("train", [
    "dagnn",
    ...args,
    "--data",
    data,
    "--json",
    "--out",
    out,
  ]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^error: mlp-s1 failed: .+cora.+ no such file/m);
  const line: Line = JSON.parse(stdout);
  assert.deepEqual(line.variants, {});
  assert.equal(line.claim.holds, false);
  const report = await readJson(join(out, line.run, "report.json")) as LibraryReport;
  assert.deepEqual(report.failures.map(({ variant, seed }) => [variant, seed]), [["mlp", 1]]);
});

/** Words of the command line, and what the answer must mention. */
const wrongArguments: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], ["name a method", "dagnn"]],
  [["frobnicate"], ["frobnicate", "dagnn", "compression", "all"]],
  [["dagnn", "surplus"], ["surplus"]],
  [["dagnn", "--frobnicate"], ["--frobnicate"]],
  [["dagnn", "--variant", "sgd"], ["sgd", "mlp", "gcn-2"]],
  [["dagnn", "--seeds", "0"], ["--seeds", "'0'", "integer"]],
  [["dagnn", "--profile", "tiny"], ["tiny", "smoke, desk, full"]],
  [["dagnn", "--backend", "torch"], ["torch", "wasm"]],
  [
    ["dagnn", "--backend", "tensorflow"],
    ["tensorflow", "deno install", "deno task train:native dagnn --backend tensorflow"],
  ],
  [["dagnn", "--set", "speed=1"], ["speed", "learningRate"]],
  [["dagnn", "--set", "hops=many"], ["hops=many", "integer from 0 to 200"]],
  [["dagnn", "--set", "dropout=1"], ["dropout=1", "number from 0 below 1"]],
  [["all", "--set", "epochs=1"], ["--set", "one method only", "all"]],
  [["all", "--epochs", "1"], ["--epochs", "one method only", "all"]],
  [["dagnn", "--hops", "many"], ["--hops many", "integer from 0 to 200"]],
  [["compression", "--variant", "ste"], ["--variant", "one method only", "compression"]],
  [["dagnn", "--workers", "0"], ["--workers", "'0'"]],
  [["dagnn", "--data", join(root, "nowhere")], ["--data", "nowhere", "no such folder"]],
  [["--resume", join(root, "nowhere")], ["nowhere", "no such run"]],
  [["--resume", root, "--seeds", "2"], ["--seeds", "--resume"]],
];

for (const [args, mentions] of wrongArguments) {
  const words = args.map((word) => word.replace(root, "…")).join(" ");
  Deno.test(`train ${words} is refused in one line that says why, and nothing is written`, async () => {
    const out = newFolder();
    assertRefused(await runTask("train", [...args, "--out", out]), ...mentions);
    assert.equal(await exists(out), false);
  });
}

Deno.test("a run that goes on on another device or with other versions is warned of", async () => {
  const { out, line } = await undisturbed();
  const config = join(out, line.run, "config.json");
  const text = await Deno.readTextFile(config);
  for (const [from, to] of [["WebAssembly", "an abacus"], ['"callosum": "', '"callosum": "9']]) {
    await Deno.writeTextFile(config, text.replace(from, to));
    const { code, stderr } = await runTask("train", ["--resume", line.run, "--out", out]);
    await Deno.writeTextFile(config, text);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: begun on .+, this is .+; numbers may differ$/m);
  }
  const { stderr } = await runTask("train", ["--resume", line.run, "--out", out]);
  assert.doesNotMatch(stderr, /warning/);
});

Deno.test("a run is resumed only as what it is", async () => {
  const { out, line } = await undisturbed();
  const folder = join(out, line.run);
  assertRefused(await runTask("train", ["reste", "--resume", folder]), folder, "dagnn", "reste");
});

Deno.test({
  name: "in a terminal a bar for each job fits into 80 columns and leaves a cursor behind",
  ignore: !(Deno.build.os === "linux" && succeeds("script", ["-qec", "stty cols 80", "/dev/null"])),
  async fn() {
    const through = [
      "bash",
      "-c",
      `script -qec "stty cols 80; $(printf '%q ' "$@")" /dev/null`,
      "bash",
    ];
    const { code, stdout } = await runTask("train", [...small, "--out", newFolder()], { through });
    assert.equal(code, 0, stdout);
    const escape = "\x1b";
    const control = new RegExp(`${escape}\\[?\\??\\d*\\w`, "g");
    const drawn = stdout.replaceAll(control, "\n").split(/[\r\n]+/).filter((line) =>
      /[█░]/.test(line)
    );
    assert.ok(drawn.some((line) => /^jobs +█+ 4\/4/.test(line)), stdout);
    // Which of the jobs lasts until the next drawing is up to the machine.
    assert.ok(drawn.some((line) => /^(mlp|dagnn)-s[12] .+\/12 .*loss/.test(line)), stdout);
    for (const line of drawn) assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
    assert.ok(
      stdout.lastIndexOf(`${escape}[?25h`) > stdout.lastIndexOf(`${escape}[?25l`),
      "a cursor",
    );
  },
});

Deno.test("methods --json lists every method by id, card, family, paper and profiles", async () => {
  const { code, stdout, stderr } = await runTask("methods", ["--json"]);
  assert.equal(code, 0, stderr);
  const list: Record<string, unknown>[] = JSON.parse(stdout);
  for (const entry of list) {
    assert.deepEqual(Object.keys(entry), ["id", "card", "family", "paper", "profiles"]);
    assert.deepEqual(entry.profiles, ["smoke", "desk", "full"]);
  }
  const dagnn = list.find(({ id }) => id === "dagnn");
  assert.equal(dagnn?.card, "53");
  assert.equal(dagnn?.family, "graphs");
});

Deno.test("methods <id> shows paper, configuration, profiles, variants and last results", async () => {
  const { out, line } = await undisturbed();
  const { code, stdout, stderr } = await runTask("methods", ["dagnn", "--out", out]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Towards Deeper Graph Neural Networks.+2007\.09296/);
  assert.match(stdout, /^ {2}hops +20 +.+; integer from 0 to 200$/m);
  assert.match(stdout, /^ {2}smoke +1 seed, \d+ variants, .*epochs=12/m);
  assert.match(stdout, /^ {2}gcn-2 +\S/m);
  assert.match(stdout, new RegExp(`^ {2}smoke +not judged \\(${line.run}\\)$`, "m"));

  const card = JSON.parse((await runTask("methods", ["dagnn", "--out", out, "--json"])).stdout);
  assert.equal(card.last[0].run, line.run);
  assert.equal(card.configuration.find(({ key }: { key: string }) => key === "hops").default, 20);
  const none = await runTask("methods", ["dagnn", "--out", newFolder()]);
  assert.match(none.stdout, /last results\n {2}none yet/);
});

Deno.test("methods shows the axes of a method whose variants are combinations, and their flags", async () => {
  const { stdout } = await runTask("methods", ["bilateral"]);
  assert.match(stdout, /^tasks: .+ \(--tasks\)\n {2}reach +\S/m);
  assert.match(stdout, /^models: .+ \(--models\)\n {2}uni-a +\S/m);
  assert.match(
    stdout,
    /^variants \(--variant\)\n {2}\d+ combinations of tasks and models, such as reach-/m,
  );
  const card = JSON.parse((await runTask("methods", ["bilateral", "--json"])).stdout);
  assert.deepEqual(card.axes.map(({ name }: { name: string }) => name), ["tasks", "models"]);
});

Deno.test("train <method> --help lists the method's own flags with the profile's values", async () => {
  const { code, stdout } = await runTask("train", ["dagnn", "--profile", "smoke", "--help"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^ {2}--learning-rate <value> +Adam's step size; number above 0\s+\(default: 0\.01\)$/m,
  );
  assert.match(stdout, /^ {2}--hops <value> [^]+?\(default:\s+3\)$/m);
  assert.match(stdout, /^Only by --set, .+: data$/m);
  const help = (await runTask("train", ["bilateral", "--help"])).stdout;
  assert.match(help, /^ {2}--tasks <names> +.+: reach, hold/m);
});

Deno.test("a hyper-parameter is set by its flag, in the run that is kept", async () => {
  const args = ["dagnn", "--profile", "smoke", "--backend", "wasm", "--variant", "mlp", "--json"];
  const out = newFolder();
  const { run } = lineOf(await runTask("train", [...args, "--epochs", "3", "--out", out]));
  const { config } = await readJson(join(out, run, "config.json")) as Record<string, object>;
  assert.equal((config as Record<string, unknown>).epochs, 3);
});

Deno.test("methods answers an id that there is not with those there are", async () => {
  assertRefused(await runTask("methods", ["frobnicate"]), "frobnicate", "dagnn");
});

Deno.test("--help of both lists every flag in 80 columns", async () => {
  const flags = {
    train: ["--variant", "--seeds", "--profile", "--backend", "--set", "--workers", "--data"],
    methods: ["--json", "--out"],
  };
  for (const [task, expected] of Object.entries(flags)) {
    const { code, stdout } = await runTask(task, ["--help"]);
    assert.equal(code, 0);
    for (const flag of expected) assert.ok(stdout.includes(`${flag} `), `${flag} in ${stdout}`);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  }
});
