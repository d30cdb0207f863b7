/** Executors in their threads: a job that is interrupted and goes on elsewhere ends as undisturbed. */
import assert from "node:assert/strict";
import { jobEvents } from "../../../agents/worker/job_lines.ts";
import { libraryExecutor } from "../../../agents/worker/library_executor.ts";
import { simExecutor } from "../../../agents/worker/sim_executor.ts";
import { decodeCheckpoint } from "../../../agents/sim/checkpoint.ts";
import { runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import type { Executor, KeptWork } from "../../../agents/worker/executor.ts";
import { smallRun } from "../sim/small_run.ts";
import { record, type Recording } from "./recorder.ts";

const quadraticLibrary = import.meta.resolve("../library/quadratic_method.ts");

const quadratic = {
  executor: libraryExecutor(quadraticLibrary),
  work: {
    method: "quadratic",
    variant: "momentum",
    seed: 3,
    config: { steps: 4000, samples: 32, unknowns: 8, learningRate: 0.05, targets: "drawn" },
  },
};

const sim = { executor: simExecutor, work: { ...smallRun, updates: 200 } };

/** Do it in two parts, in two threads. */
async function inTwoParts<Work extends Record<string, unknown>>(
  { executor, work }: { readonly executor: Executor<Work>; readonly work: Work },
  backend: string,
  stopAt: number,
): Promise<{ readonly first: Recording; readonly second: Recording }> {
  const first = await record(executor, work, { backend, stopAt });
  const checkpoint: KeptWork = first.kept.at(-1)!;
  return { first, second: await record(executor, work, { backend, checkpoint }) };
}

/** The events of several parts, each once. */
const together = (...parts: readonly Recording[]) => {
  const lines = parts.flatMap(({ events }) => {
    let [last, number] = [-1, 0];
    return events.map(({ step, event }) => {
      number = step === last ? number + 1 : 0;
      last = step;
      return { step, number, event };
    });
  });
  return jobEvents(lines);
};

Deno.test("a job of the library that goes on in another thread ends as undisturbed", async () => {
  const whole = await record(quadratic.executor, quadratic.work, { backend: "cpu" });
  const { first, second } = await inTwoParts(quadratic, "cpu", 60);
  assert.equal(first.end.kind, "stopped");
  assert.ok(first.kept.at(-1)!.step < 4000, "it was stopped on the way");
  assert.equal(second.result, whole.result);
  assert.deepEqual(together(first, second), together(whole));
});

Deno.test("a sim run that goes on in another thread ends as undisturbed", async () => {
  const whole = await record(sim.executor, sim.work, { backend: "wasm" });
  const { first, second } = await inTwoParts(sim, "wasm", 60);
  assert.equal(first.end.kind, "stopped");
  assert.ok(first.kept.at(-1)!.step < 200, "it was stopped on the way");
  assert.equal(second.result, whole.result);
  assert.deepEqual(together(first, second), together(whole));
});

Deno.test("a sim run's evaluations on the way survive in its checkpoint", async () => {
  const { first, second } = await inTwoParts(sim, "wasm", 60);
  const before = first.events.filter(({ event }) => event.type === "evaluation");
  assert.ok(before.length > 0, "it was evaluated before it was stopped");
  const { evaluations } = JSON.parse(second.result!);
  assert.deepEqual(evaluations.slice(0, before.length), before.map(({ event }) => event));
});

Deno.test("what a sim run keeps is a checkpoint with the final weights", async () => {
  const { kept } = await record(sim.executor, sim.work, { backend: "wasm" });
  const { layout } = runNetwork(sim.work, runParts(sim.work));
  assert.equal(decodeCheckpoint(kept.at(-1)!.bytes, layout).adam.updates, 200);
});

Deno.test("an abandoned job ends at once, with the reason", async () => {
  await assert.rejects(
    record(quadratic.executor, quadratic.work, { backend: "cpu", abandonAt: 5 }),
    /^Error: abandoned$/,
  );
});

Deno.test("a variant that fails says what went wrong", async () => {
  const work = { ...quadratic.work, variant: "overstepping" };
  await assert.rejects(record(quadratic.executor, work, { backend: "cpu" }), /diverged/);
});
