/** `deno task train all` and `deno task train <family>`: sets of runs, as real processes on a real disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LibraryReport } from "../../agents/library/report.ts";
import { methodsByFamily } from "../../learners/library.ts";
import { assertRefused, type Outcome, runTask, startTask } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-train-set-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, String(++folders));

/** On Windows a signal is not delivered: it ends the process at once. */
const hasSignals = Deno.build.os !== "windows";

const family = "compression";
const members = methodsByFamily().get(family)!.map(({ id }) => id);

/** Two runs of two jobs each. */
const small = [family, "--profile", "smoke", "--backend", "wasm"];

/** What `--json` prints of a run. */
interface Line {
  readonly run: string;
  readonly method: string;
  readonly variants: LibraryReport["variants"];
}

const linesOf = ({ code, stdout, stderr }: Outcome): Line[] => {
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\[[^\n]*\]\n$/, "one line with an array");
  return JSON.parse(stdout);
};

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** The folder of the set under `out`. */
const setIn = (out: string): string =>
  namesIn(out).find((name) => name.endsWith(`-${family}-smoke`)) ?? assert.fail(`no set in ${out}`);

const readJson = (path: string) => JSON.parse(Deno.readTextFileSync(path));

const hasReport = (folder: string) => namesIn(folder).includes("report.json");

const variantsOf = (lines: readonly Line[]) => lines.map(({ variants }) => variants);

/** A set that nobody disturbs, made when it is first needed. */
const undisturbed = (() => {
  let made: Promise<{ out: string; outcome: Outcome; lines: Line[] }> | undefined;
  const make = async () => {
    const out = newFolder();
    const outcome = await runTask("train", [...small, "--json", "--out", out]);
    return { out, outcome, lines: linesOf(outcome) };
  };
  return () => made ??= make();
})();

Deno.test("--json prints one array with the outcome of every method of the family", async () => {
  const { lines } = await undisturbed();
  assert.deepEqual(lines.map(({ method }) => method), members);
  const keys = ["run", "method", "profile", "backend", "variants", "claim", "seconds"];
  for (const line of lines) assert.deepEqual(Object.keys(line), keys);
});

Deno.test("each run has the folder, the report and the numbers of a run of its own", async () => {
  const { out, lines } = await undisturbed();
  const [first] = lines;
  const folder = join(out, first.run);
  for (const name of ["config.json", "report.json", "report.md", "figures", "jobs"]) {
    assert.ok(namesIn(folder).includes(name), name);
  }
  const args = [first.method, ...small.slice(1), "--json", "--out", newFolder()];
  const { code, stdout, stderr } = await runTask("train", args);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).variants, first.variants);
});

Deno.test("the set's folder names its runs, and has a table of what they have come to", async () => {
  const { out, lines } = await undisturbed();
  const set = join(out, setIn(out));
  const runs = lines.map(({ run }) => run);
  assert.deepEqual(readJson(join(set, "config.json")), { kind: "set", name: family, runs });
  assert.deepEqual(
    readJson(join(set, "report.json")).runs.map(({ run }: { run: string }) => run),
    runs,
  );
  const text = Deno.readTextFileSync(join(set, "report.md"));
  for (const { method, run } of lines) {
    assert.match(text, new RegExp(`^\\| ${method} \\| .+ \\| \\.\\./${run}/report\\.md \\|$`, "m"));
  }
  assert.deepEqual(namesIn(out), [...runs, setIn(out)].sort(), "and nothing else is made");
});

Deno.test("a finished set that is resumed by its name is told again, with a table at the end", async () => {
  const { out, lines } = await undisturbed();
  const set = setIn(out);
  const { code, stdout, stderr } = await runTask("train", ["--resume", set, "--out", out]);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, / begins$/m);
  const table = stdout.trimEnd().split("\n").slice(-members.length - 1);
  assert.match(table[0], /^method +claim +margin +seconds +report$/);
  for (const [i, { method, run }] of lines.entries()) {
    const report = join(out, run, "report.md");
    assert.match(table[i + 1], new RegExp(`^${method} +(not )?shown +-?[\\d.]+ +\\d+ +${report}$`));
  }
});

for (
  const [when, line] of [
    ["the first run", /^biper\/biper-s1 begins$/m],
    ["the second run", /^reste\/reste-s1 begins$/m],
  ] as const
) {
  Deno.test({
    name: `a set that is killed in ${when} is resumed to the numbers of an undisturbed one`,
    ignore: !hasSignals,
    async fn() {
      const out = newFolder();
      await using child = startTask("train", [...small, "--workers", "1", "--out", out]);
      await child.stderr.find(line);
      child.signal("SIGKILL");
      assert.equal((await child.ended).signal, "SIGKILL");
      const set = setIn(out);
      assert.equal(hasReport(join(out, set)), false);
      const outcome = await runTask("train", ["--resume", set, "--out", out, "--json"]);
      assert.doesNotMatch(outcome.stderr, /^biper\/ste-s1 begins$/m, "it was finished");
      const lines = linesOf(outcome);
      assert.deepEqual(variantsOf(lines), variantsOf((await undisturbed()).lines));
      assert.deepEqual(lines.map(({ run }) => run), readJson(join(out, set, "config.json")).runs);
    },
  });
}

Deno.test({
  name: "Ctrl-C saves the set and says how to go on, and the reports of finished runs are there",
  ignore: !hasSignals,
  async fn() {
    const out = newFolder();
    const args = [...small, "--workers", "1", "--json", "--out", out];
    await using child = startTask("train", args);
    await child.stderr.find(/^biper: (not )?shown/m);
    child.signal("SIGINT");
    const { code, stdout, stderr } = await child.ended;
    assert.equal(code, 130, stderr);
    assert.equal(stdout, "");
    const [, words] = /^stopped and saved; go on with: deno task train (.+)$/m.exec(stderr) ??
      assert.fail(stderr);
    const { runs } = readJson(join(out, setIn(out), "config.json"));
    const reports = runs.map((run: string) => hasReport(join(out, run)));
    assert.deepEqual(reports, [true, false]);
    const lines = linesOf(await runTask("train", words.split(" ")));
    assert.deepEqual(variantsOf(lines), variantsOf((await undisturbed()).lines));
  },
});

Deno.test("a method whose jobs fail stops no other, all reports are kept, and the exit code is 1", async () => {
  const out = newFolder();
  const data = newFolder();
  await Deno.mkdir(data);
  // All of them need files that are not there.
  const args = ["--profile", "full", "--seeds", "1", "--backend", "cpu", "--data", data];
  const { code, stdout, stderr } = await runTask("train", [
    family,
    ...args,
    "--json",
    "--out",
    out,
  ]);
  assert.equal(code, 1, stderr);
  const lines: Line[] = JSON.parse(stdout);
  assert.deepEqual(lines.map(({ method }) => method), members);
  for (const { method, run } of lines) {
    assert.match(stderr, new RegExp(`^error: ${method}/ste-s1 failed: .+no such file`, "m"));
    assert.match(stderr, new RegExp(`^${method} +not judged, \\d jobs failed +\\d+ +/`, "m"));
    assert.ok(hasReport(join(out, run)));
  }
});

Deno.test("a run whose folder is spoilt stops no other of its set, and is told with its file", async () => {
  const out = newFolder();
  linesOf(await runTask("train", [...small, "--json", "--out", out]));
  const set = setIn(out);
  const { runs } = readJson(join(out, set, "config.json"));
  const spoilt = join(out, runs[0], "jobs", "ste-s1", "report.json");
  await Deno.writeTextFile(spoilt, "{");
  const { code, stdout, stderr } = await runTask("train", [
    "--resume",
    set,
    "--out",
    out,
    "--json",
  ]);
  assert.equal(code, 1, stderr);
  assert.ok(stderr.includes(`error: ${members[0]}: ${spoilt}`), stderr);
  const lines: Line[] = JSON.parse(stdout);
  assert.deepEqual(lines.map(({ method }) => method), members.slice(1));
});

Deno.test("a set is resumed only as what it is, and not without its runs", async () => {
  const { out, lines } = await undisturbed();
  const set = join(out, setIn(out));
  for (const other of ["all", members[0]]) {
    assertRefused(await runTask("train", [other, "--resume", set]), set, family, other);
  }
  const run = join(out, lines[0].run);
  await Deno.rename(run, `${run}-elsewhere`);
  try {
    assertRefused(await runTask("train", ["--resume", set]), lines[0].run, "no such run");
  } finally {
    await Deno.rename(`${run}-elsewhere`, run);
  }
});

Deno.test("all is the whole library", async () => {
  const out = newFolder();
  await using child = startTask("train", [
    "all",
    "--profile",
    "smoke",
    "--backend",
    "wasm",
    "--out",
    out,
  ]);
  const [, count] = await child.stdout.find(/^all · smoke · (\d+) methods, \d+ jobs$/m);
  assert.equal(Number(count), [...methodsByFamily().values()].flat().length);
});
