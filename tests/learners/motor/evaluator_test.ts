/** Evaluation: the same held-out trials in every engine, and numbers that mean what they say. */
import assert from "node:assert/strict";
import { scriptedController } from "../../../agents/sim/controllers.ts";
import {
  evaluate,
  type MeanMeasures,
  meanMeasures,
  measureTrials,
} from "../../../learners/motor/evaluation/evaluator.ts";
import { type RunConfig, runConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import type { Controller } from "../../../controllers/controller.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { scalarRollout } from "../../../learners/motor/scalar_rollout.ts";
import { objectives } from "../../../learners/motor/objectives.ts";
import { holdStiffness } from "../../../sim/measures/hold.ts";
import { engineNames } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { smallRun, trainedWeights } from "../../agents/sim/small_run.ts";

const base: RunConfig = { ...smallRun, units: 32, updates: 200, batch: 16, evaluationTrials: 16 };

type Engine = (typeof engineNames)[number];

function measured(
  engine: Engine,
  control: (arms: number) => Controller,
  change: { task?: string; seed?: number; trials?: number } = {},
): MeanMeasures {
  const { task = "random-reach", seed = 1, trials = 16 } = change;
  const parts = runParts({ ...base, task });
  return evaluate({ ...parts, engine, seed, trials }, control);
}

/** A constant command that keeps the first observations it gets. */
class Witness implements Controller {
  readonly name = "witness";
  first: number[] = [];
  asked = 0;

  reset(): void {
    this.first = [];
    this.asked = 0;
  }

  act(observations: Float64Array, actions: Float64Array): void {
    if (this.asked++ === 0) this.first = [...observations];
    actions.fill(0.1);
  }
}

Deno.test("the trials are the same in every engine, every time, and differ by seed and task", () => {
  const seen = (engine: Engine, task = "random-reach", seed = 1) => {
    const witness = new Witness();
    measured(engine, () => witness, { task, seed });
    // Rows of start and target: vision and command, the last four; to the digits of single precision.
    return witness.first.slice(-4 * 16).map((value) => value.toFixed(6)).join();
  };
  const reference = seen("equations");
  assert.equal(seen("cannon"), reference);
  assert.equal(seen("equations"), reference);
  assert.notEqual(seen("equations", "random-reach", 2), reference);
  assert.notEqual(seen("equations", "hold"), reference);
});

Deno.test("a controller is made for all trials at once and asked at every step", () => {
  const witness = new Witness();
  const arms: number[] = [];
  measured("equations", (count) => {
    arms.push(count);
    return witness;
  }, { trials: 5 });
  assert.deepEqual(arms, [5]);
  assert.equal(witness.asked, 50);
});

for (const task of ["random-reach", "hold"]) {
  Deno.test(`measured in the equations, a network has the errors of its training roll-out (${task})`, async () => {
    const config = { ...base, task };
    const parts = runParts(config);
    const network = runNetwork(config, parts);
    const weights = network.initialWeights(1);
    const measures = measured(
      "equations",
      (arms) => networkController(network, weights, arms),
      { task },
    );
    const { equations, arm } = parts;
    const rollout = scalarRollout({ network, equations, losses: objectives.balanced });
    const stream = randomStream(1, `evaluation/trials/${task}`);
    const trials = findTask(task).draw(arm, stream, 16);
    const { terms, finalError } = await rollout.gradient(
      weights,
      trials,
      new Float64Array(weights.length),
    );
    const pairs = [
      [measures.finalError, finalError],
      [measures.meanAbsoluteError, terms.positionL1],
      [measures.effort, terms.effort],
    ];
    for (const [actual, expected] of pairs) {
      assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} ≠ ${expected}`);
    }
  });
}

for (const engine of engineNames) {
  Deno.test(`the minimum-jerk controller reaches, straight and smoothly, in ${engine}`, () => {
    const parts = runParts(base);
    const { finalError, straightness, meanError } = measured(
      engine,
      () => scriptedController(parts),
    );
    assert.ok(finalError < 0.02, `final error ${finalError} m`);
    assert.ok(straightness < 1.5, `straightness ${straightness}`);
    assert.ok(meanError > 0.05, `it takes time to get there: ${meanError} m`);
  });

  Deno.test(`the minimum-jerk controller holds against a load in ${engine}`, () => {
    const parts = runParts(base);
    const control = () => scriptedController(parts);
    const { finalError, maximalDisplacement } = measured(engine, control, { task: "hold" });
    assert.ok(finalError < 0.05, `final error ${finalError} m`);
    assert.ok(maximalDisplacement < 0.2, `displacement ${maximalDisplacement} m`);
  });
}

Deno.test("what has been learnt in the equations holds in cannon: the engines roughly agree", async () => {
  const parts = runParts(base);
  const network = runNetwork(base, parts);
  const weights = await trainedWeights(base);
  const control = (of: Float64Array) => (arms: number) => networkController(network, of, arms);
  const untrained = measured("cannon", control(network.initialWeights(base.seed)));
  const [cannon, equations] = engineNames.map((engine) => measured(engine, control(weights)));
  assert.ok(cannon.finalError < 0.4 * untrained.finalError, `${cannon.finalError} m in cannon`);
  const ratio = cannon.finalError / equations.finalError;
  assert.ok(ratio > 0.75 && ratio < 1.33, `final errors in the ratio ${ratio}`);
  assert.ok(Math.abs(cannon.effort / equations.effort - 1) < 0.1);
  assert.notEqual(cannon.finalError, equations.finalError);
});

Deno.test("the steady stiffness of holding is that of loads against displacements, over trials", () => {
  const parts = runParts({ ...base, task: "hold" });
  const request = { ...parts, engine: "equations", seed: 1, trials: 16 } as const;
  const control = () => scriptedController(parts);
  const trials = measureTrials(request, control, { first: 0, end: 16 });
  const { holdStiffness: stiffness } = meanMeasures(parts.task, trials);
  const [displacements, loads] = [
    trials.map(({ endpoint }) => endpoint),
    trials.map(({ load }) => load),
  ];
  assert.equal(stiffness, holdStiffness(displacements, loads));
  assert.ok(stiffness > 100 && loads.every((load) => Math.hypot(...load) > 0));
  const pulse = measured("equations", control, { task: "hold-pulse" });
  assert.ok(!("holdStiffness" in pulse), "after a pulse nothing is held against");
});

Deno.test("measures that no trial defines are left out, not reported as not-a-number", () => {
  const measures = measured("equations", () => new Witness(), { trials: 2 });
  assert.ok(Object.values(measures).every(Number.isFinite), JSON.stringify(measures));
  assert.ok("overshoot" in measures);
  assert.ok(!("settlingTime" in measures), "an arm that does not reach never settles");
});

Deno.test("the configuration of these tests is one that a run would accept", () => {
  assert.deepEqual(runConfig.parse(base), base);
});
