/** Mass matrix, Coriolis and gravity torques and inverse dynamics of the planar arms. */
import assert from "node:assert/strict";
import { type Arm, inertialConstants } from "../../sim/arms/arm.ts";
import { arms, findArm } from "../../sim/arms/catalogue.ts";
import {
  coriolisTorques,
  gravityTorques,
  inverseDynamics,
  massMatrix,
} from "../../sim/arms/dynamics.ts";
import { handJacobian, jointPositions } from "../../sim/arms/kinematics.ts";
import { randomStream } from "../../sim/random.ts";

const arm26 = findArm("arm26");
const human3 = findArm("human3");
const corner = [Math.PI / 4, Math.PI / 2];

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `element ${i} of [${actual}] is not within ${tolerance} of [${expected}]`,
    )
  );
}

function randomState(arm: Arm, name: string) {
  const random = randomStream(1, name);
  const numbers = () => arm.joints.map(() => random.uniform(-2, 2));
  return { angles: numbers(), velocities: numbers(), accelerations: numbers() };
}

const quadraticForm = (matrix: number[][], vector: readonly number[]) =>
  matrix.reduce(
    (sum, row, i) => sum + row.reduce((part, value, j) => part + value * vector[i] * vector[j], 0),
    0,
  );

/** Kinetic energy from the velocities of the centres of mass, without any of the code under test. */
function kineticEnergy(arm: Arm, angles: readonly number[], velocities: readonly number[]): number {
  let angle = 0;
  let rate = 0;
  let [jointX, jointY] = [0, 0];
  return arm.links.reduce((energy, link, i) => {
    angle += angles[i];
    rate += velocities[i];
    const x = jointX - link.centreOfMass * Math.sin(angle) * rate;
    const y = jointY + link.centreOfMass * Math.cos(angle) * rate;
    jointX -= link.length * Math.sin(angle) * rate;
    jointY += link.length * Math.cos(angle) * rate;
    return energy + (link.mass * (x ** 2 + y ** 2) + link.inertia * rate ** 2) / 2;
  }, 0);
}

Deno.test("the inertial constants of arm26 are the published α, β and k", () => {
  const [[shoulder, coupling], [, forearm]] = inertialConstants(arm26);
  assertClose(
    [shoulder + forearm, forearm, coupling],
    [0.31663908, 0.09593175, 0.07290855],
    1e-8,
  );
});

Deno.test("the mass matrix of arm26 at (π/4, π/2) is the published one", () => {
  const matrix = massMatrix(arm26, corner);
  assertClose(matrix.flat(), [0.31663908, 0.09593175, 0.09593175, 0.09593175], 1e-8);
  const trace = matrix[0][0] + matrix[1][1];
  const determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] ** 2;
  const root = Math.sqrt(trace ** 2 / 4 - determinant);
  assertClose([trace / 2 - root, trace / 2 + root], [0.0600636, 0.3525073], 1e-7);
});

Deno.test("the mass matrix of the human arm with a wrist is the published one", () => {
  const published = [
    ...[0.4337921, 0.1406748, 0.0216720],
    ...[0.1406748, 0.0717176, 0.0146105],
    ...[0.0216720, 0.0146105, 0.0051615],
  ];
  // The published matrix stands on centres of mass and inertias rounded to four digits or so.
  const centresOfMass = [0.1419, 0.1099, 0.0956];
  const inertias = [0.021531, 0.006713, 0.001323];
  const rounded: Arm = {
    ...human3,
    links: human3.links.map((link, i) => ({
      ...link,
      centreOfMass: centresOfMass[i],
      inertia: inertias[i],
    })),
  };
  assertClose(massMatrix(rounded, [0.3, 0.6, 0.4]).flat(), published, 1e-7);
  assertClose(massMatrix(human3, [0.3, 0.6, 0.4]).flat(), published, 1e-5);
});

Deno.test("the quadratic form of the mass matrix is twice the kinetic energy, on every arm", () => {
  for (const arm of Object.values(arms)) {
    const { angles, velocities } = randomState(arm, `dynamics/energy/${arm.name}`);
    const twice = quadraticForm(massMatrix(arm, angles), velocities);
    assertClose([twice / 2], [kineticEnergy(arm, angles, velocities)], 1e-13);
  }
});

Deno.test("Coriolis and acceleration of arm26 under torques are the published ones", () => {
  assertClose(coriolisTorques(arm26, corner, [1, -2]), [0, 0.07290855], 1e-8);
  assertClose(
    inverseDynamics(arm26, corner, [1, -2], [7.1266711, -13.0987142]),
    [1, -0.5],
    1e-7,
  );
});

Deno.test("a force on the resting hand accelerates arm26 as published", () => {
  const [rowX, rowY] = handJacobian(arm26, corner);
  assertClose(
    inverseDynamics(arm26, corner, [0, 0], [-6.9298648, 9.3843865]),
    [0, 1].map((j) => 3 * rowX[j] - 4 * rowY[j]),
    1e-7,
  );
});

Deno.test("gravity torques of arm26 are the published ones", () => {
  assertClose(gravityTorques(arm26, [0, 0], 9.81), [9.0597312, 2.3146695], 1e-7);
  assertClose(gravityTorques(arm26, corner, 9.81), [3.1327604, -1.6367185], 1e-7);
});

Deno.test("gravity torques are the derivatives of the potential energy", () => {
  const potential = (q: number[]) => {
    const points = jointPositions(human3, q);
    return human3.links.reduce((sum, { mass, centreOfMass, length }, i) => {
      const rise = (points[i + 1][1] - points[i][1]) * centreOfMass / length;
      return sum + 9.81 * mass * (points[i][1] + rise);
    }, 0);
  };
  const { angles } = randomState(human3, "dynamics/potential");
  const h = 1e-6;
  const derivatives = angles.map((_, j) => {
    const at = (sign: number) => potential(angles.map((q, k) => k === j ? q + sign * h : q));
    return (at(1) - at(-1)) / (2 * h);
  });
  assertClose(gravityTorques(human3, angles, 9.81), derivatives, 1e-8);
});

Deno.test("Coriolis torques are those of Lagrange's equations, on every arm", () => {
  const h = 1e-6;
  for (const arm of Object.values(arms)) {
    const { angles, velocities } = randomState(arm, `dynamics/lagrange/${arm.name}`);
    const shifted = (direction: readonly number[], sign: number) =>
      angles.map((angle, j) => angle + sign * h * direction[j]);
    const ahead = massMatrix(arm, shifted(velocities, 1));
    const behind = massMatrix(arm, shifted(velocities, -1));
    // d/dt (∂T/∂q̇) − ∂T/∂q with q̈ = 0: Ṁ q̇ − ∂T/∂q
    const expected = angles.map((_, i) => {
      const momentum = velocities.reduce(
        (sum, rate, j) => sum + (ahead[i][j] - behind[i][j]) / (2 * h) * rate,
        0,
      );
      const axis = angles.map((_, j) => i === j ? 1 : 0);
      const slope = (kineticEnergy(arm, shifted(axis, 1), velocities) -
        kineticEnergy(arm, shifted(axis, -1), velocities)) / (2 * h);
      return momentum - slope;
    });
    assertClose(coriolisTorques(arm, angles, velocities), expected, 1e-8);
  }
});

Deno.test("inverse dynamics adds inertia, Coriolis, gravity and viscosity", () => {
  const viscous: Arm = { ...arm26, viscosity: [[0.05, 0.025], [0.025, 0.05]] };
  const { angles, velocities, accelerations } = randomState(viscous, "dynamics/sum");
  const matrix = massMatrix(viscous, angles);
  const coriolis = coriolisTorques(viscous, angles, velocities);
  const weight = gravityTorques(viscous, angles, 9.81);
  assertClose(
    inverseDynamics(viscous, angles, velocities, accelerations, 9.81),
    [0, 1].map((i) =>
      matrix[i][0] * accelerations[0] + matrix[i][1] * accelerations[1] + coriolis[i] + weight[i] +
      viscous.viscosity[i][0] * velocities[0] + viscous.viscosity[i][1] * velocities[1]
    ),
    1e-12,
  );
});

Deno.test("states of the wrong size are refused", () => {
  assert.throws(() => massMatrix(human3, [1, 2]), /angles \[1,2\] .* 3 joints of human3/);
  assert.throws(() => coriolisTorques(arm26, corner, [1]), /velocities \[1\]/);
  assert.throws(() => inverseDynamics(arm26, corner, [0, 0], [NaN, 0]), /accelerations \[NaN,0\]/);
});
