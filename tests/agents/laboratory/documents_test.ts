/** Documents of a laboratory: what they say of runs that were really made, and of runs that go on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { z } from "zod";
import { exportRun } from "../../../agents/desk/exported_run.ts";
import {
  type ClusterRun,
  enterRun,
  libraryClusterRun,
  simClusterRun,
} from "../../../agents/desk/submission.ts";
import { LaboratoryDocuments } from "../../../agents/laboratory/documents/laboratory_documents.ts";
import { currentVersions } from "../../../agents/library/run.ts";
import type { LibraryRunConfig } from "../../../agents/library/run_config.ts";
import { decodeSnapshot, encodeSnapshot } from "../../../agents/library/snapshot.ts";
import { libraryExecutor } from "../../../agents/worker/library_executor.ts";
import { simExecutor } from "../../../agents/worker/sim_executor.ts";
import type { Backbone } from "../../../cluster/backbone.ts";
import type { DocumentRequest } from "../../../cluster/document_addresses.ts";
import type { OpenedDocument } from "../../../cluster/document_source.ts";
import {
  comparisonDocument,
  curvesDocument,
  libraryDocument,
  runDocument,
  runsDocument,
} from "../../../cluster/documents.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { library } from "../../../learners/library.ts";
import { dagnn } from "../../../learners/graphs/dagnn.ts";
import type { Method } from "../../../learners/method.ts";
import { LaboratoryFeed } from "../../viewer/laboratory_feed.ts";
import { smallRun } from "../sim/small_run.ts";
import { Laboratory } from "../worker/laboratory.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-documents-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const nowhere = join(root, "no such folder");
const watcher = { began() {}, progress() {}, ended() {}, warn: assert.fail };

/** The documents of a laboratory, which has no trouble unless it is expected. */
function documentsOf(
  backbone: Backbone,
  { out = nowhere, methods, onTrouble = assert.fail }: {
    readonly out?: string;
    readonly methods?: readonly Method[];
    readonly onTrouble?: (message: string) => void;
  } = {},
): LaboratoryDocuments {
  return new LaboratoryDocuments({ backbone, out, methods, onTrouble });
}

async function open(
  documents: LaboratoryDocuments,
  request: DocumentRequest,
): Promise<OpenedDocument> {
  const document = await documents.open(request);
  assert.ok(document, `there is no ${JSON.stringify(request)}`);
  return document;
}

const textOf = ({ body }: OpenedDocument) => new TextDecoder().decode(body);

/** The document as a page reads it: what does not fit its schema is refused. */
async function read<Schema extends z.ZodType>(
  schema: Schema,
  documents: LaboratoryDocuments,
  request: DocumentRequest,
): Promise<z.output<Schema>> {
  return schema.parse(JSON.parse(textOf(await open(documents, request))));
}

/** A run of a method, as it is read. */
async function libraryRun(documents: LaboratoryDocuments, run: string) {
  const document = await read(runDocument, documents, { kind: "run", run });
  assert.ok(document.kind === "library");
  return document;
}

/** A run that a worker of the laboratory does to its end. */
async function finished(laboratory: Laboratory, name: string, run: ClusterRun): Promise<void> {
  await enterRun(laboratory.ledger, name, run, 5);
  for (const job of Object.values(run.record.jobs)) {
    await laboratory.until(job, ({ state }) => state === "done");
  }
}

const smoke: LibraryRunConfig = {
  kind: "library",
  method: "dagnn",
  profile: "smoke",
  backend: "wasm",
  device: "any",
  variants: ["dagnn", "gcn-2"],
  seeds: [1, 2],
  config: dagnn.config.parse(dagnn.profiles.smoke.config),
  versions: currentVersions(),
};

Deno.test("of a real run every document fits its schema, and the ledger and a folder say the same", async () => {
  await using laboratory = new Laboratory();
  const { backbone, ledger } = laboratory;
  const terms = { code: "test", data: [], time: new Date(0) };
  const submitted = libraryClusterRun(smoke, terms);
  const worker = { executors: [libraryExecutor()], backends: [{ name: "wasm", device: "any" }] };
  await using _worker = await laboratory.hire(worker);
  await finished(laboratory, "smoke-1", submitted);
  const out = await Deno.makeTempDir({ dir: root });
  const access = { backbone, ledger, signal: new AbortController().signal };
  await exportRun(out, "smoke-1", submitted.record, access, watcher);
  const report = JSON.parse(await Deno.readTextFile(join(out, "smoke-1", "report.json")));

  using ofLedger = documentsOf(backbone);
  using ofFolder = documentsOf(new MemoryCluster().open(), { out });
  const run = "smoke-1";
  for (const [source, documents] of [["ledger", ofLedger], ["folder", ofFolder]] as const) {
    const document = await libraryRun(documents, run);
    assert.equal(document.source, source);
    assert.equal(document.state, "finished");
    assert.deepEqual([document.jobs.total, document.jobs.finished], [4, 4]);
    assert.deepEqual(document.configuration, smoke.config);
    assert.deepEqual(document.metrics, ["loss", "validation accuracy", "validation loss"]);
    const { results } = document;
    assert.ok(results);
    // As JSON has them, where NaN is null.
    assert.deepEqual(JSON.parse(JSON.stringify(results.claim)), report.claim);
    assert.deepEqual(JSON.parse(JSON.stringify(results.variants)), report.variants);
    assert.deepEqual(
      results.figures.list.map(({ number, title, caption }) => ({ number, title, caption })),
      report.figures.map(({ title, caption }: { title: string; caption: string }, i: number) => (
        { number: i + 1, title, caption }
      )),
    );
    assert.equal(results.figures.list[0].data?.kind, "graph");
    const job = document.jobs.list.find(({ name }) => name === "gcn-2-s2");
    const of = results.variants["gcn-2"].metrics["test accuracy"].values[1];
    assert.equal(job?.metrics?.["test accuracy"], of);

    const curves = await read(curvesDocument, documents, { kind: "curves", run });
    assert.deepEqual([curves.metric, curves.total], ["loss", 4]);
    const { jobs, last } = await newest(documents);
    assert.equal(last?.run, run);
    assert.deepEqual(last?.seeds, [1, 2]);
    assert.equal(jobs, 1);
  }

  const same: readonly DocumentRequest[] = [
    { kind: "curves", run, metric: "validation loss" },
    { kind: "comparison", runs: [run] },
    { kind: "figure data", run, number: 1 },
    { kind: "figure picture", run, number: 1, theme: "dark" },
    { kind: "job data", run },
    { kind: "curve data", run },
    { kind: "checkpoint", run, job: "dagnn-s1" },
  ];
  for (const request of same) {
    const [here, there] = [await ofLedger.open(request), await ofFolder.open(request)];
    assert.deepEqual(here, there, request.kind);
  }
  const kept = async (file: string) => await Deno.readTextFile(join(out, run, file));
  const figure = await open(ofFolder, {
    kind: "figure picture",
    run,
    number: 1,
    theme: "light",
  });
  assert.equal(textOf(figure), await kept(report.figures[0].file));
  assert.equal(textOf(await open(ofFolder, { kind: "job data", run })), await kept(report.jobs));
  const readable = textOf(await open(ofLedger, { kind: "report", run }));
  assert.match(readable, /^# dagnn: the claim is /);
  assert.match(textOf(await open(ofLedger, { kind: "log", run })), /gcn-2-s2: finished by /);
});

/** How many runs there are, and what dagnn's newest has come to. */
async function newest(documents: LaboratoryDocuments) {
  const runs = await read(runsDocument, documents, { kind: "runs" });
  const { methods } = await read(libraryDocument, documents, { kind: "library" });
  return { jobs: runs.total, last: methods.find(({ id }) => id === "dagnn")?.last };
}

Deno.test("of a real sim run every document fits its schema, and the ledger and a folder say the same", async () => {
  await using laboratory = new Laboratory();
  const { backbone, ledger } = laboratory;
  const submitted = simClusterRun(smallRun, "random-reach", { code: "test", time: new Date(0) });
  const worker = { executors: [simExecutor], backends: [{ name: "wasm", device: "any" }] };
  await using _worker = await laboratory.hire(worker);
  await finished(laboratory, "sim-1", submitted);
  const out = await Deno.makeTempDir({ dir: root });
  const access = { backbone, ledger, signal: new AbortController().signal };
  await exportRun(out, "sim-1", submitted.record, access, watcher);
  const report = JSON.parse(await Deno.readTextFile(join(out, "sim-1", "report.json")));

  using ofLedger = documentsOf(backbone);
  using ofFolder = documentsOf(new MemoryCluster().open(), { out });
  for (const documents of [ofLedger, ofFolder]) {
    const document = await read(runDocument, documents, { kind: "run", run: "sim-1" });
    assert.ok(document.kind === "sim");
    assert.equal(document.state, "finished");
    const { after, engines, transfer } = document.results ?? {};
    assert.deepEqual({ after, engines, transfer }, {
      after: report.after,
      engines: report.engines,
      transfer: report.transfer,
    });
    assert.deepEqual(document.jobs.list[0].metrics, report.after);
    assert.ok(document.metrics.includes("final error (m)"));
    const wished = { kind: "comparison", runs: ["sim-1"], metric: "finalError" } as const;
    const compared = await read(comparisonDocument, documents, wished);
    assert.deepEqual(compared.groups.map(({ values }) => values), [[report.after.finalError]]);
  }
  for (const kind of ["curve data", "job data"] as const) {
    const request = { kind, run: "sim-1" };
    assert.deepEqual(await ofLedger.open(request), await ofFolder.open(request), kind);
  }
});

const date = new Date("2026-01-02T03:04:05Z");

Deno.test("a run that goes on is told as far as it is, and another time when it has got on", async () => {
  const feed = new LaboratoryFeed();
  const jobs = await feed.library("run-1", "dagnn", ["dagnn", "mlp"], 2, date);
  using documents = documentsOf(feed.cluster.open());
  const untouched = await libraryRun(documents, "run-1");
  assert.equal(untouched.state, "queued");
  assert.equal(untouched.results, null);

  const first = await feed.begin(jobs["dagnn-s0"], "desk-1");
  await feed.advance(first, 40);
  await feed.finish(first);
  const second = await feed.begin(jobs["mlp-s0"], "desk-2", 1);
  await feed.advance(second, 40);
  await second.claim.flush();
  await feed.fail(jobs["mlp-s1"], "desk-3", "out of data\nat line 1");

  const request = { kind: "run", run: "run-1" } as const;
  const document = await libraryRun(documents, "run-1");
  assert.equal(document.state, "running");
  assert.equal(document.began, date.toISOString());
  assert.deepEqual([document.jobs.total, document.jobs.finished], [4, 1]);
  assert.deepEqual(
    document.jobs.list.map(({ name, state, step, worker }) => [name, state, step, worker]),
    [
      ["dagnn-s0", "done", 0, "desk-1"],
      ["mlp-s0", "running", 40, "desk-2"],
      ["dagnn-s1", "queued", 0, undefined],
      ["mlp-s1", "failed", 0, undefined],
    ],
  );
  assert.deepEqual(Object.keys(document.results?.variants ?? {}), ["dagnn"]);
  assert.deepEqual(document.results?.failures.map(({ variant, seed }) => [variant, seed]), [[
    "mlp",
    1,
  ]]);
  assert.ok(document.log.lines.some((line) => line.includes("mlp-s1: attempt 1: exception")));
  const curves = await read(curvesDocument, documents, { kind: "curves", run: "run-1" });
  assert.deepEqual(curves.list.map(({ job, x }) => [job, x.at(-1)]), [
    ["dagnn-s0", 40],
    ["mlp-s0", 40],
  ]);

  const { version } = await open(documents, request);
  assert.equal((await open(documents, request)).version, version, "nothing has changed");
  await feed.advance(second, 40);
  assert.notEqual((await open(documents, request)).version, version);
  const { last } = await newest(documents);
  assert.equal(last, null, "a run that goes on is no method's last");
});

Deno.test("what was made of results is not made again, whoever asks for what", async () => {
  const feed = new LaboratoryFeed();
  let claims = 0;
  const counting: Method = {
    ...dagnn,
    claim(outcomes) {
      if (Object.keys(outcomes).length > 0) claims++;
      return dagnn.claim(outcomes);
    },
  };
  const jobs = await feed.library("run-1", "dagnn", ["dagnn"], 1, date);
  await feed.finish(await feed.begin(jobs["dagnn-s0"], "desk-1"));
  using documents = documentsOf(feed.cluster.open(), { methods: [counting] });
  const requests: readonly DocumentRequest[] = [
    { kind: "run", run: "run-1" },
    { kind: "library" },
    { kind: "job data", run: "run-1" },
    { kind: "comparison", runs: ["run-1"] },
  ];
  await Promise.all([...requests, ...requests].map((request) => documents.open(request)));
  assert.equal(claims, 1);
});

Deno.test("a comparison takes differences seed by seed, across runs", async () => {
  const feed = new LaboratoryFeed();
  const values = { a: [[1, 2, 3], [2, 3, 7]], b: [[5, 5, 5]] };
  for (const [run, variants] of Object.entries(values)) {
    const names = ["dagnn", "mlp"].slice(0, variants.length);
    const jobs = await feed.library(run, run === "a" ? "dagnn" : "biper", names, 3, date);
    for (const [variant, name] of names.entries()) {
      for (const [seed, value] of variants[variant].entries()) {
        // What the feed's jobs come to is the number of their variant.
        await feed.finish(await feed.begin(jobs[`${name}-s${seed}`], "desk", value));
      }
    }
  }
  using documents = documentsOf(feed.cluster.open(), {
    methods: [dagnn, { ...dagnn, id: "biper" }],
  });
  const compared = await read(comparisonDocument, documents, {
    kind: "comparison",
    runs: ["a", "b", "unknown"],
    reference: { run: "a", variant: "mlp" },
  });
  assert.deepEqual(compared.runs, ["a", "b"]);
  assert.deepEqual([compared.metric, compared.metrics], ["loss", ["loss"]]);
  assert.deepEqual(compared.reference, { run: "a", variant: "mlp" });
  assert.deepEqual(
    compared.groups.map((
      { run, variant, values, mean, difference },
    ) => [run, variant, values, mean, difference?.value, difference?.pairs]),
    [
      ["a", "dagnn", [1, 2, 3], 2, -2, 3],
      ["a", "mlp", [2, 3, 7], 4, undefined, undefined],
      ["b", "dagnn", [5, 5, 5], 5, 1, 3],
    ],
  );
  const [{ difference }] = compared.groups;
  assert.deepEqual(difference?.interval?.map((end) => end >= -4 && end <= -1), [true, true]);
});

Deno.test("the library says of every method what it claims, and what its form has to ask", async () => {
  using documents = documentsOf(new MemoryCluster().open());
  const { methods } = await read(libraryDocument, documents, { kind: "library" });
  assert.deepEqual(methods.map(({ id }) => id).sort(), library.map(({ id }) => id).sort());
  for (const { id, claim, parameters, variants, profiles, last } of methods) {
    const method = library.find((each) => each.id === id)!;
    assert.ok(claim.statement !== "" && claim.parts.length > 0, id);
    const properties = Object.entries(parameters.properties ?? {});
    const defaults = Object.fromEntries(properties.map(([key, schema]) => [key, schema.default]));
    assert.deepEqual(method.config.parse(defaults), method.config.parse({}), id);
    assert.ok(properties.every(([, { description = "" }]) => description !== ""), id);
    const limits = properties.flatMap(([, { minimum = 0, maximum = 0 }]) => [minimum, maximum]);
    assert.ok(limits.every((limit) => Math.abs(limit) < Number.MAX_SAFE_INTEGER), id);
    for (const profile of Object.values(profiles)) {
      assert.ok(profile.variants.every((variant) => Object.hasOwn(variants, variant)), id);
    }
    assert.equal(last, null);
  }
});

Deno.test("results that a method cannot read are a problem that is told, and no fault of the document", async () => {
  const feed = new LaboratoryFeed();
  const jobs = await feed.library("run-1", "dagnn", ["dagnn"], 1, date);
  await feed.finish(await feed.begin(jobs["dagnn-s0"], "desk-1"));
  const troubles: string[] = [];
  const failing: Method = {
    ...dagnn,
    figures() {
      throw new RangeError("no such series");
    },
  };
  const onTrouble = (message: string) => troubles.push(message);
  using documents = documentsOf(feed.cluster.open(), { methods: [failing], onTrouble });
  const document = await libraryRun(documents, "run-1");
  assert.deepEqual([document.results, document.problem], [null, "no such series"]);
  assert.deepEqual(troubles, ["nothing can be said of the results of run run-1"]);
  const { methods } = await read(libraryDocument, documents, { kind: "library" });
  assert.equal(methods[0].last, null);
});

Deno.test("a checkpoint is the newest that a job has kept", async () => {
  const feed = new LaboratoryFeed();
  const jobs = await feed.library("run-1", "dagnn", ["dagnn"], 1, date);
  const { claim } = await feed.begin(jobs["dagnn-s0"], "desk-1");
  for (const step of [10, 20]) {
    const data = Float32Array.of(step);
    const bytes = encodeSnapshot({ step, tensors: { w: { shape: [1], data } } });
    assert.equal(await claim.keep({ bytes, step }), "kept");
  }
  await claim.flush();
  using documents = documentsOf(feed.cluster.open());
  const request = { kind: "checkpoint", run: "run-1", job: "dagnn-s0" } as const;
  const { form, body } = await open(documents, request);
  assert.deepEqual([form, decodeSnapshot(body).step], ["safetensors", 20]);
  assert.equal(await documents.open({ ...request, job: "dagnn-s1" }), undefined);
  assert.equal(await documents.open({ ...request, job: "../../../etc/passwd" }), undefined);
});

Deno.test("folders that are no runs are passed over, and nothing outside of the runs is looked at", async () => {
  const out = await Deno.makeTempDir({ dir: root });
  const secret = join(out, "..", "secret");
  await Deno.mkdir(secret, { recursive: true });
  await Deno.writeTextFile(join(secret, "config.json"), JSON.stringify(smoke));
  await Deno.mkdir(join(out, "empty"));
  await Deno.mkdir(join(out, "set"));
  await Deno.writeTextFile(join(out, "set", "config.json"), '{"kind":"set"}');
  await Deno.mkdir(join(out, "named.wrongly"));
  await Deno.writeTextFile(join(out, "named.wrongly", "config.json"), JSON.stringify(smoke));
  await Deno.mkdir(join(out, "begun"));
  await Deno.writeTextFile(join(out, "begun", "config.json"), JSON.stringify(smoke));
  using documents = documentsOf(new MemoryCluster().open(), { out });
  const runs = await read(runsDocument, documents, { kind: "runs" });
  assert.deepEqual(runs.list.map(({ run, state }) => [run, state]), [["begun", "unknown"]]);
  for (const run of ["empty", "set", "named.wrongly", "../secret", "nothing"]) {
    assert.equal(await documents.open({ kind: "run", run }), undefined, run);
  }
});

Deno.test("nobody waits for a laboratory that has closed", async () => {
  const documents = documentsOf(new MemoryCluster().open());
  const opening = documents.open({ kind: "runs" });
  documents[Symbol.dispose]();
  const closing = { name: "DocumentUnavailableError", message: "The laboratory is closing." };
  await assert.rejects(opening, closing);
});
