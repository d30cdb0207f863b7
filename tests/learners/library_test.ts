/** What holds for every method of the library; their own tests are beside this one, by family. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { JobOwner } from "../../agents/library/method_job.ts";
import {
  type JobProgress,
  type JobResult,
  type Method,
  type Outcomes,
  profileNames,
  type Snapshot,
} from "../../learners/method.ts";
import { DataError } from "../../learners/data/data_error.ts";
import { readyBackend } from "../../learners/nn/backend.ts";

// Before the modules that compute are imported.
await readyBackend("wasm");
const tf = await import("@tensorflow/tfjs");
const { isJudged } = await import("../../learners/outcomes.ts");
const { findMethod, library, methodsByFamily } = await import("../../learners/library.ts");
const { runMethodJob } = await import("../../agents/library/method_job.ts");
const { decodeSnapshot } = await import("../../agents/library/snapshot.ts");
const { figureSvg } = await import("../../agents/figures/svg.ts");

/** How a smoke job is done. */
interface SmokeSettings {
  readonly restored?: Snapshot;
  /** Stop it after so many events. */
  readonly stopAfter?: number;
}

type SmokeJob = Awaited<ReturnType<typeof smokeJob>>;

/** Do a smoke job. */
async function smokeJob(method: Method, variant: string, settings: SmokeSettings = {}) {
  const { restored, stopAfter } = settings;
  const stop = new AbortController();
  const steps: number[] = [];
  const curve: JobProgress["metrics"][] = [];
  const tensorsBefore = tf.memory().numTensors;
  let snapshot: Snapshot | undefined;
  const owner: JobOwner = {
    progress({ step, metrics }) {
      steps.push(step);
      curve.push(metrics);
      if (steps.length === stopAfter) stop.abort();
    },
    file: (name) =>
      Promise.reject(new DataError(name, undefined, "no data folder", "generated data")),
    checkpoint: ({ bytes }) => Promise.resolve(void (snapshot = decodeSnapshot(bytes))),
  };
  const config = method.config.parse(method.profiles.smoke.config);
  const description = { method: method.id, variant, seed: 1, config, backend: "wasm" };
  const how = { restored, checkpointSeconds: 0, signal: stop.signal };
  const end = await runMethodJob(method, description, owner, how);
  const tensorsLeft = tf.memory().numTensors - tensorsBefore;
  return { end, steps, curve, snapshot, tensorsLeft };
}

/** The smoke jobs of all variants, by their names. */
async function smokeJobs(method: Method): Promise<ReadonlyMap<string, SmokeJob>> {
  const jobs = new Map<string, SmokeJob>();
  for (const variant of Object.keys(method.variants)) {
    jobs.set(variant, await smokeJob(method, variant));
  }
  return jobs;
}

/** The result of a job that came to its end. */
function resultOf({ end }: SmokeJob): JobResult {
  assert.ok(end.kind === "finished");
  return end.result;
}

Deno.test("a method is found by its id, and a wrong one is answered with those there are", () => {
  for (const method of library) assert.equal(findMethod(method.id), method);
  assert.throws(
    () => findMethod("no-such-method"),
    (error) => error instanceof RangeError && library.every(({ id }) => error.message.includes(id)),
  );
  const members = [...methodsByFamily().values()].flat();
  assert.deepEqual(new Set(members), new Set(library));
});

Deno.test("no family is called like a method, and none of either all: a name means one thing", () => {
  const names = [...library.map(({ id }) => id), ...methodsByFamily().keys()];
  assert.equal(new Set(names).size, names.length, `${names}`);
  assert.ok(!names.includes("all"));
});

Deno.test("ids and cards are unique, well-formed and complete", () => {
  for (const key of ["id", "card"] as const) {
    const all = library.map((method) => method[key]);
    assert.equal(new Set(all).size, all.length, `${key}: ${all}`);
  }
  for (const { id, card, family, summary, paper } of library) {
    assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.match(card, /^\d\d$/);
    // It names the folder of a set of runs.
    assert.match(family, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const text of [summary, paper.title, paper.authors]) assert.ok(text.trim(), id);
    assert.ok(!summary.includes("\n"), `${id}: the summary is one line`);
    assert.ok(Number.isInteger(paper.year) && paper.year > 1900, id);
  }
});

for (const method of library) {
  Deno.test(`${method.id}: every key of the configuration has a meaning and a default`, () => {
    const { properties = {} } = z.toJSONSchema(method.config, {
      io: "input",
      unrepresentable: "any",
    });
    for (const [key, schema] of Object.entries(properties)) {
      assert.ok(typeof schema === "object" && schema.description?.trim(), `${key} has a meaning`);
      assert.ok("default" in schema, `${key} has a default`);
    }
  });

  Deno.test(`${method.id}: profiles have seeds, known variants, and a configuration that fits`, () => {
    for (const [name, text] of Object.entries(method.variants)) {
      // It names a folder.
      assert.match(name, /^[a-z0-9][a-z0-9._-]{0,80}$/);
      assert.ok(text.trim(), `${name} is described`);
    }
    for (const profile of profileNames) {
      const { config, seeds, variants } = method.profiles[profile];
      assert.ok(Number.isInteger(seeds) && seeds >= 1, `${profile} has seeds`);
      assert.ok(variants.length > 0 && new Set(variants).size === variants.length, profile);
      for (const name of variants) assert.ok(Object.hasOwn(method.variants, name), name);
      for (const key of Object.keys(config)) {
        assert.ok(Object.hasOwn(method.config.shape, key), key);
      }
      method.config.parse(config);
    }
  });

  // Also those that only larger profiles have: whether they run should not be learnt after hours.
  const jobs = (() => {
    let done: Promise<ReadonlyMap<string, SmokeJob>> | undefined;
    return () => done ??= smokeJobs(method);
  })();

  Deno.test(`${method.id}: every variant runs at the smoke profile and has a result`, async () => {
    for (const [variant, job] of await jobs()) {
      const result = resultOf(job);
      assert.equal(job.tensorsLeft, 0, `${variant} leaves no tensors`);
      assert.ok(job.steps.length > 0, `${variant} tells how it goes`);
      assert.ok(Object.keys(result.metrics).length > 0, `${variant} has metrics`);
      assert.deepEqual(JSON.parse(JSON.stringify(result)), result, `${variant}'s result is JSON`);
    }
  });

  Deno.test(`${method.id}: no two variants are one and the same`, async () => {
    const known = new Map<string, string>();
    for (const [variant, job] of await jobs()) {
      const text = JSON.stringify([job.curve, resultOf(job)]);
      assert.equal(known.get(text), undefined, `${variant} does what another does`);
      known.set(text, variant);
    }
  });

  Deno.test(`${method.id}: claim and figures are made of the results of all, and of few, variants`, async () => {
    const outcomes: Outcomes = Object.fromEntries(
      [...await jobs()].map(([variant, job]) => [variant, [{ seed: 1, result: resultOf(job) }]]),
    );
    const kept = structuredClone(outcomes);
    const part = (names: readonly string[]): Outcomes =>
      Object.fromEntries(names.map((name) => [name, outcomes[name]]));
    // A user may run some of the variants only, and a job may fail.
    const singles = Object.keys(outcomes).map((name) => part([name]));
    for (const subset of [outcomes, part(method.profiles.smoke.variants), ...singles]) {
      const { statement, parts, margin } = method.claim(subset);
      assert.ok(statement.trim() && typeof margin === "number");
      for (const part of parts) assert.ok(part.statement.trim());
      for (const figure of method.figures(subset)) {
        assert.ok(figure.title.trim() && figure.caption.trim(), "figures say what they show");
      }
    }
    for (const figure of method.figures(outcomes)) assert.match(await figureSvg(figure), /^<svg/);
    assert.deepEqual(outcomes, kept, "claim and figures leave the results alone");
  });

  Deno.test(`${method.id}: nothing is judged of a claim when nothing has been run`, () => {
    const claim = method.claim({});
    assert.equal(isJudged(claim), false);
    assert.equal(claim.holds, false);
  });

  Deno.test(`${method.id}: a job that is stopped half-way goes on to the same end, bit for bit`, async () => {
    const [variant] = method.profiles.smoke.variants;
    const whole = await smokeJob(method, variant);
    const stopped = await smokeJob(method, variant, { stopAfter: whole.steps.length >> 1 });
    assert.equal(stopped.end.kind, "stopped");
    const { snapshot } = stopped;
    assert.ok(snapshot, "a job that is stopped has offered a snapshot");
    const resumed = await smokeJob(method, variant, { restored: snapshot });
    assert.deepEqual(resultOf(resumed), resultOf(whole));
    assert.deepEqual(resumed.steps, whole.steps.filter((step) => step > snapshot.step));
  });
}
