/** Environments: Gymnasium's semantics, single and vector form, delayed and noisy senses. */
import assert from "node:assert/strict";
import type { ActuatorName } from "../../sim/actuators/actuator.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { Env, VectorEnv } from "../../sim/env.ts";
import { trainingEquations } from "../../sim/physics/catalogue.ts";
import { equationsPlant } from "../../sim/physics/equations_plant.ts";
import { randomStream } from "../../sim/random.ts";
import { humanSensing, perfectSensing, type Sensing } from "../../sim/sensors/sensing.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import { pickTrial } from "../../sim/tasks/trial.ts";
import { handPosition } from "./reference.ts";

/** Room for a few roundings, in the plant's single precision, of numbers of about 1. */
const rounded = 4 * 2 ** -24;

interface Variation {
  readonly arm?: string;
  readonly actuator?: ActuatorName;
  readonly task?: string;
  readonly sensing?: Partial<Sensing>;
}

function createPlant({ arm: name = "arm26", actuator = "hill-muscle" }: Variation, arms: number) {
  const arm = findArm(name);
  const parts = { arm, actuator: findActuator(actuator, arm), timeStep: 0.01 };
  return equationsPlant(trainingEquations(parts), arms);
}

function vectorEnv(variation: Variation = {}, arms = 3): VectorEnv {
  const { task = "random-reach", sensing } = variation;
  const senses = { ...perfectSensing, ...sensing };
  return new VectorEnv(createPlant(variation, arms), findTask(task), senses);
}

const singleEnv = (variation: Variation = {}) =>
  new Env(createPlant(variation, 1), findTask(variation.task ?? "random-reach"), {
    ...perfectSensing,
    ...variation.sensing,
  });

/** Commands that change from step to step, [actuator][arm]. */
function actionsFor(env: VectorEnv, steps: number, name = "actions"): Float64Array[] {
  const stream = randomStream(1, `env/${name}`);
  const { low, high } = env.actionSpace;
  return Array.from({ length: steps }, () =>
    Float64Array.from(
      { length: low.length * env.arms },
      () => stream.uniform(low[0], low[0] + 0.3 * (high[0] - low[0])),
    ));
}

/** The observations of a trial under `actions`: after the reset and after each step. */
function observations(env: VectorEnv, actions: readonly Float64Array[], seed = 5): number[][] {
  const { observation } = env.reset({ seed });
  return [[...observation], ...actions.map((action) => [...env.step(action).observation])];
}

const column = (rows: ArrayLike<number>, arm: number, arms: number) =>
  Array.from(rows).filter((_, i) => i % arms === arm);

const still = (env: VectorEnv) => new Float64Array(env.actionSpace.low.length * env.arms);

// Gymnasium ----------------------------------------------------------------------------------------

Deno.test("a seeded reset starts the same trials and noise, whatever was done before", () => {
  const sensing = humanSensing;
  const [used, fresh] = [vectorEnv({ sensing }), vectorEnv({ sensing })];
  const actions = actionsFor(used, 20);
  observations(used, actions, 1);
  used.reset();
  used.step(still(used));
  assert.deepEqual(observations(used, actions), observations(fresh, actions));
  assert.notDeepEqual(observations(fresh, actions, 6), observations(used, actions, 5));
});

Deno.test("resets without a seed go on with new trials, the same after the same seed", () => {
  const sensing = humanSensing;
  const episodes = (env: VectorEnv) => [
    [...env.reset({ seed: 5 }).observation],
    ...[1, 2, 3].map(() => [...env.reset().observation]),
  ];
  const env = vectorEnv({ sensing });
  const first = episodes(env);
  assert.equal(new Set(first.map(String)).size, 4, "trials come twice");
  assert.deepEqual(episodes(env), first);
  assert.deepEqual(episodes(vectorEnv({ sensing })), first);
});

Deno.test("arms of a vector have trials of their own", () => {
  const env = vectorEnv({}, 4);
  const { observation } = env.reset({ seed: 2 });
  const seen = [0, 1, 2, 3].map((arm) => String(column(observation, arm, 4)));
  assert.equal(new Set(seen).size, 4);
});

Deno.test("trials that are given are done instead of drawn ones", () => {
  const task = findTask("hold");
  const env = vectorEnv({ task: "random-reach" });
  const trials = task.draw(env.plant.arm, randomStream(9, "given"), env.arms);
  const { observation, info } = env.reset({ seed: 5, trials });
  assert.equal(info.trials, trials);
  assert.deepEqual([...env.plant.readings.angles], [...trials.startAngles].map(Math.fround));
  const { target } = env.layout;
  assert.deepEqual([...observation.subarray(target * env.arms)], [...trials.goal]);
  assert.notEqual(env.reset({ seed: 5 }).info.trials, trials);
});

for (const [task, steps] of [["random-reach", 50], ["centre-out", 100]] as const) {
  Deno.test(`${task}: is truncated exactly after ${steps} steps, never terminated`, () => {
    const env = vectorEnv({ task });
    const { info } = env.reset({ seed: 1 });
    assert.equal(info.step, 0);
    for (let step = 1; step <= steps; step++) {
      const result = env.step(still(env));
      assert.equal(result.info.step, step);
      assert.deepEqual([...result.truncated], new Array(3).fill(step === steps ? 1 : 0), `${step}`);
      assert.deepEqual([...result.terminated], [0, 0, 0]);
    }
    assert.throws(() => env.step(still(env)), {
      message: new RegExp(`ended after ${steps} steps.*reset`),
    });
    env.reset();
    assert.deepEqual([...env.step(still(env)).truncated], [0, 0, 0], "after the next reset");
  });
}

Deno.test("before the first reset there is nothing to step and nothing to read", () => {
  const env = vectorEnv();
  assert.throws(() => env.step(still(env)), /before the first reset/);
  assert.throws(() => env.inputs, /not been reset/);
});

Deno.test("the reward is minus the distance of the hand from the target shown in the step", () => {
  const env = vectorEnv({ task: "delayed-reach" });
  env.reset({ seed: 3 });
  let changed = 0;
  for (const action of actionsFor(env, 100)) {
    const target = env.inputs.target.slice();
    const { reward, info } = env.step(action);
    for (let arm = 0; arm < env.arms; arm++) {
      const [x, y] = handPosition(env.plant.arm, column(env.plant.readings.angles, arm, env.arms));
      const distance = Math.hypot(x - target[arm], y - target[env.arms + arm]);
      assert.ok(Math.abs(reward[arm] + distance) < rounded, `${reward[arm]} at ${distance} m`);
      if (info.inputs.target[arm] !== target[arm]) changed++;
    }
  }
  assert.equal(changed, env.arms, "each target must change once, at its go cue");
});

Deno.test("the spaces are as large as observations and actions, with the actuators' ranges", () => {
  const sizes:
    readonly (readonly [Variation, observation: number, actions: number, low: number])[] = [
      [{}, 16, 6, 0.001],
      [{ actuator: "relu-muscle" }, 16, 6, 0],
      [{ actuator: "torque-motor" }, 10, 2, -1],
      [{ arm: "human3", actuator: "torque-motor" }, 13, 3, -1],
    ];
  for (const [variation, observation, actions, low] of sizes) {
    for (const env of [vectorEnv(variation, 1), singleEnv(variation)]) {
      const { observationSpace, actionSpace } = env;
      assert.deepEqual(observationSpace.low, new Array(observation).fill(-Infinity));
      assert.deepEqual(observationSpace.high, new Array(observation).fill(Infinity));
      assert.deepEqual(actionSpace.low, new Array(actions).fill(low));
      assert.deepEqual(actionSpace.high, new Array(actions).fill(1));
      assert.equal(env.reset({ seed: 1 }).observation.length, observation);
    }
  }
});

Deno.test("actions beyond their space act as its ends", () => {
  const [beyond, ends] = [vectorEnv(), vectorEnv()];
  const actions = (env: VectorEnv, low: number, high: number) =>
    Array.from({ length: 20 }, (_, step) => still(env).fill(step % 3 === 0 ? high : low));
  assert.deepEqual(
    observations(beyond, actions(beyond, -4, 7)),
    observations(ends, actions(ends, 0.001, 1)),
  );
});

Deno.test("actions of a wrong length are refused, and the arms stay", () => {
  const env = vectorEnv();
  env.reset({ seed: 1 });
  const before = [...env.plant.readings.activation];
  for (const length of [0, 17, 19]) {
    assert.throws(() => env.step(new Float64Array(length).fill(1)), {
      name: "RangeError",
      message: new RegExp(`\\b${length}\\b.*\\b18\\b`),
    }, `an action of ${length} numbers`);
  }
  assert.deepEqual([...env.plant.readings.activation], before);
});

Deno.test("an action array may be reused: the environment leaves it alone", () => {
  const env = vectorEnv({ sensing: { commandNoise: 0.1 } });
  env.reset({ seed: 1 });
  const action = still(env).fill(0.5);
  env.step(action);
  assert.deepEqual([...action], new Array(18).fill(0.5));
});

Deno.test("trials that do not fit are refused by their number", () => {
  const env = vectorEnv();
  const two = findTask("hold").draw(env.plant.arm, randomStream(1, "two"), 2);
  assert.throws(() => env.reset({ trials: two }), {
    name: "RangeError",
    message: /^2 trials.*3 arms/,
  });
  const three = findTask("hold").draw(env.plant.arm, randomStream(1, "three"), 3);
  assert.throws(() => env.reset({ trials: { ...three, timeStep: 0.02 } }), {
    name: "RangeError",
    message: /steps of 0\.02 s.*steps of 0\.01 s/,
  });
});

Deno.test("a reset that is refused leaves the environment as it was", () => {
  const [refused, undisturbed] = [vectorEnv(), vectorEnv()];
  for (const env of [refused, undisturbed]) env.reset({ seed: 4 });
  const hold = findTask("hold");
  const two = hold.draw(refused.plant.arm, randomStream(1, "two"), 2);
  const ofAnotherArm = hold.draw(findArm("human3"), randomStream(1, "other"), 3);
  assert.throws(() => refused.reset({ seed: -1 }), { name: "RangeError", message: /-1/ });
  assert.throws(() => refused.reset({ seed: 9, trials: two }), RangeError);
  assert.throws(() => refused.reset({ seed: 9, trials: ofAnotherArm }), RangeError);
  const [next, expected] = [refused, undisturbed].map((env) => [
    [...env.step(still(env)).observation],
    [...env.reset().observation],
  ]);
  assert.deepEqual(next, expected);
});

// Single form --------------------------------------------------------------------------------------

for (const task of ["hold-pulse", "curl-field"]) {
  Deno.test(`${task}: single environments do what the vector's arms do`, () => {
    const vector = vectorEnv({ task });
    const actions = actionsFor(vector, 100);
    const { arms } = vector;
    const trials = vector.task.draw(vector.plant.arm, randomStream(2, "single"), arms);
    const singles = Array.from({ length: arms }, () => singleEnv({ task }));
    const start = vector.reset({ trials }).observation;
    singles.forEach((single, arm) => {
      const { observation } = single.reset({ trials: pickTrial(trials, arm) });
      assert.deepEqual([...observation], column(start, arm, arms));
    });
    for (const action of actions) {
      const together = vector.step(action);
      singles.forEach((single, arm) => {
        const alone = single.step(Float64Array.from(column(action, arm, arms)));
        assert.deepEqual([...alone.observation], column(together.observation, arm, arms));
        assert.equal(alone.reward, together.reward[arm]);
        assert.equal(alone.terminated, together.terminated[arm] === 1);
        assert.equal(alone.truncated, together.truncated[arm] === 1);
        assert.equal(alone.info.step, together.info.step);
      });
    }
  });
}

Deno.test("a single environment draws what a vector of one arm draws", () => {
  const [single, vector] = [singleEnv(), vectorEnv({}, 1)];
  for (const seed of [7, undefined, undefined]) {
    const options = seed === undefined ? {} : { seed };
    assert.deepEqual(single.reset(options).observation, vector.reset(options).observation);
  }
});

Deno.test("a single environment on a plant of several arms is refused", () => {
  assert.throws(() => new Env(createPlant({}, 2), findTask("hold")), {
    name: "RangeError",
    message: /1 arm, not 2/,
  });
});

// Senses -------------------------------------------------------------------------------------------

/** The rows of one sense in observations [time][row, arm]. */
const sense = (env: VectorEnv, seen: readonly number[][], which: "proprioception" | "vision") => {
  const { hand, target } = env.layout;
  const [from, until] = which === "vision" ? [hand, target] : [0, hand];
  return seen.map((row) => row.slice(from * env.arms, until * env.arms));
};

Deno.test("without delay, vision shows the hand now and proprioception the posture before", () => {
  const env = vectorEnv({ actuator: "torque-motor" }, 1);
  const postures: number[][] = [];
  const { observation } = env.reset({ seed: 2 });
  const seen = [[...observation]];
  postures.push([...env.plant.readings.angles]);
  for (const action of actionsFor(env, 10)) {
    seen.push([...env.step(action).observation]);
    postures.push([...env.plant.readings.angles]);
  }
  sense(env, seen, "vision").forEach((hand, time) => {
    const expected = handPosition(env.plant.arm, postures[time]);
    hand.forEach((value, axis) => assert.ok(Math.abs(value - expected[axis]) < rounded));
  });
  sense(env, seen, "proprioception").forEach(([cosine, , sine], time) => {
    const [shoulder] = postures[Math.max(0, time - 1)];
    assert.ok(Math.abs(cosine - Math.cos(shoulder)) < rounded, `cosine at ${time}`);
    assert.ok(Math.abs(sine - Math.sin(shoulder)) < rounded, `sine at ${time}`);
  });
});

for (const which of ["proprioception", "vision"] as const) {
  Deno.test(`a ${which} delay of d steps comes d − 1 steps later, the first value before`, () => {
    const other = which === "vision" ? "proprioception" : "vision";
    const reference = vectorEnv();
    const actions = actionsFor(reference, 20);
    const prompt = observations(reference, actions);
    for (const steps of [0, 1, 2, 3, 7, 25]) {
      const env = vectorEnv({ sensing: { [`${which}Delay`]: 0.01 * steps } });
      const late = observations(env, actions);
      const shift = Math.max(0, steps - 1);
      const expected = prompt.map((_, time) => prompt[Math.max(0, time - shift)]);
      assert.deepEqual(sense(env, late, which), sense(env, expected, which), `${steps} steps`);
      assert.deepEqual(sense(env, late, other), sense(env, prompt, other), "the other sense");
    }
  });
}

Deno.test("a new trial does not show what the delays still held from the last one", () => {
  const env = vectorEnv({ sensing: { proprioceptionDelay: 0.05, visionDelay: 0.07 } });
  const actions = actionsFor(env, 3);
  const first = observations(env, actions);
  for (const action of actionsFor(env, 20, "between")) env.step(action);
  assert.deepEqual(observations(env, actions), first);
});

const deviation = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

function assertDeviation(values: readonly number[], expected: number, what: string) {
  // Four standard errors of a deviation, 1/√(2n) each, and of a mean.
  const error = 4 / Math.sqrt(values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean) < expected * error, `mean of ${what}: ${mean}`);
  const ratio = deviation(values) / expected;
  assert.ok(
    Math.abs(ratio - 1) < error / Math.SQRT2,
    `deviation of ${what}: ${ratio} of ${expected}`,
  );
}

Deno.test("noise has the stated deviation in each sense, from the first observation on", () => {
  const sensing = { proprioceptionNoise: 0.02, visionNoise: 0.005 };
  const [noisy, exact] = [vectorEnv({ sensing }, 30), vectorEnv({}, 30)];
  const actions = actionsFor(noisy, 30);
  const [seen, truth] = [noisy, exact].map((env) => observations(env, actions));
  for (const which of ["proprioception", "vision"] as const) {
    const errors = sense(noisy, seen, which).map((values, time) =>
      values.map((value, i) => value - sense(exact, truth, which)[time][i])
    );
    assertDeviation(errors.flat(), sensing[`${which}Noise`], which);
    assert.ok(errors[0].every((error) => error !== 0), "noiseless at first");
    const flat = errors.map(String);
    assert.equal(new Set(flat).size, flat.length, "the same noise twice");
  }
});

Deno.test("noise does not push the arm: with the same actions it goes the same way", () => {
  const [noisy, exact] = [vectorEnv({ sensing: { visionNoise: 0.1 } }), vectorEnv()];
  const actions = actionsFor(noisy, 20);
  for (const env of [noisy, exact]) observations(env, actions);
  assert.deepEqual(noisy.plant.readings.angles, exact.plant.readings.angles);
});

Deno.test("command noise of the stated deviation is added to what the actuators get", () => {
  const env = vectorEnv({ actuator: "torque-motor", sensing: { commandNoise: 0.03 } }, 40);
  env.reset({ seed: 6 });
  const action = still(env).fill(0.2);
  const errors: number[] = [];
  for (let step = 0; step < 30; step++) {
    env.step(action);
    errors.push(...env.plant.readings.activation.map((activation) => activation - 0.2));
  }
  assertDeviation(errors, 0.03, "commands");
});

Deno.test("noise is reproducible by its seed, and new in every trial", () => {
  const sensing = { ...humanSensing, commandNoise: 0.01 };
  const [one, two] = [vectorEnv({ sensing }), vectorEnv({ sensing })];
  const actions = actionsFor(one, 20);
  assert.deepEqual(observations(one, actions), observations(two, actions));
  const trials = one.task.draw(one.plant.arm, randomStream(8, "same"), one.arms);
  const firsts = [0, 1].map(() => [...one.reset({ trials }).observation]);
  assert.notDeepEqual(firsts[0], firsts[1]);
});

Deno.test("the target is shown without delay and without noise", () => {
  const loud = {
    visionDelay: 0.1,
    proprioceptionDelay: 0.1,
    visionNoise: 1,
    proprioceptionNoise: 1,
  };
  const env = vectorEnv({ task: "centre-out", sensing: loud });
  env.reset({ seed: 3 });
  const targetRows = env.layout.target * env.arms;
  for (let step = 0; step < 100; step++) {
    const { observation, info } = env.step(still(env));
    const { trials } = info;
    for (let arm = 0; arm < env.arms; arm++) {
      // The observation after the last step shows the target of that step.
      const shown = Math.min(info.step, 99) >= trials.goStep[arm] ? trials.goal : trials.start;
      assert.deepEqual(
        column(observation.subarray(targetRows), arm, env.arms),
        column(shown, arm, env.arms),
      );
    }
  }
});

Deno.test("sensing that is no time or no deviation is refused by name and value", () => {
  for (const name of Object.keys(perfectSensing)) {
    for (const value of [-0.001, NaN, Infinity]) {
      assert.throws(() => vectorEnv({ sensing: { [name]: value } }), {
        name: "RangeError",
        message: new RegExp(`sensing\\.${name} ${value}\\b`),
      });
    }
  }
});

Deno.test("hold: the load is felt only by what it does to the arm", () => {
  const [loaded, free] = [vectorEnv({ task: "hold" }), vectorEnv({ task: "hold" })];
  const trials = loaded.task.draw(loaded.plant.arm, randomStream(3, "loads"), loaded.arms);
  const { load: _, ...unloaded } = trials;
  const [first, second] = [[loaded, trials], [free, unloaded]] as const;
  const seen = [first, second].map(([env, batch]) => {
    const { observation } = env.reset({ seed: 1, trials: batch });
    const all = [[...observation]];
    for (let step = 0; step < 3; step++) all.push([...env.step(still(env).fill(0.1)).observation]);
    return all;
  });
  // A force changes the velocity in the first step and the hand's position in the second; muscles
  // are sensed one step later still.
  assert.deepEqual(seen[0].slice(0, 2), seen[1].slice(0, 2));
  for (let arm = 0; arm < loaded.arms; arm++) {
    const [felt, expected] = seen.map((all) => column(all[3], arm, loaded.arms));
    assert.ok(felt.some((value, row) => value !== expected[row]), `arm ${arm} does not move`);
    assert.deepEqual(felt.slice(-2), expected.slice(-2), "the target tells the load");
  }
});
