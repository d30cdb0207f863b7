/** The measures of motor control, on movements whose values are known. */
import assert from "node:assert/strict";
import { findArm } from "../../sim/arms/catalogue.ts";
import { coriolisTorques, massMatrix } from "../../sim/arms/dynamics.ts";
import type { Point } from "../../sim/arms/kinematics.ts";
import { randomStream } from "../../sim/random.ts";
import {
  adaptationIndex,
  afterEffect,
  coContraction,
  constantError,
  coordinationIndex,
  deviationReduction,
  drift,
  effort,
  endpointError,
  endSpeed,
  finalError,
  holdMeasures,
  holdStiffness,
  initialDirectionError,
  logDimensionlessJerk,
  maximalDeviation,
  maximalDisplacement,
  meanAbsoluteError,
  meanError,
  measures,
  minimumJerkReference,
  type MovementRecord,
  movementSpan,
  movementTime,
  onset,
  overshoot,
  pathLength,
  peakAcceleration,
  peakSpeed,
  peakSpeedShare,
  reachMeasures,
  returnTime,
  rootMeanSquareForce,
  settlingTime,
  signedArea,
  spectralArcLength,
  speedPeaks,
  squaredJerk,
  straightness,
  summarise,
  variableError,
  velocities,
  weightedActivation,
  work,
} from "../../sim/tasks/measures.ts";

const arm26 = findArm("arm26");
const timeStep = 0.01;

function assertNear(actual: number, expected: number, tolerance: number) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

/** A record of the path `at`, sampled from time 0 to `duration`. */
function recordOf(
  at: (time: number) => Point,
  duration: number,
  ends: { start?: Point; goal?: Point; timeStep?: number } = {},
): MovementRecord {
  const step = ends.timeStep ?? timeStep;
  const count = Math.round(duration / step) + 1;
  const points = Array.from({ length: count }, (_, k) => at(k * step));
  return {
    timeStep: step,
    positions: Float64Array.from(points.flat()),
    start: ends.start ?? points[0],
    goal: ends.goal ?? points[count - 1],
  };
}

const minimumJerk = (x: number) => x <= 0 ? 0 : x >= 1 ? 1 : 10 * x ** 3 - 15 * x ** 4 + 6 * x ** 5;

const distance = 0.3;
const origin: Point = [-0.1, 0.4];
const onLine = (share: number, deviation = 0): Point => [
  origin[0] + distance * (0.6 * share) - 0.8 * deviation,
  origin[1] + distance * (0.8 * share) + 0.6 * deviation,
];
const goal = onLine(1);

/** One minimum-jerk movement of `duration`, with rest before and after it. */
const minimumJerkRecord = (duration: number, before = 0, after = 0) =>
  recordOf((t) => onLine(minimumJerk((t - before) / duration)), before + duration + after);

const durations = [0.5, 0.6, 0.75, 1, 1.3, 2];

Deno.test("a minimum-jerk movement has the peak speed 1.875 D/T, half way", () => {
  for (const duration of durations) {
    const record = minimumJerkRecord(duration);
    assertNear(peakSpeed(record) * duration / distance, 1.875, 2.5e-3);
    assertNear(peakSpeedShare(record), 0.5, duration === 0.75 ? timeStep / duration : 1e-9);
    assertNear(endSpeed(record), 0, 0.01 * peakSpeed(record));
    assert.equal(speedPeaks(record), 1);
  }
});

Deno.test("a minimum-jerk movement has the peak acceleration 5.7735 D/T²", () => {
  for (const duration of durations) {
    const value = peakAcceleration(minimumJerkRecord(duration)) * duration ** 2 / distance;
    assertNear(value, 10 / Math.sqrt(3), 0.015);
  }
});

Deno.test("a minimum-jerk movement has ∫jerk² 720 D²/T⁵ and LDLJ -5.3220", () => {
  for (const duration of durations) {
    const record = minimumJerkRecord(duration);
    assertNear(squaredJerk(record) * duration ** 5 / distance ** 2, 720, 3);
    assertNear(logDimensionlessJerk(record), -5.3220, 2e-3);
  }
  const fine = recordOf((t) => onLine(minimumJerk(t)), 1, { timeStep: 0.001 });
  assertNear(squaredJerk(fine) / distance ** 2, 720, 0.01);
  assertNear(logDimensionlessJerk(fine), -5.3220, 1e-4);
});

Deno.test("a minimum-jerk movement has SPARC -1.4058", () => {
  for (const duration of [0.5, 1, 2]) {
    assertNear(spectralArcLength(minimumJerkRecord(duration)), -1.4058, 3e-4);
  }
  // The cut at amplitude 0.05 falls on a bin, so other durations differ by up to that bin's length.
  for (const duration of durations) {
    assertNear(spectralArcLength(minimumJerkRecord(duration)), -1.4058, 6e-3);
  }
});

Deno.test("two minimum-jerk movements in sequence are less smooth: LDLJ -8.094, SPARC -2.245", () => {
  const record = recordOf((t) => onLine(minimumJerk(t) + minimumJerk(t - 1)), 2);
  assertNear(logDimensionlessJerk(record), -8.094, 2e-3);
  assertNear(spectralArcLength(record), -2.245, 5e-3);
  assert.equal(speedPeaks(record), 2);
});

Deno.test("rest around a movement changes none of its reach measures", () => {
  const bare = reachMeasures(minimumJerkRecord(1));
  const rested = reachMeasures(minimumJerkRecord(1, 0.2, 0.4));
  for (
    const name of [
      "ldlj",
      "movementTime",
      "peakSpeed",
      "peakSpeedShare",
      "straightness",
      "maximalDeviation",
      "initialDirectionError",
      "endpointError",
    ] as const
  ) {
    // The bare record's end shows in its last samples only, which one-sided differences estimate.
    assertNear(rested[name], bare[name], name === "endpointError" ? 1e-3 : 5e-3);
  }
  assertNear(rested.onset - bare.onset, 0.2, 1e-3);
  assertNear(rested.sparc, bare.sparc, 0.01);
});

Deno.test("reachMeasures gives the minimum-jerk reference for a minimum-jerk reach", () => {
  for (const duration of durations) {
    const values = reachMeasures(minimumJerkRecord(duration, 0.1, 0.2));
    const tolerances = { ldlj: 0.02, sparc: 0.02, peakSpeedShare: timeStep / duration };
    for (const [name, ideal] of Object.entries(minimumJerkReference)) {
      const tolerance = { ...tolerances }[name] ?? 1e-12;
      assertNear(values[name as keyof typeof values], ideal, tolerance);
    }
  }
});

Deno.test("a straight path has straightness 1 and no deviation, whatever its time course", () => {
  for (const share of [minimumJerk, (t: number) => t ** 2, Math.sqrt]) {
    const record = recordOf((t) => onLine(share(t)), 1);
    assertNear(straightness(record), 1, 1e-14);
    assertNear(maximalDeviation(record), 0, 1e-15);
    assertNear(signedArea(record), 0, 1e-15);
    assertNear(initialDirectionError(record), 0, 1e-12);
  }
});

Deno.test("stretching a path in time leaves straightness, LDLJ, SPARC and shares unchanged", () => {
  const path = (x: number) =>
    onLine(minimumJerk(x) + 0.1 * Math.sin(6 * x) * x * (1 - x), 0.05 * x ** 2 * (1 - x) ** 2);
  const fast = reachMeasures(recordOf(path, 1));
  const slow = reachMeasures(recordOf((t) => path(t / 2), 2));
  assertNear(slow.straightness, fast.straightness, 1e-4);
  assertNear(slow.ldlj, fast.ldlj, 0.01);
  assertNear(slow.sparc, fast.sparc, 0.01);
  assertNear(slow.peakSpeedShare, fast.peakSpeedShare, 0.01);
  assertNear(slow.movementTime, 2 * fast.movementTime, 0.005);
  assertNear(slow.peakSpeed, fast.peakSpeed / 2, 1e-3);

  const stretched = { ...recordOf(path, 1), timeStep: 2 * timeStep };
  assertNear(logDimensionlessJerk(stretched), logDimensionlessJerk(recordOf(path, 1)), 1e-12);
  assert.equal(straightness(stretched), straightness(recordOf(path, 1)));
});

Deno.test("velocities are exact for motion of constant acceleration, also at the ends", () => {
  const record = recordOf((t) => [3 * t ** 2 - t, 2 * t], 0.2);
  velocities(record).forEach(([x, y], k) => {
    assertNear(x, 6 * k * timeStep - 1, 1e-12);
    assertNear(y, 2, 1e-12);
  });
  assertNear(peakAcceleration(record), 6, 1e-9);
});

Deno.test("onset and offset are where the speed crosses 5 % of its peak", () => {
  // Speed rises as 4t up to 1 at 0.25 s and falls again to 0 at 0.5 s, after 0.3 s of rest.
  const ramp = (t: number): number =>
    t < 0 ? 0 : t < 0.25 ? 2 * t ** 2 : t < 0.5 ? 0.25 - ramp(0.5 - t) : 0.25;
  const record = recordOf((t) => [ramp(t - 0.3), 0], 1);
  const { from, to } = movementSpan(record);
  assertNear(from, 0.3125, 1e-3);
  assertNear(to, 0.7875, 1e-3);
  assert.equal(onset(record), from);
  assert.equal(movementTime(record), to - from);
});

Deno.test("endpoint and final error: the mean's distance against the mean distance", () => {
  // Over the last ten samples the hand alternates 2 cm left and right of a point 3 cm beyond the goal.
  const record = recordOf((t) => [0.23, Math.round(t / timeStep) % 2 ? 0.02 : -0.02], 0.5, {
    start: [0, 0],
    goal: [0.2, 0],
  });
  assertNear(endpointError(record), 0.03, 1e-12);
  assertNear(finalError(record), Math.hypot(0.03, 0.02), 1e-12);
});

Deno.test("final error looks at the last ten samples of a record at 10 ms, no more", () => {
  const jump = (at: number) =>
    recordOf((t) => Math.round(t / timeStep) < at ? [0, 0] : [0.1, 0], 0.5, { goal: [0.1, 0] });
  assertNear(finalError(jump(41)), 0, 1e-15);
  assertNear(finalError(jump(42)), 0.01, 1e-15);
});

Deno.test("mean errors leave out the initial sample", () => {
  const record: MovementRecord = {
    timeStep,
    positions: Float64Array.of(9, 9, 0.3, 0.4, 0, -0.1),
    start: [9, 9],
    goal: [0, 0],
  };
  assertNear(meanError(record), (0.5 + 0.1) / 2, 1e-15);
  assertNear(meanAbsoluteError(record), (0.35 + 0.05) / 2, 1e-15);
});

Deno.test("constant error is the bias of the endpoints, variable error their spread", () => {
  const endingAt = (offset: Point, target: Point) =>
    recordOf(() => [target[0] + offset[0], target[1] + offset[1]], 0.3, { goal: target });
  const records = [
    endingAt([0.01, 0.02], [0.1, 0]),
    endingAt([0.03, 0.02], [0, 0.2]),
    endingAt([0.02, 0.01], [0.3, 0.1]),
    endingAt([0.02, 0.03], [-0.1, 0]),
  ];
  assertNear(constantError(records), Math.hypot(0.02, 0.02), 1e-12);
  assertNear(variableError(records), 0.01, 1e-12);
});

Deno.test("a half circle to the left has its radius as deviation, its area and straightness π/2", () => {
  const radius = 0.1;
  const halfCircle = (sign: number) =>
    recordOf((t) => [-radius * Math.cos(Math.PI * t), sign * radius * Math.sin(Math.PI * t)], 1);
  const left = halfCircle(1);
  assertNear(maximalDeviation(left), radius, 1e-12);
  assertNear(maximalDeviation(halfCircle(-1)), -radius, 1e-12);
  assertNear(signedArea(left), Math.PI / 2 * radius ** 2, 1e-5);
  assertNear(signedArea(halfCircle(-1)), -Math.PI / 2 * radius ** 2, 1e-5);
  assertNear(straightness(left), Math.PI / 2, 1e-4);
  assertNear(pathLength(left), Math.PI * radius, 1e-4);
});

Deno.test("straightness divides by 5 cm at least, the plain ratio by the distance itself", () => {
  const record = recordOf((t) => [0.01 * t, 0], 1);
  assertNear(straightness(record), 0.2, 1e-12);
  assertNear(straightness(record, 0), 1, 1e-12);
  assertNear(reachMeasures(record).pathRatio, 1, 1e-12);
});

Deno.test("the initial direction error is the angle of the first 100 ms, left positive", () => {
  const angle = 0.3;
  const setsOff = (sign: number) =>
    recordOf(
      (t) => {
        const along = 0.2 * t;
        return [along * Math.cos(angle), sign * along * Math.sin(angle)];
      },
      0.5,
      { goal: [0.1, 0] },
    );
  assertNear(initialDirectionError(setsOff(1)), angle, 1e-12);
  assertNear(initialDirectionError(setsOff(-1)), -angle, 1e-12);
  assert.ok(Number.isNaN(initialDirectionError(recordOf((t) => [t, 0], 0.05))));
});

Deno.test("overshoot is the farthest beyond the goal along the line", () => {
  const ends = { start: origin, goal };
  const swing = (t: number) => 1.1 * Math.sin(Math.PI * t);
  assertNear(overshoot(recordOf((t) => onLine(swing(t), 0.2), 1, ends)), 0.1 * distance, 1e-12);
  assert.equal(overshoot(recordOf((t) => onLine(0.9 * t), 1, ends)), 0);
});

Deno.test("settling time is the last time outside 2 cm of the goal", () => {
  const visits = recordOf(
    (t) => {
      const k = Math.round(t / timeStep);
      return k < 30 || k === 40 ? [0.03, 0] : [0.01, 0];
    },
    0.6,
    { goal: [0, 0] },
  );
  assertNear(settlingTime(visits), 0.4, 1e-12);
  assert.equal(settlingTime(recordOf(() => [0.01, 0], 0.6, { goal: [0, 0] })), 0);
  assert.ok(Number.isNaN(settlingTime(recordOf(() => [0.03, 0], 0.6, { goal: [0, 0] }))));
});

Deno.test("speed peaks count only where they stand out by a tenth of the peak speed", () => {
  const withRipple = (height: number) =>
    recordOf((t) => [t + height * Math.sin(8 * Math.PI * t) / (8 * Math.PI), 0], 1);
  assert.equal(speedPeaks(withRipple(0.5)), 5); // at 0, 1/4, 1/2, 3/4 and 1 s
  assert.equal(speedPeaks(withRipple(0.03)), 1);
  assert.equal(speedPeaks(recordOf(() => [0, 0], 1)), 0);
});

Deno.test("hold measures: drift, displacement and return after a pulse", () => {
  const bump = (t: number): Point => {
    const k = Math.round(t / timeStep);
    return [k >= 30 && k <= 50 ? 0.05 : 0.004, 0];
  };
  const record = {
    ...recordOf(bump, 1, { start: [0, 0], goal: [0, 0] }),
    perturbationOnset: 0.25,
  };
  assertNear(drift(record), 0.004, 1e-12);
  assertNear(maximalDisplacement(record), 0.05, 1e-15);
  assertNear(returnTime(record), 0.25, 1e-12);
  assertNear(pathLength(record), 2 * 0.046, 1e-12);
  assert.equal(returnTime(recordOf(() => [0.005, 0], 1, { start: [0, 0] })), 0);
  assert.ok(Number.isNaN(returnTime(recordOf(() => [0.02, 0], 1, { start: [0, 0] }))));
});

Deno.test("hold stiffness recovers the spring behind the displacements, whatever the common drift", () => {
  const random = randomStream(1, "measures/stiffness");
  const loads = Array.from({ length: 20 }, (): Point => [random.normal(0, 5), random.normal(0, 5)]);
  const records = loads.map(([x, y]) =>
    recordOf(() => [0.1 + x / 300 + 0.02, 0.4 + y / 300], 0.5, { start: [0.1, 0.4] })
  );
  assertNear(holdStiffness(records, loads), 300, 1e-8);
  assert.throws(() => holdStiffness(records, loads.slice(1)), /20 records and 19 loads/);
  assert.throws(() => holdStiffness(records.slice(0, 1), loads.slice(0, 1)), /at least two trials/);
});

/** A rest record of two steps, to which the arrays of effort are added. */
const twoSteps = recordOf(() => [0, 0.4], 2 * timeStep);

Deno.test("effort, weighted activation and force are means over steps and muscles", () => {
  const excitations = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0);
  const record: MovementRecord = { ...twoSteps, arm: arm26, excitations, activations: excitations };
  assertNear(effort(record), 1.25 / 12, 1e-15);
  const total = arm26.muscles.reduce((sum, { maximalForce }) => sum + maximalForce, 0);
  assertNear(weightedActivation(record), (838 + 0.25 * 1207) / total / 2, 1e-15);
  const forces = Float64Array.from(excitations, (value) => 100 * value);
  assertNear(rootMeanSquareForce({ ...twoSteps, forces }), 100 * Math.sqrt(1.25 / 12), 1e-12);
});

Deno.test("work adds the size of each joint's power", () => {
  const record: MovementRecord = {
    ...twoSteps,
    arm: arm26,
    torques: Float64Array.of(1, -2, 3, 1),
    jointVelocities: Float64Array.of(1, 1, 3, 1, -1, 1),
  };
  // Step 1: |1·2| + |−2·1|; step 2: |3·1| + |1·1|; 10 ms each.
  assertNear(work(record), 0.08, 1e-15);
});

Deno.test("co-contraction is the torque that opposed muscles spend against each other", () => {
  const jointAngles = Float64Array.from({ length: 6 }, (_, i) => i % 2 ? 0 : Math.PI / 2);
  const both = Float64Array.of(100, 60, 0, 0, 0, 0, 100, 60, 0, 0, 0, 0);
  const record: MovementRecord = { ...twoSteps, arm: arm26, jointAngles, forces: both };
  // Pectoralis and deltoid have moment arms of 3 cm: min(3, 1.8) N m at the shoulder, none elsewhere.
  assertNear(coContraction(record), 1.8, 1e-12);
  const single = both.map((force, i) => i % 6 === 0 ? force : 0);
  assert.equal(coContraction({ ...record, forces: single }), 0);
});

Deno.test("the adaptation index is 0 without and 1 with full compensation of a curl field", () => {
  const gain = 13;
  const record = minimumJerkRecord(0.6, 0.2, 0.2);
  const ideal = velocities(record).map(([x, y]) => gain * (0.6 * x + 0.8 * y));
  const pushing = (share: number) => ideal.map((force) => share * force + 0.4);
  assertNear(adaptationIndex(record, pushing(1), gain), 1, 1e-9);
  assertNear(adaptationIndex(record, pushing(0.3), gain), 0.3, 1e-9);
  assertNear(adaptationIndex(record, pushing(0), gain), 0, 1e-9);
  assert.throws(() => adaptationIndex(record, [1, 2], gain), /2 wall forces for 101 samples/);
});

Deno.test("deviations tell adaptation and after-effect without channels", () => {
  const deviating = (most: number) =>
    recordOf((t) => onLine(t, most * Math.sin(Math.PI * t)), 1, { goal });
  assertNear(deviationReduction(deviating(-0.04), deviating(-0.01)), 0.75, 1e-9);
  assertNear(afterEffect(deviating(-0.04), deviating(0.03)), 0.75, 1e-9);
  assertNear(afterEffect(deviating(-0.04), deviating(-0.02)), -0.5, 1e-9);
});

Deno.test("the coordination index is 1 when the elbow's torque only cancels the interaction", () => {
  const times = Array.from({ length: 61 }, (_, k) => k * timeStep);
  const states = times.map((t) => ({
    angles: [0.8 + 0.4 * minimumJerk(t / 0.6), 1.2],
    rates: [0.4 * 30 * (t / 0.6) ** 2 * (1 - t / 0.6) ** 2 / 0.6, 0],
  }));
  const elbow = states.slice(1).map(({ angles, rates }, k) => {
    const angle = angles.map((value, j) => (value + states[k].angles[j]) / 2);
    const rate = rates.map((value, j) => (value + states[k].rates[j]) / 2);
    const acceleration = (rates[0] - states[k].rates[0]) / timeStep;
    return coriolisTorques(arm26, angle, rate)[1] + massMatrix(arm26, angle)[1][0] * acceleration;
  });
  const withElbow = (torque: (cancelling: number, k: number) => number): MovementRecord => ({
    ...recordOf(() => [0, 0.4], 0.6),
    arm: arm26,
    jointAngles: Float64Array.from(states.flatMap(({ angles }) => angles)),
    jointVelocities: Float64Array.from(states.flatMap(({ rates }) => rates)),
    torques: Float64Array.from(elbow.flatMap((value, k) => [0, torque(value, k)])),
  });
  assertNear(coordinationIndex(withElbow((cancelling) => cancelling)), 1, 1e-9);
  assertNear(coordinationIndex(withElbow((cancelling) => -2 * cancelling)), -1, 1e-9);
  assertNear(coordinationIndex(withElbow((_, k) => k % 2)), 0, 0.05);
});

Deno.test("every measure has its name in the catalogue, and absent data give NaN", () => {
  const needMore = ["effort", "weightedActivation", "work", "coContraction"]
    .concat(["rootMeanSquareForce", "coordinationIndex"]);
  const results = {
    ...reachMeasures(minimumJerkRecord(0.6, 0, 0.1)),
    ...holdMeasures(recordOf(() => [0, 0.4], 0.6)),
  };
  assert.deepEqual(Object.keys(results).sort(), Object.keys(measures).sort());
  for (const [name, value] of Object.entries(results)) {
    assert.equal(Number.isNaN(value), needMore.includes(name), name);
  }
});

Deno.test("a hand that never moves has no time course, and says so with NaN", () => {
  const values = reachMeasures(recordOf(() => [0, 0.4], 0.5, { goal: [0.1, 0.4] }));
  assert.equal(values.peakSpeed, 0);
  assert.equal(values.speedPeaks, 0);
  assert.equal(values.straightness, 0);
  for (
    const name of [
      "onset",
      "movementTime",
      "peakSpeedShare",
      "ldlj",
      "sparc",
      "settlingTime",
    ] as const
  ) {
    assert.ok(Number.isNaN(values[name]), name);
  }
});

Deno.test("a summary leaves out undefined values and says how many it counted", () => {
  const summary = summarise([
    { settlingTime: 0.3, peakSpeed: 1 },
    { settlingTime: NaN, peakSpeed: 2 },
    { settlingTime: 0.5, peakSpeed: 6 },
  ]);
  assertNear(summary.settlingTime.mean, 0.4, 1e-15);
  assert.equal(summary.settlingTime.count, 2);
  assert.equal(summary.settlingTime.trials, 3);
  assertNear(summary.settlingTime.deviation, Math.sqrt(0.02), 1e-15);
  assert.equal(summary.peakSpeed.mean, 3);
  assert.equal(summary.peakSpeed.count, 3);
  const nothing = summarise([{ onset: NaN }]).onset;
  assert.ok(Number.isNaN(nothing.mean) && Number.isNaN(nothing.deviation));
  assert.equal(nothing.count, 0);
  assert.throws(() => summarise([]), /no trials/);
});

Deno.test("malformed records are refused, saying what is wrong", () => {
  const record = minimumJerkRecord(0.6);
  const broken = (change: Partial<MovementRecord>) => () => reachMeasures({ ...record, ...change });
  assert.throws(broken({ positions: new Float64Array(3) }), /positions has 3 numbers/);
  assert.throws(broken({ positions: new Float64Array(2) }), /at least 2 samples/);
  assert.throws(broken({ positions: Float64Array.of(0, 0, NaN, 0) }), /there is a NaN/);
  assert.throws(broken({ goal: [Infinity, 0] }), /there is a Infinity/);
  assert.throws(broken({ timeStep: 0 }), /timeStep 0 s/);
  assert.throws(
    broken({ excitations: new Float64Array(7) }),
    /excitations has 7 numbers.* 60 steps/,
  );
  assert.throws(
    broken({ arm: arm26, forces: new Float64Array(60) }),
    /forces has 60 numbers.* 60 steps with one number for each of the 6 muscles/,
  );
  assert.throws(() => effort(record), /excitations has no numbers/);
  assert.throws(() => weightedActivation(record), /weightedActivation needs the record's arm/);
  assert.throws(() => constantError([]), /no records/);
});
