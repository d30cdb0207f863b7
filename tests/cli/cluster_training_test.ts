/** `cluster --in-process -- train …`: a laboratory of one process, and what its workers train. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LibraryReport } from "../../agents/library/report.ts";
import { assertRefused, runTask, startTask } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-cluster-training-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** On Windows a signal is not delivered: it ends the process at once. */
const ignore = Deno.build.os === "windows";

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, String(++folders));

const cluster = (...more: readonly string[]) => [
  ...["--in-process", "--workers", "2", "--backends", "wasm", "--name", "desk"],
  ...["--state", newFolder(), ...more],
];

const small = [
  "dagnn",
  ...["--profile", "smoke", "--backend", "wasm", "--variant", "mlp", "dagnn", "--seeds", "1"],
];

/** What the jobs of the run in `out` have come to, but for the time that it took. */
async function metricsIn(out: string, run: string) {
  const text = await Deno.readTextFile(join(out, run, "report.json"));
  const { variants }: LibraryReport = JSON.parse(text);
  return Object.entries(variants).map(([name, { metrics }]) => [name, metrics]);
}

/** The run's name, from what is said of its folder. */
const nameIn = (text: string) => /^run {3}.*\/([^/\n]+)$/m.exec(text)?.[1] ?? assert.fail(text);

/** The results of a run by `deno task train`. */
async function metricsOfTrain(words: readonly string[]) {
  const out = newFolder();
  const { code, stdout, stderr } = await runTask("train", [...words, "--out", out]);
  assert.equal(code, 0, stderr);
  return await metricsIn(out, nameIn(stdout));
}

Deno.test({
  name:
    "threads of the cluster train to the results of a run here, and the page stays to show them",
  ignore,
  async fn() {
    const out = newFolder();
    const words = cluster("--port", "0", "--", "train", ...small, "--out", out);
    await using child = startTask("cluster", words);
    const [, page] = await child.stdout.find(/the page stays at (http:[^;]+);/);
    assert.match(child.stdout.text, /^report .+\.md$/m);
    assert.equal((await fetch(page)).status, 200);
    child.signal("SIGINT");
    const { code, stdout } = await child.ended;
    assert.equal(code, 0);
    assert.deepEqual(await metricsIn(out, nameIn(stdout)), await metricsOfTrain(small));
  },
});

Deno.test({
  name: "without a page the cluster ends with the training, and JSON is its last word",
  async fn() {
    const out = newFolder();
    const words = cluster("--headless", "--", "train", ...small, "--out", out, "--json");
    const { code, stdout, stderr } = await runTask("cluster", words);
    assert.equal(code, 0, stderr);
    const { method, run } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    assert.deepEqual([method, run], ["dagnn", nameIn(stderr)]);
  },
});

Deno.test({
  name:
    "a training that is left keeps its finished jobs, and goes on without a cluster or with one",
  ignore,
  async fn() {
    const out = newFolder();
    const long = ["dagnn", ...small.slice(1), "--set", "epochs=1000", "patience=1000"];
    // One worker: the second job waits for the first.
    const one = ["--workers", "1"];
    const words = cluster("--headless", ...one, "--", "train", ...long, "--out", out);
    await using child = startTask("cluster", words);
    await child.stderr.find(/ finished \(1 of 2 jobs done\)$/m);
    child.signal("SIGINT");
    const { code, stdout } = await child.ended;
    assert.equal(code, 130);
    const run = nameIn(stdout);
    const resume = ["--resume", join(out, run)];
    assert.ok(stdout.includes(`go on with: deno task train ${resume.join(" ")}`), stdout);

    const again = await runTask("cluster", cluster("--headless", "--", "train", ...resume));
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stderr.match(/^(mlp|dagnn)-s1 begins$/gm)?.length, 1, again.stderr);
    assert.deepEqual(await metricsIn(out, run), await metricsOfTrain(long));
  },
});

Deno.test("a cluster says what is wrong with what it is to train", async () => {
  const refused = async (words: readonly string[], ...mentions: readonly string[]) =>
    assertRefused(await runTask("cluster", words), ...mentions);
  await refused(["--in-process", "--", "dagnn"], "-- train dagnn");
  await refused(["--", "train", ...small], "--in-process", "--cluster --nats");
  await refused(["--in-process", "--", "train", "--profile", "smoke"], "name a method");
  await refused(["--in-process", "--workers", "0", "--", "train", ...small], "--workers 0");
  await refused(["--in-process", "--", "train", ...small, "--workers", "2"], "before the --");
  const elsewhere = ["--cluster", "--nats", "nats://127.0.0.1:1"];
  await refused(["--in-process", "--", "train", ...small, ...elsewhere], "--cluster");
});
