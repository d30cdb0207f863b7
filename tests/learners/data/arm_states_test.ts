/** Pairs for learning the arm's dynamics: against the closed forms and each other. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { type ArmStateOptions, armStates, withPayload } from "../../../learners/data/arm_states.ts";
import type { RegressionSet } from "../../../learners/data/dataset.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { inverseDynamics, massMatrix } from "../../../sim/arms/dynamics.ts";
import { handJacobian } from "../../../sim/arms/kinematics.ts";

Deno.test("the same options give the same pairs, another seed or split others", () => {
  const options = { count: 20, seed: 1 };
  deepStrictEqual(armStates(options), armStates(options));
  notDeepStrictEqual(armStates({ ...options, seed: 2 }).inputs, armStates(options).inputs);
  notDeepStrictEqual(armStates({ ...options, split: "test" }).inputs, armStates(options).inputs);
});

Deno.test("columns are named with their units, and arrays have their shapes", () => {
  const forward = armStates({ count: 5, seed: 0 });
  deepStrictEqual(forward.inputNames.slice(1, 5), [
    "elbow angle (rad)",
    "shoulder velocity (rad/s)",
    "elbow velocity (rad/s)",
    "shoulder torque (N m)",
  ]);
  for (const model of ["forward", "inverse"] as const) {
    const set = armStates({ count: 5, seed: 0, model, arm: findArm("human3") });
    strictEqual(set.inputNames.length, 9);
    strictEqual(set.targetNames.length, model === "forward" ? 6 : 3);
    strictEqual(set.inputs.length, 5 * set.inputNames.length);
    strictEqual(set.targets.length, 5 * set.targetNames.length);
  }
});

Deno.test("inputs fill the joints' limits, the velocities' and the torques' ranges", () => {
  const arm = findArm("arm26");
  const set = armStates({ count: 2000, seed: 0, fastest: 4 });
  const limits = [
    ...arm.joints.map(({ lower, upper }) => [lower, upper]),
    [-4, 4],
    [-4, 4],
    ...arm.torqueLimits.map((limit) => [-limit, limit]),
  ];
  limits.forEach(([lower, upper], column) => {
    const values = rows(set.inputs, set.count).map((row) => row[column]);
    const margin = 0.01 * (upper - lower);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    ok(least >= lower - 1e-6 && least < lower + margin, `column ${column}: least ${least}`);
    ok(most <= upper + 1e-6 && most > upper - margin, `column ${column}: most ${most}`);
  });
});

Deno.test("a small step changes velocities as the inverse model's torques say", () => {
  const arm = withPayload(findArm("arm26"), 0.7);
  const timeStep = 1e-4;
  const set = armStates({ count: 50, seed: 3, payload: 0.7, gravity: 9.81, timeStep });
  rows(set.targets, set.count).forEach((target, i) => {
    const input = rows(set.inputs, set.count)[i];
    const accelerations = target.slice(2).map((change) => change / timeStep);
    const torques = inverseDynamics(arm, input.slice(0, 2), input.slice(2, 4), accelerations, 9.81);
    torques.forEach((torque, j) =>
      ok(Math.abs(torque - input[4 + j]) < 0.1, `pair ${i}: ${torque} for ${input[4 + j]}`)
    );
    target.slice(0, 2).forEach((change, j) => ok(Math.abs(change / timeStep - input[2 + j]) < 0.1));
  });
});

Deno.test("the inverse model gives the torques of the closed form", () => {
  const arm = findArm("arm26");
  const set = armStates({ count: 30, seed: 5, model: "inverse", gravity: 9.81 });
  rows(set.inputs, set.count).forEach((input, i) => {
    const expected = inverseDynamics(
      arm,
      input.slice(0, 2),
      input.slice(2, 4),
      input.slice(4),
      9.81,
    );
    expected.forEach((torque, j) => {
      const given = set.targets[2 * i + j];
      ok(Math.abs(given - torque) < 1e-4 * (1 + Math.abs(torque)), `${given} for ${torque}`);
    });
  });
});

Deno.test("a payload adds JᵀJ times its mass to the mass matrix", () => {
  const arm = findArm("human3");
  const angles = [0.4, 1.1, -0.3];
  const [bare, laden] = [arm, withPayload(arm, 2)].map((each) => massMatrix(each, angles));
  const jacobian = handJacobian(arm, angles);
  bare.forEach((row, i) =>
    row.forEach((mass, j) => {
      const added = 2 * (jacobian[0][i] * jacobian[0][j] + jacobian[1][i] * jacobian[1][j]);
      ok(Math.abs(laden[i][j] - mass - added) < 1e-12);
    })
  );
  deepStrictEqual(withPayload(arm, 0).links[0], arm.links[0]);
});

Deno.test("options without a meaning are refused", () => {
  const refused: [Partial<ArmStateOptions>, RegExp][] = [
    [{ count: 0 }, /count 0/],
    [{ payload: -1 }, /payload -1 kg/],
    [{ payload: NaN }, /payload NaN kg/],
    [{ timeStep: 0 }, /time step 0 s/],
    [{ seed: -1 }, /seed -1/],
    [{ fastest: -1 }, /fastest -1 rad\/s/],
    [{ gravity: Infinity }, /gravity Infinity/],
  ];
  for (const [options, message] of refused) {
    throws(() => armStates({ count: 1, seed: 0, ...options }), { name: "RangeError", message });
  }
});

function rows(values: RegressionSet["inputs"], count: number): number[][] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}
