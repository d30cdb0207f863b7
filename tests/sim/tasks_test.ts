/** Motor tasks: every row of their specification, the forces and cues of each step, training phases. */
import assert from "node:assert/strict";
import type { Arm } from "../../sim/arms/arm.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { inverseKinematics, middlePosture } from "../../sim/arms/kinematics.ts";
import { handForces } from "../../sim/physics/hand_field.ts";
import { randomStream } from "../../sim/random.ts";
import { findTask, forceChannel, tasks } from "../../sim/tasks/catalogue.ts";
import { withChannel, withCurlField } from "../../sim/tasks/force_fields.ts";
import { phaseAt, phaseEnds } from "../../sim/tasks/task.ts";
import {
  inputsAt,
  loadsAtEnd,
  pickTrial,
  pickTrials,
  type StepInputs,
  stepInputs,
  type TrialBatch,
} from "../../sim/tasks/trial.ts";
import { handPosition } from "./reference.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const many = 2000;

const draw = (name: string, trials = many, arm = arm26, seed = 1) =>
  findTask(name).draw(arm, randomStream(seed, `tasks/${name}`), trials);

/** The values of `rows` [row][trial] in one trial. */
const column = (rows: Float64Array, trial: number, trials: number) =>
  Array.from({ length: rows.length / trials }, (_, row) => rows[row * trials + trial]);

const columns = (rows: Float64Array, trials: number) =>
  Array.from({ length: trials }, (_, trial) => column(rows, trial, trials));

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function assertNear(actual: number, expected: number, tolerance: number, what: string) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what} is ${actual}, expected ${expected} ± ${tolerance}`,
  );
}

/** That `values` are uniform in [low, high]: range, mean and variance, each to 4.5 standard errors. */
function assertUniform(values: readonly number[], low: number, high: number, what: string) {
  const shares = values.map((value) => (value - low) / (high - low));
  assert.ok(
    shares.every((share) => share >= -1e-9 && share <= 1 + 1e-9),
    `${what} leaves its range`,
  );
  const error = 4.5 / Math.sqrt(values.length);
  assertNear(mean(shares), 1 / 2, error / Math.sqrt(12), `mean share of ${what}`);
  const variance = mean(shares.map((share) => (share - 1 / 2) ** 2));
  assertNear(variance, 1 / 12, error / Math.sqrt(180), `variance of the share of ${what}`);
}

/** That integers are uniform in low … high, both included. */
function assertUniformSteps(values: Int32Array, low: number, high: number) {
  assert.ok(values.every((value) => value >= low && value <= high));
  const count = high - low + 1;
  for (let step = low; step <= high; step++) {
    const expected = values.length / count;
    const found = values.filter((value) => value === step).length;
    assertNear(found, expected, 4.5 * Math.sqrt(expected), `number of trials at step ${step}`);
  }
}

function assertUncorrelated(a: readonly number[], b: readonly number[], what: string) {
  const [meanA, meanB] = [mean(a), mean(b)];
  const moment = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    mean(x.map((value, i) => (value - mx) * (y[i] - my)));
  const correlation = moment(a, meanA, b, meanB) /
    Math.sqrt(moment(a, meanA, a, meanA) * moment(b, meanB, b, meanB));
  assertNear(correlation, 0, 4.5 / Math.sqrt(a.length), `correlation of ${what}`);
}

/** The inputs of every step, each in arrays of its own. */
function everyStep(batch: TrialBatch): StepInputs[] {
  const inputs = stepInputs(batch);
  return Array.from({ length: batch.steps }, (_, step) => {
    inputsAt(batch, step, inputs);
    return structuredClone(inputs);
  });
}

/** The force on each hand for hands and hand velocities [x, y][trial]. */
function forces(inputs: StepInputs, hands: Float64Array, velocities: Float64Array): Float64Array {
  const into = new Float64Array(hands.length).fill(NaN);
  handForces(inputs.field, hands, velocities, into);
  return into;
}

// Specification ------------------------------------------------------------------------------------

/** The tasks of learning a force field. */
const fieldTasks = [
  "curl-field",
  "curl-field-ccw",
  "velocity-squared-field",
  "velocity-squared-field-ccw",
  "noisy-linear-field",
  "noisy-linear-field-ccw",
] as const;

/** The rows of the specification in sim/tasks/catalogue.ts, once more. */
const specification = [
  { name: "random-reach", kind: "reach", start: "uniform", goal: "uniform", go: [0, 0], steps: 50 },
  { name: "hold", kind: "hold", start: "uniform", goal: "start", go: [0, 0], steps: 50 },
  { name: "hold-pulse", kind: "hold", start: "middle", goal: "start", go: [0, 0], steps: 100 },
  {
    name: "delayed-reach",
    kind: "reach",
    start: "uniform",
    goal: "uniform",
    go: [30, 60],
    steps: 100,
  },
  { name: "centre-out", kind: "reach", start: "middle", goal: "round", go: [5, 25], steps: 100 },
  ...fieldTasks.map((name) => ({
    name,
    kind: "reach" as const,
    start: "middle" as const,
    goal: "round" as const,
    go: [5, 25] as const,
    steps: 100,
  })),
  { name: "force-channel", kind: "reach", start: "middle", goal: "round", go: [5, 25], steps: 100 },
] as const;

type Row = typeof specification[number];

const startChecks: Record<Row["start"], (batch: TrialBatch, arm: Arm) => void> = {
  uniform: ({ startAngles, trials }, arm) => {
    const angles = arm.joints.map(({ lower, upper }, j) => {
      const own = [...startAngles.subarray(j * trials, (j + 1) * trials)];
      assertUniform(own, lower, upper, `angle ${j}`);
      return own;
    });
    assertUncorrelated(angles[0], angles[1], "shoulder and elbow");
  },
  middle: ({ startAngles, trials }, arm) => {
    const posture = middlePosture(arm);
    for (const angles of columns(startAngles, trials)) assert.deepEqual(angles, posture);
  },
};

const goalChecks: Record<Row["goal"], (batch: TrialBatch, arm: Arm) => void> = {
  start: ({ start, goal }) => assert.deepEqual(goal, start),
  uniform: ({ startAngles, goal, trials }, arm) => {
    const goals = columns(goal, trials);
    if (arm.links.length !== 2) {
      // Many postures reach the same point; that there is one within the limits has to do.
      for (const [x, y] of goals.slice(0, 50)) inverseKinematics(arm, [x, y]);
      return;
    }
    const postures = goals.map(([x, y]) => inverseKinematics(arm, [x, y]));
    arm.joints.forEach(({ name, lower, upper }, j) => {
      const angles = postures.map((posture) => posture[j]);
      assertUniform(angles, lower, upper, `${name} at the goal`);
      const before = [...startAngles.subarray(j * trials, (j + 1) * trials)];
      assertUncorrelated(before, angles, `${name} at start and goal`);
    });
  },
  round: ({ start, goal, trials }) => {
    const offsets = columns(goal, trials).map(([x, y], trial) => {
      const [fromX, fromY] = column(start, trial, trials);
      return [x - fromX, y - fromY];
    });
    const first = Math.round(Math.atan2(offsets[0][1], offsets[0][0]) * 4 / Math.PI);
    offsets.forEach(([x, y], trial) => {
      const direction = 2 * Math.PI * (first + trial) / 8;
      assertNear(x, 0.1 * Math.cos(direction), 1e-12, `x of goal ${trial}`);
      assertNear(y, 0.1 * Math.sin(direction), 1e-12, `y of goal ${trial}`);
    });
  },
};

for (const { name, kind, start, goal, go, steps } of specification) {
  for (const arm of [arm26, human3]) {
    Deno.test(`${name} with ${arm.name}: start, goal, cue and length are as specified`, () => {
      const batch = draw(name, many, arm);
      assert.equal(findTask(name).kind, kind);
      assert.deepEqual([batch.trials, batch.steps, batch.timeStep], [many, steps, 0.01]);
      assert.equal(batch.startAngles.length, arm.joints.length * many);
      startChecks[start](batch, arm);
      columns(batch.startAngles, many).forEach((angles, trial) => {
        const hand = handPosition(arm, angles);
        assert.ok(
          Math.hypot(
            batch.start[trial] - hand[0],
            batch.start[many + trial] - hand[1],
          ) < 1e-12,
          `the start of trial ${trial} is not where the hand is`,
        );
      });
      goalChecks[goal](batch, arm);
      assertUniformSteps(batch.goStep, go[0], go[1]);
    });
  }
}

Deno.test("the specification names every task", () => {
  assert.deepEqual(Object.keys(tasks), specification.map(({ name }) => name));
});

Deno.test("only the tasks that say so have forces", () => {
  const kinds = (name: string) => Object.keys(stepInputs(draw(name, 2)).field);
  for (const name of ["random-reach", "delayed-reach", "centre-out"]) {
    assert.deepEqual(kinds(name), [], name);
  }
  assert.deepEqual(kinds("hold"), ["load"]);
  assert.deepEqual(kinds("hold-pulse"), ["load"]);
  for (const name of fieldTasks) {
    const part = name.startsWith("velocity-squared") ? "quadraticViscosity" : "viscosity";
    assert.deepEqual(kinds(name), [part], name);
  }
  assert.deepEqual(new Set(kinds("force-channel")), new Set(["viscosity", "stiffness", "anchor"]));
});

// Targets and forces, step by step -----------------------------------------------------------------

for (const { name } of specification) {
  Deno.test(`${name}: the target is the start before the go cue and the goal from it on`, () => {
    const trials = 16;
    const batch = draw(name, trials);
    everyStep(batch).forEach(({ target }, step) => {
      for (let trial = 0; trial < trials; trial++) {
        const shown = step < batch.goStep[trial] ? batch.start : batch.goal;
        assert.deepEqual(
          column(target, trial, trials),
          column(shown, trial, trials),
          `trial ${trial}, step ${step}`,
        );
      }
    });
  });
}

Deno.test("hold: each component of the load is uniform in ±10 N and stays for the whole trial", () => {
  const batch = draw("hold");
  const steps = everyStep(batch).map(({ field }) => field.load!);
  const [x, y] = [0, 1].map((axis) => [...steps[0].subarray(axis * many, (axis + 1) * many)]);
  assertUniform(x, -10, 10, "x of the load");
  assertUniform(y, -10, 10, "y of the load");
  assertUncorrelated(x, y, "the load's components");
  for (const load of steps) assert.deepEqual(load, steps[0]);
});

Deno.test("hold-pulse: 2 to 8 N in any direction for 0.1 s, from 0.2 to 0.4 s", () => {
  const batch = draw("hold-pulse");
  const { rows, from, until } = batch.load!;
  assertUniformSteps(from, 20, 40);
  const pulses = columns(rows, many);
  assertUniform(pulses.map(([x, y]) => Math.hypot(x, y)), 2, 8, "the force");
  assertUniform(pulses.map(([x, y]) => Math.atan2(y, x)), -Math.PI, Math.PI, "the direction");
  assert.ok(until.every((step, trial) => step === from[trial] + 10));
  const steps = everyStep(draw("hold-pulse", 20)).map(({ field }) => field.load!);
  const few = draw("hold-pulse", 20).load!;
  for (let trial = 0; trial < 20; trial++) {
    steps.forEach((load, step) => {
      const acts = step >= few.from[trial] && step < few.from[trial] + 10;
      const expected = acts ? column(few.rows, trial, 20) : [0, 0];
      assert.deepEqual(column(load, trial, 20), expected, `trial ${trial}, step ${step}`);
    });
  }
});

Deno.test("the load at the end is the one of the last step", () => {
  const trials = 20;
  for (const name of ["hold", "hold-pulse", "random-reach"]) {
    const batch = draw(name, trials);
    const { load = new Float64Array(2 * trials) } = everyStep(batch)[batch.steps - 1].field;
    assert.deepEqual(loadsAtEnd(batch), columns(load, trials), name);
  }
  const late = draw("hold-pulse", 1);
  const until = Int32Array.of(late.steps);
  const lasting = { ...late, load: { ...late.load!, until } };
  assert.deepEqual(loadsAtEnd(lasting), [[...late.load!.rows]]);
});

/** Random hands and hand velocities for `trials` trials. */
function randomMotion(trials: number, name: string) {
  const stream = randomStream(2, `tasks/motion/${name}`);
  const rows = () => Float64Array.from({ length: 2 * trials }, () => stream.uniform(-0.5, 0.5));
  return { hands: rows(), velocities: rows() };
}

Deno.test("curl-field: the force is at right angles to the velocity, from the go cue on", () => {
  const trials = 24;
  const batch = draw("curl-field", trials);
  const { hands, velocities } = randomMotion(trials, "curl");
  everyStep(batch).forEach((inputs, step) => {
    const force = forces(inputs, hands, velocities);
    for (let trial = 0; trial < trials; trial++) {
      const [vx, vy] = column(velocities, trial, trials);
      const [fx, fy] = column(force, trial, trials);
      assertNear(fx * vx + fy * vy, 0, 1e-15, "power");
      const expected = step < batch.goStep[trial] ? 0 : 13 * Math.hypot(vx, vy);
      assertNear(Math.hypot(fx, fy), expected, 1e-14, `force in step ${step}`);
    }
  });
});

Deno.test("curl-field: a hand that moves up at 0.3 m/s is pushed right with 3.9 N, in its twin left", () => {
  for (
    const [name, b, force] of [["curl-field", 13, 3.9], ["curl-field-ccw", -13, -3.9]] as const
  ) {
    assert.deepEqual(findTask(name).field, { power: 1, gain: b, spread: 0 });
    const batch = draw(name, 1);
    const last = everyStep(batch)[batch.steps - 1];
    const [x, y] = forces(last, new Float64Array(2), Float64Array.of(0, 0.3));
    assertNear(x, force, 1e-15, "x");
    assertNear(y, 0, 0, "y");
  }
});

Deno.test("the three fields push equally hard at 0.65 m/s, on average over trials", () => {
  const trials = 2000;
  const velocities = new Float64Array(2 * trials).fill(0.65, trials);
  for (const name of fieldTasks) {
    const batch = draw(name, trials);
    const last = everyStep(batch)[batch.steps - 1];
    const x = forces(last, new Float64Array(2 * trials), velocities).subarray(0, trials);
    const sign = name.endsWith("-ccw") ? -1 : 1;
    // The noisy field's standard error is 13 · 0.65/√(3 · 2000).
    assertNear(mean([...x]), sign * 13 * 0.65, 4.5 * 13 * 0.65 / Math.sqrt(6000), name);
  }
});

Deno.test("force-channel: free along the line, −K e⊥ − B ė⊥ across, from the go cue on", () => {
  const trials = 16;
  const batch = draw("force-channel", trials);
  const inputs = everyStep(batch);
  const { hands, velocities } = randomMotion(trials, "channel");
  for (let trial = 0; trial < trials; trial++) {
    const one = pickTrial(batch, trial);
    const along = [0, 1].map((axis) => (one.goal[axis] - one.start[axis]) / 0.1);
    const across = [-along[1], along[0]];
    const at = (distance: number, side: number) =>
      Float64Array.of(...one.start.map((from, i) => from + distance * along[i] + side * across[i]));
    const moving = (speed: number, side: number) =>
      Float64Array.of(...along.map((e, i) => speed * e + side * across[i]));
    const last = everyStep(one)[batch.steps - 1];
    const onLine = forces(last, at(0.07, 0), moving(0.4, 0));
    assertNear(Math.hypot(...onLine), 0, 1e-10, `force on the line, trial ${trial}`);
    const beside = forces(last, at(0.03, 0.002), moving(0.4, -0.01));
    const lateral = -6000 * 0.002 + 250 * 0.01;
    across.forEach((e, i) => assertNear(beside[i], lateral * e, 1e-9, `component ${i}`));

    const { goStep } = batch;
    const before = forces(inputs[goStep[trial] - 1], hands, velocities);
    assert.deepEqual(column(before, trial, trials), [0, 0], "force before the go cue");
    const after = forces(inputs[goStep[trial]], hands, velocities);
    assert.ok(Math.hypot(...column(after, trial, trials)) > 1, "no force at the go cue");
  }
});

Deno.test("a curl field and a channel at once push with the sum of both", () => {
  const trials = 8;
  const plain = draw("centre-out", trials);
  const { hands, velocities } = randomMotion(trials, "both");
  const curl = findTask("curl-field").field!;
  const [none, curled, channel, both] = [
    plain,
    withCurlField(plain, curl),
    withChannel(plain, forceChannel),
    withChannel(withCurlField(plain, curl), forceChannel),
  ].map((batch) => forces(everyStep(batch)[99], hands, velocities));
  assert.deepEqual(none, new Float64Array(2 * trials));
  both.forEach((force, i) => assertNear(force, curled[i] + channel[i], 1e-9, `element ${i}`));
  assert.ok(curled.every((force) => force !== 0));
});

// Draws ----------------------------------------------------------------------------------------------

for (const { name } of specification) {
  Deno.test(`${name}: the same stream gives the same trials, another one others`, () => {
    assert.deepEqual(draw(name, 9), draw(name, 9));
    assert.notDeepEqual(draw(name, 9), draw(name, 9, arm26, 2));
  });

  Deno.test(`${name}: picked trials are the trials one by one, in order`, () => {
    const batch = draw(name, 5);
    const some = pickTrials(batch, 1, 4);
    assert.equal(some.trials, 3);
    for (const trial of [0, 1, 2]) {
      assert.deepEqual(pickTrial(some, trial), pickTrial(batch, trial + 1));
    }
    assert.deepEqual(pickTrials(batch, 0, 5), batch);
    for (const [first, end] of [[2, 2], [-1, 2], [3, 6]]) {
      assert.throws(() => pickTrials(batch, first, end), /in a batch of 5/);
    }
  });

  Deno.test(`${name}: a picked trial is the batch's column, with the same inputs in every step`, () => {
    const trials = 5;
    const batch = draw(name, trials);
    const together = everyStep(batch);
    for (let trial = 0; trial < trials; trial++) {
      const one = pickTrial(batch, trial);
      assert.deepEqual([one.trials, one.steps, one.timeStep], [1, batch.steps, batch.timeStep]);
      for (const rows of ["startAngles", "start", "goal"] as const) {
        assert.deepEqual([...one[rows]], column(batch[rows], trial, trials), rows);
      }
      everyStep(one).forEach(({ target, field }, step) => {
        const { target: targets, field: fields } = together[step];
        assert.deepEqual([...target], column(targets, trial, trials));
        assert.deepEqual(Object.keys(field), Object.keys(fields));
        for (const part of Object.keys(fields) as (keyof typeof fields)[]) {
          assert.deepEqual([...field[part]!], column(fields[part]!, trial, trials), part);
        }
      });
    }
  });
}

Deno.test("centre-out trials drawn one at a time go in all eight directions", () => {
  const directions = Array.from({ length: 100 }, (_, seed) => {
    const { start, goal } = draw("centre-out", 1, arm26, seed);
    return Math.round(Math.atan2(goal[1] - start[1], goal[0] - start[0]) * 4 / Math.PI + 8) % 8;
  });
  assert.deepEqual(new Set(directions), new Set([0, 1, 2, 3, 4, 5, 6, 7]));
});

const isCatch = ({ start, goal, trials }: TrialBatch, trial: number) =>
  goal[trial] === start[trial] && goal[trials + trial] === start[trials + trial];

for (const name of ["centre-out", ...fieldTasks, "force-channel"]) {
  Deno.test(`${name}: is prepared on random reaches of which half are catch trials`, () => {
    const stream = randomStream(3, "tasks/training");
    const batch = findTask(name).training[0].draw(arm26, stream, many);
    assert.equal(batch.steps, 100);
    startChecks.uniform(batch, arm26);
    assertUniformSteps(batch.goStep, 5, 25);
    const catches = Array.from({ length: many }, (_, trial) => isCatch(batch, trial));
    assert.equal(catches.filter(Boolean).length, many / 2);
    const elbows = columns(batch.goal, many).filter((_, trial) => !catches[trial])
      .map(([x, y]) => inverseKinematics(arm26, [x, y])[1]);
    assertUniform(elbows, arm26.joints[1].lower, arm26.joints[1].upper, "the goal's elbow");
    assert.deepEqual(Object.keys(stepInputs(batch).field), []);
  });
}

Deno.test("training trials drawn one at a time are catch trials about half of the time", () => {
  const { draw } = findTask("centre-out").training[0];
  const catches = Array.from(
    { length: 100 },
    (_, i) => isCatch(draw(arm26, randomStream(4, `tasks/single/${i}`), 1), 0),
  ).filter(Boolean);
  assertNear(catches.length, 50, 22.5, "catch trials of 100");
});

// Training phases ------------------------------------------------------------------------------------

Deno.test("the shares of a task's training phases add up to all updates", () => {
  for (const task of Object.values(tasks)) {
    assertNear(task.training.reduce((sum, { share }) => sum + share, 0), 1, 1e-15, task.name);
    for (const updates of [1, 3, 7, 300, 2000]) {
      const ends = phaseEnds(task, updates);
      assert.equal(ends.at(-1), updates, `${task.name}, ${updates} updates`);
      assert.deepEqual(ends, ends.toSorted((a, b) => a - b));
    }
  }
});

for (const name of fieldTasks) {
  Deno.test(`${name}: the field is met in the last quarter of the training`, () => {
    const task = findTask(name);
    assert.deepEqual(phaseEnds(task, 2000), [1500, 2000]);
    const phase = (update: number) => phaseAt(task, update, 2000).name;
    assert.deepEqual([0, 1499, 1500, 1999].map(phase), [
      "null field",
      "null field",
      "adaptation",
      "adaptation",
    ]);
    assert.equal(phase(2000), "adaptation", "beyond the last update");
    const { draw } = phaseAt(task, 1999, 2000);
    const { viscosity, quadraticViscosity } = draw(arm26, randomStream(5, "tasks/adaptation"), 4);
    assert.ok(viscosity ?? quadraticViscosity);
  });
}

Deno.test("a task of one phase is trained on its own trials throughout", () => {
  for (const name of ["random-reach", "hold", "hold-pulse", "delayed-reach"]) {
    const task = findTask(name);
    for (const update of [0, 999]) assert.equal(phaseAt(task, update, 1000).draw, task.draw, name);
  }
});

Deno.test("a task is found by its name, an unknown one refused with those that there are", () => {
  for (const { name } of specification) assert.equal(findTask(name).name, name);
  for (const name of ["reach", "toString", ""]) {
    assert.throws(() => findTask(name), {
      name: "RangeError",
      message: `no task "${name}"; there are ${Object.keys(tasks).join(", ")}`,
    });
  }
});
