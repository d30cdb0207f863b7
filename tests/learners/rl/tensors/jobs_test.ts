/** Which form of updates a job takes, and whole jobs whose updates are the tensor engine's. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { JobContext, JobProgress, JobResult, Snapshot } from "../../../../learners/method.ts";
import { readyBackend } from "../../../../learners/nn/backend.ts";
import { CompiledPpoUpdate } from "../../../../learners/rl/ppo_update.ts";
import { ppoSchema, startPpo } from "../../../../learners/rl/ppo_method.ts";
import { names } from "../../../../learners/rl/report.ts";
import { sac } from "../../../../learners/rl/sac_method.ts";
import { td3 } from "../../../../learners/rl/td3_method.ts";
import { ppoUpdateOf, updateFormOf } from "../../../../learners/rl/update_forms.ts";
import { randomStream } from "../../../../sim/random.ts";

Deno.test("tensors update large networks where there is a GPU, compiled networks everything else", () => {
  const form = (backend: string, units: number) =>
    updateFormOf({ updates: "automatic", units }, { backend });
  for (const backend of ["webgpu", "tensorflow-gpu"]) {
    assert.equal(form(backend, 64), "compiled");
    assert.equal(form(backend, 1024), "tensors");
  }
  for (const backend of ["wasm", "cpu", "tensorflow"]) {
    assert.equal(form(backend, 1024), "compiled");
  }
});

Deno.test("a form that is asked for is taken, whatever the backend and the networks are", () => {
  for (const updates of ["compiled", "tensors"] as const) {
    for (const backend of ["webgpu", "wasm"]) {
      assert.equal(updateFormOf({ updates, units: 1024 }, { backend }), updates);
      assert.equal(updateFormOf({ updates, units: 8 }, { backend }), updates);
    }
  }
});

const job = {
  steps: 120,
  reportSteps: 40,
  copies: 2,
  learningStarts: 40,
  updatesPerStep: 0.2,
  units: 8,
  batchSize: 16,
  evaluationEpisodes: 2,
  evaluations: 2,
};

/** A job's world on the WASM backend, which keeps all snapshots. */
function contextOf(restored?: Snapshot): JobContext & { readonly kept: readonly Snapshot[] } {
  const kept: Snapshot[] = [];
  return {
    kept,
    backend: "wasm",
    stream: (name) => randomStream(1, name),
    file: () => Promise.reject(new Error("no file is needed")),
    signal: new AbortController().signal,
    restore: () => restored,
    checkpoint(snapshot) {
      kept.push(structuredClone(snapshot));
      return Promise.resolve();
    },
  };
}

async function resultOf(run: AsyncGenerator<JobProgress, JobResult>): Promise<JobResult> {
  for (;;) {
    const { done, value } = await run.next();
    if (done) return value;
  }
}

for (const method of [sac, td3]) {
  for (const variant of ["plain", "bilateral"]) {
    Deno.test(`a job of ${method.id}, ${variant}, whose updates are tensors, ends as an interrupted one does`, async () => {
      await readyBackend("wasm");
      const before = tf.memory().numTensors;
      const run = (updates: string, context: JobContext) =>
        resultOf(
          method.train(
            { variant, seed: 1, config: method.config.parse({ ...job, updates }) },
            context,
          ),
        );
      const context = contextOf();
      const whole = await run("tensors", context);
      assert.ok(context.kept.length > 2, "snapshots have been kept on the way");
      const resumed = await run("tensors", contextOf(context.kept[1]));
      assert.deepEqual(resumed, whole);

      const compiled = await run("compiled", contextOf());
      const [found, expected] = [whole, compiled].map(({ metrics }) => metrics[names.return]);
      assert.ok(Math.abs(found - expected) < 0.01 * Math.abs(expected), `${found}, ${expected}`);
      assert.equal(tf.memory().numTensors, before, "tensors are left behind");
    });
  }
}

Deno.test("a training of ppo whose updates are tensors goes the way of a compiled one", async () => {
  const config = ppoSchema.parse({ copies: 4, rolloutLength: 32, miniBatches: 4, units: 8 });
  const context = { backend: "wasm" };
  const Tensors = await ppoUpdateOf("tensors", context);
  assert.equal(await ppoUpdateOf("compiled", context), CompiledPpoUpdate);
  using held = new DisposableStack();
  const compiled = startPpo("bilateral", config, 1);
  const tensors = startPpo("bilateral", config, 1, {
    update(learner, seed) {
      const update = new Tensors(learner, seed);
      held.defer(() => update[Symbol.dispose]?.());
      return update;
    },
  });
  const start = compiled.parameters.slice();
  for (let iteration = 0; iteration < 3; iteration++) {
    const [expected, found] = [await compiled.iterate(), await tensors.iterate()];
    assert.ok(Math.abs(found.valueLoss - expected.valueLoss) < 1e-3 * expected.valueLoss);
    assert.ok(Math.abs(found.policyLoss - expected.policyLoss) < 1e-3);
  }
  const distance = (from: Float64Array) =>
    Math.hypot(...compiled.parameters.map((value, i) => value - from[i]));
  assert.ok(distance(tensors.parameters) < 0.01 * distance(start), "they end near each other");
});
