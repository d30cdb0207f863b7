/** `deno task verify` as a stranger meets it: a real run, done again by a real process. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { assertRefused, type Outcome, runTask } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-verify-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** What `--json` prints of a job. */
interface Verdict {
  readonly job: string;
  readonly outcome: string;
  readonly events?: number;
  readonly checkpoints?: readonly number[];
  readonly result?: boolean;
  readonly difference?: { readonly path: string };
}

const jsonOf = ({ code, stdout, stderr }: Outcome, expected = 0) => {
  assert.equal(code, expected, stderr);
  return JSON.parse(stdout);
};

const verdicts = (outcome: Outcome, expected = 0): Verdict[] => jsonOf(outcome, expected).jobs;

/** A run of the library, made when it is first needed. */
const library = (() => {
  let made: Promise<string> | undefined;
  return () =>
    made ??= runTask("train", [
      ...["dagnn", "--profile", "smoke", "--backend", "wasm", "--variant", "mlp", "--seeds", "2"],
      ...["--set", "epochs=60", "patience=60"],
      ...["--json", "--out", root],
    ]).then((outcome) => jsonOf(outcome).run);
})();

/** A `sim` run of 210 updates: checkpoints are kept after 200 and 210. */
const sim = (() => {
  let made: Promise<string> | undefined;
  return () =>
    made ??= runTask("sim", [
      ...["--headless", "--json", "--batches", "210", "--batch-size", "2", "--units", "8"],
      ...["--evaluation-trials", "2", "--out", root],
    ]).then((outcome) => jsonOf(outcome).run);
})();

const verify = async (...args: readonly string[]) =>
  await runTask("verify", [...args, "--out", root]);

Deno.test("a run of the library that is done again is the same, bit for bit, and left as it was", async () => {
  const run = await library();
  const events = join(root, run, "jobs", "mlp-s1", "events.jsonl");
  const before = await Deno.readTextFile(events);
  const jobs = verdicts(await verify(run, "--json"));
  assert.deepEqual(jobs.map(({ job, outcome, result }) => [job, outcome, result]), [
    ["mlp-s1", "the same, bit for bit", true],
    ["mlp-s2", "the same, bit for bit", true],
  ]);
  for (const { events, checkpoints } of jobs) {
    assert.ok(events! > 0 && checkpoints!.length > 0);
  }
  assert.equal(await Deno.readTextFile(events), before);
  const { code, stdout } = await verify(run, "--job", "mlp-s2");
  assert.equal(code, 0);
  assert.match(stdout, /^mlp-s2 +the same, bit for bit +\d+ +\d+ +yes$/m);
  assert.match(stdout, /^1 job done again: 1 the same, bit for bit$/m);
  const several = await verify(run, "--job", "mlp-s2", "mlp-s1", "--json");
  assert.deepEqual(verdicts(several).map(({ job }) => job), ["mlp-s1", "mlp-s2"]);
});

Deno.test("any stretch of a sim run leads to the digest of its next checkpoint", async () => {
  const run = await sim();
  const stretches: readonly (readonly [readonly string[], readonly number[], boolean])[] = [
    [[], [200, 210], true],
    [["--from", "previous"], [210], true],
    [["--from", "previous", "--to", "latest"], [210], false],
    [["--to", "previous"], [200], false],
    [["--from", "latest"], [], true],
    [["--from", join(root, run, "checkpoint.previous.safetensors")], [210], true],
  ];
  for (const [bounds, checkpoints, result] of stretches) {
    const [verdict] = verdicts(await verify(run, ...bounds, "--json"));
    assert.equal(verdict.outcome, "the same, bit for bit", bounds.join(" "));
    assert.deepEqual([verdict.checkpoints, verdict.result], [checkpoints, result]);
  }
});

Deno.test("a run whose log was changed is different, which is the exit code's business too", async () => {
  const run = await sim();
  const copy = `${run}-changed`;
  await Deno.mkdir(join(root, copy));
  for await (const { name } of Deno.readDir(join(root, run))) {
    await Deno.copyFile(join(root, run, name), join(root, copy, name));
  }
  const path = join(root, copy, "events.jsonl");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(/"finalError":0/, '"finalError":1'));
  const [verdict] = verdicts(await verify(copy, "--json"), 1);
  assert.equal(verdict.outcome, "different");
  assert.match(verdict.difference!.path, /^event \d+\.finalError$/);
});

Deno.test("another backend is compared within a tolerance, and says so", async () => {
  const run = await library();
  const outcome = await verify(run, "--job", "mlp-s1", "--backend", "cpu");
  assert.equal(outcome.code, 0, outcome.stderr);
  assert.match(outcome.stdout, /^here +cpu: .+: compared within a tolerance$/m);
  assert.match(outcome.stdout, /^mlp-s1 +the same within tolerance .+ yes +\d/m);
  const strict = await verify(
    run,
    "--job",
    "mlp-s1",
    "--backend",
    "cpu",
    "--tolerance",
    "0",
    "--json",
  );
  assert.equal(verdicts(strict, 1)[0].outcome, "different");
});

Deno.test("what cannot be verified is refused in one line that says why", async () => {
  const [run, trained] = [await library(), await sim()];
  const refused: readonly (readonly [readonly string[], readonly string[]])[] = [
    [["nothing"], ["nothing", "no such run"]],
    [[run, "--job", "mlp-s9"], ["mlp-s9", "mlp-s1, mlp-s2"]],
    [[run, "--job", "mlp-s1", "mlp-s8"], ["no job mlp-s8", "mlp-s1, mlp-s2"]],
    [[run, "--from", "previous", "--to", "previous"], ["previous"]],
    [[run, "--from", join(root, run, "config.json")], ["--job"]],
    [[run, "--job", "mlp-s1", "--from", join(root, run, "config.json")], [
      "config.json",
      "safetensors",
    ]],
    [[run, "--to", "end"], ["--to", "latest, previous"]],
    [[run, "--tolerance", "2"], ["--tolerance", "below 1"]],
    [[trained, "--backend", "cpu"], ["--backend", "no effect"]],
    [[trained, "--from", "latest", "--to", "previous"], ["empty"]],
  ];
  for (const [args, mentions] of refused) assertRefused(await verify(...args), ...mentions);
});
