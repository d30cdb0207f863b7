/** Which workers there are, what they are asked for, and what jobs need of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { dataNeeds } from "../../../agents/desk/data_needs.ts";
import { liveWorkers } from "../../../agents/laboratory/live_workers.ts";
import {
  clusterBackend,
  libraryClusterRun,
  simClusterRun,
} from "../../../agents/desk/submission.ts";
import type { LibraryRunConfig } from "../../../agents/library/run_config.ts";
import { digestOf } from "../../../cluster/digest.ts";
import { canonicalBytes, jobId } from "../../../cluster/jobs/identity.ts";
import { jobSpec, runRecord, type WorkerRecord } from "../../../cluster/jobs/records.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import type { Method } from "../../../learners/method.ts";
import { smallRun } from "../sim/small_run.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-submission-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

function worker(backends: readonly string[], beat = 0): WorkerRecord {
  return {
    name: "desk",
    host: "desk",
    pid: 1,
    version: "test",
    backends: backends.map((name) => ({ name, device: `a ${name}` })),
    memory: { total: 1, free: 1 },
    cores: 1,
    load: 0,
    state: "idle",
    jobs: [],
    finished: 0,
    counters: {},
    beat,
  };
}

const config: LibraryRunConfig = {
  kind: "library",
  method: "quadratic",
  profile: "smoke",
  backend: "wasm",
  device: "somewhere",
  variants: ["plain", "momentum"],
  seeds: [1, 2],
  config: { steps: 3 },
  versions: { callosum: "0", deno: "0", tensorflow: "0" },
};

const terms = { code: "test", data: [], time: new Date(0) };

Deno.test("a run of the library has one job for each variant and seed, told apart by what decides its result", () => {
  const { record, specs } = libraryClusterRun(config, terms);
  assert.deepEqual(runRecord.parse(record), record);
  assert.deepEqual(Object.keys(record.jobs), [
    "plain-s1",
    "momentum-s1",
    "plain-s2",
    "momentum-s2",
  ]);
  assert.deepEqual(Object.values(record.jobs), specs.map(jobId));
  assert.equal(new Set(Object.values(record.jobs)).size, 4);
  for (const spec of specs) assert.deepEqual(jobSpec.parse(spec), spec);

  const ids = (changes: Partial<LibraryRunConfig>, others: Partial<typeof terms> = {}) =>
    Object.values(
      libraryClusterRun({ ...config, ...changes }, { ...terms, ...others }).record.jobs,
    );
  // The same jobs within another run: what is not decisive makes no other job.
  assert.deepEqual(ids({ device: "elsewhere", profile: "desk" }), ids({}));
  assert.deepEqual(ids({ seeds: [1] }), ids({}).slice(0, 2));
  const file = { name: "a", digest: digestOf("a") };
  for (
    const other of [
      ids({ config: { steps: 4 } }),
      ids({ backend: "cpu" }),
      ids({}, { code: "later" }),
      ids({}, { data: [file] as never[] }),
    ]
  ) {
    assert.equal(new Set([...ids({}), ...other]).size, 8);
  }
});

Deno.test("a sim run is one job", () => {
  const { record, specs: [spec, ...others] } = simClusterRun(smallRun, "reach", terms);
  assert.deepEqual(others, []);
  assert.deepEqual(spec.work, smallRun);
  assert.deepEqual(record.jobs, { sim: jobId(spec) });
});

Deno.test("auto is the fastest backend that several workers have, or the fastest of all", () => {
  const pick = (asked: Parameters<typeof clusterBackend>[0], ...workers: string[][]) =>
    clusterBackend(asked, workers.map((backends) => worker(backends)))?.name;
  assert.equal(pick("auto", ["wasm", "cpu"], ["wasm", "cpu"], ["webgpu"]), "wasm");
  assert.equal(pick("auto", ["webgpu", "wasm"], ["webgpu", "wasm"]), "webgpu");
  assert.equal(pick("auto", ["cpu"], ["webgpu"], ["wasm"]), "webgpu");
  assert.equal(pick("auto", ["wasm", "cpu"]), "wasm");
  assert.equal(pick("auto"), undefined);
  assert.equal(pick("cpu", ["webgpu", "cpu"], ["webgpu"]), "cpu");
  assert.equal(pick("cpu", ["webgpu"]), undefined);
  const { devices } = clusterBackend("auto", [worker(["wasm"]), worker(["wasm"])])!;
  assert.deepEqual(devices, ["a wasm"]);
});

Deno.test("only workers that go on beating are there", async () => {
  const backbone = new MemoryCluster().open();
  const table = backbone.table("workers");
  const put = (id: string) => table.create(id, canonicalBytes(worker(["wasm"])));
  let revision = (await put("alive"))!;
  await put("dead");
  await table.create("foreign", new TextEncoder().encode('{"of":"another version"}'));
  let beat = 0;
  const beating = setInterval(async () => {
    const value = canonicalBytes(worker(["wasm"], ++beat));
    revision = (await table.update("alive", value, revision))!;
  }, 20);
  const found = await liveWorkers(backbone, { patience: 300 });
  assert.deepEqual([...found.keys()], ["alive"]);
  clearInterval(beating);
  assert.deepEqual([...(await liveWorkers(backbone, { patience: 50 })).keys()], []);
  await backbone.close();
});

Deno.test("where there are no workers nobody is waited for", async () => {
  const backbone = new MemoryCluster().open();
  assert.equal((await liveWorkers(backbone, { patience: 1e9 })).size, 0);
  await backbone.close();
});

Deno.test("data files are needed by their content, and missing ones are named before anything is queued", async () => {
  await Deno.writeTextFile(join(root, "cora.content"), "nodes");
  const reads = (...names: string[]) => ({ files: () => names }) as unknown as Method;
  assert.deepEqual(await dataNeeds(reads("cora.content"), {}, root), [
    { name: "cora.content", digest: digestOf("nodes") },
  ]);
  assert.deepEqual(await dataNeeds({} as Method, {}, undefined), []);
  await assert.rejects(dataNeeds(reads("cora.cites"), {}, root), /cora\.cites.+no such file/);
  await assert.rejects(dataNeeds(reads("cora.content"), {}, undefined), /no data folder/);
});
