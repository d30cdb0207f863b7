/** Positions, velocities, inverse kinematics and muscle geometry of the planar arms. */
import assert from "node:assert/strict";
import type { Arm } from "../../sim/arms/arm.ts";
import { arms, findArm } from "../../sim/arms/catalogue.ts";
import {
  closestPosture,
  handJacobian,
  handPosition,
  handVelocity,
  inverseKinematics,
  jointPositions,
  middlePosture,
  nearestInReach,
  reach,
  withinLimits,
} from "../../sim/arms/kinematics.ts";
import { muscleGeometry, muscleTorques, muscleVelocities } from "../../sim/arms/muscles.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";

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

const postureWithinLimits = (arm: Arm, random: RandomStream) =>
  arm.joints.map(({ lower, upper }) => random.uniform(lower, upper));

const randomNumbers = (count: number, random: RandomStream) =>
  Array.from({ length: count }, () => random.uniform(-3, 3));

/** (f(q + h v) − f(q − h v)) / 2h, the derivative of f along v. */
function along(f: (q: number[]) => readonly number[], q: number[], v: readonly number[]) {
  const h = 1e-6;
  const forward = f(q.map((angle, j) => angle + h * v[j]));
  const backward = f(q.map((angle, j) => angle - h * v[j]));
  return forward.map((value, i) => (value - backward[i]) / (2 * h));
}

const unit = (count: number, index: number) =>
  Array.from({ length: count }, (_, j) => j === index ? 1 : 0);

Deno.test("the hand of arm26 at (π/4, π/2) is where the published equations put it", () => {
  assertClose(handPosition(arm26, corner), [-0.0169705627, 0.4539625535], 1e-10);
});

Deno.test("the hand of the human arm with a wrist is where the published equations put it", () => {
  assertClose(handPosition(human3, [0.3, 0.6, 0.4]), [0.5203407, 0.4784443], 1e-7);
});

Deno.test("joint positions run from the origin to the hand, a link's length apart", () => {
  const points = jointPositions(human3, [0.2, -0.7, 1.1]);
  assert.deepEqual(points[0], [0, 0]);
  assert.equal(points.length, 4);
  human3.links.forEach(({ length }, i) => {
    const [x, y] = points[i];
    assertClose([Math.hypot(points[i + 1][0] - x, points[i + 1][1] - y)], [length], 1e-15);
  });
  assert.deepEqual(points[3], handPosition(human3, [0.2, -0.7, 1.1]));
});

Deno.test("the Jacobian is the derivative of the hand's position, on every arm", () => {
  for (const arm of Object.values(arms)) {
    const random = randomStream(1, `kinematics/jacobian/${arm.name}`);
    const angles = postureWithinLimits(arm, random);
    const [rowX, rowY] = handJacobian(arm, angles);
    arm.joints.forEach((_, j) => {
      const derivative = along((q) => handPosition(arm, q), angles, unit(angles.length, j));
      assertClose([rowX[j], rowY[j]], derivative, 1e-9);
    });
  }
});

Deno.test("the hand's velocity is the derivative of its position along a motion", () => {
  for (const arm of [arm26, human3]) {
    const random = randomStream(2, `kinematics/motion/${arm.name}`);
    const angles = postureWithinLimits(arm, random);
    const rates = randomNumbers(angles.length, random);
    const derivative = along((q) => handPosition(arm, q), angles, rates);
    assertClose(handVelocity(arm, angles, rates), derivative, 1e-8);
  }
});

Deno.test("inverse kinematics of (-0.1, 0.4) gives the two known postures of arm26", () => {
  assertClose(inverseKinematics(arm26, [-0.1, 0.4]), [0.8968815, 1.7484596], 1e-7);
  assertClose(
    inverseKinematics(arm26, [-0.1, 0.4], { elbow: -1 }),
    [2.7346685, -1.7484596],
    1e-7,
  );
});

Deno.test("two links: the closed form undoes forward kinematics for either elbow", () => {
  const random = randomStream(3, "kinematics/round-trip");
  for (const elbow of [1, -1] as const) {
    for (let i = 0; i < 200; i++) {
      const angles = [random.uniform(-Math.PI, Math.PI), elbow * random.uniform(0.01, 3.1)];
      assertClose(
        inverseKinematics(arm26, handPosition(arm26, angles), { elbow }),
        angles,
        1e-9,
      );
    }
  }
});

Deno.test("two links: near chooses the elbow and the turn of the shoulder", () => {
  const point = [-0.1, 0.4] as const;
  assertClose(
    inverseKinematics(arm26, point, { near: [2.5, -1] }),
    [2.7346685, -1.7484596],
    1e-7,
  );
  assertClose(
    inverseKinematics(arm26, point, { near: [7, 1.5] }),
    [0.8968815 + 2 * Math.PI, 1.7484596],
    1e-7,
  );
  assertClose(
    inverseKinematics(arm26, point, { near: [2.5, -1], elbow: 1 }),
    [0.8968815, 1.7484596],
    1e-7,
  );
});

Deno.test("two links: a stretched arm reaches exactly as far as it is long", () => {
  const { outer } = reach(arm26);
  assertClose(inverseKinematics(arm26, [0, outer]), [Math.PI / 2, 0], 1e-7);
});

Deno.test("three links: the search reaches every hand position within the joints' limits", () => {
  const random = randomStream(4, "kinematics/search");
  for (let i = 0; i < 300; i++) {
    const point = handPosition(human3, postureWithinLimits(human3, random));
    const start = postureWithinLimits(human3, random);
    for (const options of [{}, { near: start }]) {
      const angles = inverseKinematics(human3, point, options);
      assertClose(handPosition(human3, angles), point, 1e-8);
      human3.joints.forEach(({ lower, upper, name }, j) => {
        assert.ok(angles[j] >= lower && angles[j] <= upper, `${name} leaves its limits`);
      });
    }
  }
});

Deno.test("three links: a posture that already reaches the point is left as it is", () => {
  const angles = [0.3, 0.6, 0.4];
  assert.deepEqual(
    inverseKinematics(human3, handPosition(human3, angles), { near: angles }),
    angles,
  );
});

Deno.test("unreachable points are refused, naming the point and the reach", () => {
  assert.throws(
    () => inverseKinematics(arm26, [0.5, 0.5]),
    /RangeError: point \(0\.5, 0\.5\) m is 0\.707\d* m .* arm26 reaches 0\.02\d* to 0\.642 m/,
  );
  assert.throws(() => inverseKinematics(arm26, [0.01, 0]), /point \(0\.01, 0\)/);
  assert.throws(() => inverseKinematics(human3, [1, 0]), /point \(1, 0\)/);
  assert.throws(() => inverseKinematics(arm26, [NaN, 0]), /point \(NaN, 0\)/);
  // Behind the shoulder, stretched: near enough, but beyond the joints' limits.
  assert.throws(() => inverseKinematics(human3, [-0.1, -0.7]), /no posture of human3 within/);
});

Deno.test("the closest posture reaches what can be reached and stays within the limits", () => {
  for (const arm of [arm26, human3]) {
    const random = randomStream(7, `kinematics/closest/${arm.name}`);
    for (let i = 0; i < 100; i++) {
      const near = postureWithinLimits(arm, random);
      const point = handPosition(arm, postureWithinLimits(arm, random));
      assertClose(handPosition(arm, closestPosture(arm, point, near)), point, 1e-8);
      const anywhere = [random.uniform(-1, 1), random.uniform(-1, 1)] as const;
      assert.ok(withinLimits(arm, closestPosture(arm, anywhere, near)));
    }
  }
});

Deno.test("beyond reach the closest posture stretches towards the point", () => {
  assertClose(closestPosture(arm26, [3, 3]), [Math.PI / 4, 0], 1e-7);
});

Deno.test("where the limits forbid a point, no posture comes closer than the closest", () => {
  const point = [0.1, -0.6] as const;
  const distanceOf = (angles: number[]) => {
    const [x, y] = handPosition(arm26, angles);
    return Math.hypot(x - point[0], y - point[1]);
  };
  const closest = distanceOf(closestPosture(arm26, point));
  const [shoulder, elbow] = arm26.joints;
  for (let i = 0; i <= 100; i++) {
    for (let j = 0; j <= 100; j++) {
      assert.ok(distanceOf([shoulder.upper * i / 100, elbow.upper * j / 100]) > closest - 1e-9);
    }
  }
});

Deno.test("the nearest point in reach lies on the same ray", () => {
  assertClose(nearestInReach(arm26, [3, 4]), [0.642 * 0.6, 0.642 * 0.8], 1e-12);
  assertClose(nearestInReach(arm26, [0.003, 0.004]), [0.024 * 0.6, 0.024 * 0.8], 1e-12);
  assert.deepEqual(nearestInReach(arm26, [0.3, 0.1]), [0.3, 0.1]);
  assertClose([Math.hypot(...nearestInReach(arm26, [0, 0]))], [0.024], 1e-12);
});

Deno.test("wrong postures and choices are refused", () => {
  assert.throws(() => handPosition(arm26, [1]), /angles \[1\] .* 2 joints of arm26/);
  assert.throws(() => handPosition(arm26, [1, Infinity]), /angles \[1,Infinity\]/);
  assert.throws(() => handVelocity(arm26, corner, [1]), /velocities \[1\]/);
  assert.throws(() => inverseKinematics(arm26, [0, 0.4], { near: [1] }), /near \[1\]/);
  assert.throws(() => inverseKinematics(human3, [0, 0.4], { elbow: 1 }), /two links only/);
});

Deno.test("the middle posture of arm26 is (67.5°, 77.5°)", () => {
  assertClose(middlePosture(arm26).map((angle) => angle * 180 / Math.PI), [67.5, 77.5], 1e-12);
});

Deno.test("muscle lengths and elbow moment arms at (π/4, π/2) are the published ones", () => {
  const { lengths, momentArms } = muscleGeometry(arm26, corner);
  assertClose(
    lengths,
    [0.1745619, 0.2086381, 0.2540392, 0.2693416, 0.3172650, 0.3145663],
    1e-7,
  );
  assertClose(
    momentArms.map((arms) => arms[1]),
    [0, 0, -0.0265664, 0.0180885, -0.0339071, 0.0199469],
    1e-7,
  );
  assertClose(momentArms.map((arms) => arms[0]), [-0.03, 0.03, 0, 0, -0.03, 0.03], 0);
});

Deno.test("moment arms are the derivatives of the muscles' lengths everywhere", () => {
  const random = randomStream(5, "muscles/moment-arms");
  for (let i = 0; i < 50; i++) {
    const angles = postureWithinLimits(arm26, random);
    const { momentArms } = muscleGeometry(arm26, angles);
    arm26.joints.forEach((_, j) =>
      assertClose(
        momentArms.map((arms) => arms[j]),
        along((q) => muscleGeometry(arm26, q).lengths, angles, unit(2, j)),
        1e-9,
      )
    );
  }
});

Deno.test("the power of muscle forces is that of the torques which they make", () => {
  const random = randomStream(6, "muscles/power");
  const geometry = muscleGeometry(arm26, postureWithinLimits(arm26, random));
  const rates = randomNumbers(2, random);
  const forces = arm26.muscles.map(({ maximalForce }) => random.uniform(0, maximalForce));
  const torques = muscleTorques(geometry, forces, 2);
  const shortening = muscleVelocities(geometry, rates);
  assertClose(
    [torques[0] * rates[0] + torques[1] * rates[1]],
    [-forces.reduce((power, force, m) => power + force * shortening[m], 0)],
    1e-10,
  );
});

Deno.test("an arm without muscles has an empty geometry", () => {
  assert.deepEqual(muscleGeometry(human3, [0, 0, 0]), { lengths: [], momentArms: [] });
});
