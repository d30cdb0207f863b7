/** Reading arms from URDF: the numbers, what is merged or left out, and what is refused by name. */
import assert from "node:assert/strict";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { RobotWorld } from "../../../sim/robots/cannon/robot_world.ts";
import { inverseDynamics, jointFrames, linkFrames, toolFrame } from "../../../sim/robots/chain.ts";
import { robotOfArm } from "../../../sim/robots/planar.ts";
import type { Robot } from "../../../sim/robots/robot.ts";
import { ur5e } from "../../../sim/robots/universal_robots.ts";
import { readUrdf } from "../../../sim/robots/urdf.ts";
import { numbers } from "../numbers.ts";

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `[${actual.join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

/** Numbers that depend on all of a robot's frames, masses and inertias. */
function signature(robot: Robot, angles: readonly number[]): number[] {
  const frames = jointFrames(numbers, robot, angles);
  const { position, rotation } = toolFrame(numbers, robot, linkFrames(numbers, frames));
  const rates = angles.map((_, j) => 1 - 0.3 * j);
  const torques = inverseDynamics(numbers, robot, frames, rates, [0.3, -2, -9.81], rates);
  return [...position, ...rotation.flat(), ...torques];
}

const arm26 = `<?xml version="1.0"?>
<robot name="arm26">
  <link name="body"/>
  <joint name="shoulder" type="revolute">
    <parent link="body"/><child link="upper arm"/>
    <axis xyz="0 0 2"/>
    <limit lower="0" upper="2.356194490192345" effort="10" velocity="20"/>
  </joint>
  <link name="upper arm">
    <inertial>
      <origin xyz="0.135 0 0"/><mass value="1.82"/>
      <inertia ixx="0.051" iyy="0.051" izz="0.051" ixy="0" ixz="0" iyz="0"/>
    </inertial>
  </link>
  <joint name="elbow" type="revolute">
    <origin xyz="0.309 0 0"/>
    <parent link="upper arm"/><child link="forearm"/>
    <axis xyz="0 0 1"/>
    <limit lower="0" upper="2.705260340591211" effort="10" velocity="20"/>
    <dynamics damping="0.3"/>
  </joint>
  <link name="forearm">
    <visual><geometry><mesh filename="forearm.dae"/></geometry></visual>
    <inertial>
      <origin xyz="0.165 0 0"/><mass value="1.43"/>
      <inertia ixx="0.057" iyy="0.057" izz="0.057"/>
    </inertial>
  </link>
  <joint name="wrist" type="fixed">
    <origin xyz="0.333 0 0"/><parent link="forearm"/><child link="hand"/>
  </joint>
  <link name="hand"/>
</robot>`;

Deno.test("a planar arm from URDF is the one in the catalogue", () => {
  const { robot, leftOut } = readUrdf(arm26);
  assert.deepEqual(leftOut, []);
  assert.deepEqual(robot.joints.map(({ name }) => name), ["shoulder", "elbow"]);
  assert.deepEqual(robot.joints.map(({ damping }) => damping), [0, 0.3]);
  assert.deepEqual(robot.joints.map(({ axis }) => axis), [[0, 0, 1], [0, 0, 1]]);
  assert.deepEqual(robot.joints.map(({ maximalTorque }) => maximalTorque), [10, 10]);
  assert.deepEqual(robot.joints.map(({ maximalSpeed }) => maximalSpeed), [20, 20]);
  const expected = robotOfArm({ ...findArm("arm26"), viscosity: [[0, 0], [0, 0.3]] });
  near(signature(robot, [0.4, 1.1]), signature(expected, [0.4, 1.1]), 1e-12);
  near(robot.joints.map(({ upper }) => upper), expected.joints.map(({ upper }) => upper), 1e-12);
});

const link = (name: string, mass: number, com: string, x: number, y: number, z: number) => `
  <link name="${name}">
    <inertial>
      <origin xyz="${com}" rpy="0 0 0"/><mass value="${mass}"/>
      <inertia ixx="${x}" iyy="${y}" izz="${z}" ixy="0" ixz="0" iyz="0"/>
    </inertial>
  </link>`;
const joint = (
  name: string,
  parent: string,
  child: string,
  xyz: string,
  rpy: string,
  lower = -6.3,
) => `
  <joint name="${name}" type="revolute">
    <origin xyz="${xyz}" rpy="${rpy}"/><parent link="${parent}"/><child link="${child}"/>
    <axis xyz="0 0 1"/><limit lower="${lower}" upper="${-lower}" effort="150" velocity="3.14"/>
  </joint>`;
const half = "1.5707963267948966", whole = "3.141592653589793";

const likeUr5e = `<robot name="like-ur5e">
  <link name="world"/>
  <joint name="stand" type="fixed"><parent link="world"/><child link="base"/></joint>
  ${link("base", 4, "0 0 0", 0.0061, 0.0061, 0.01125)}
  ${joint("pan", "base", "shoulder", "0 0 0.1625", "0 0 0")}
  ${link("shoulder", 3.761, "0 -0.00193 -0.02561", 0.0102675, 0.0102675, 0.00666)}
  ${joint("lift", "shoulder", "upper", "0 0 0", `${half} 0 0`)}
  ${link("upper", 8.058, "-0.2125 0 0.11336", 0.0151074, 0.133886, 0.133886)}
  ${joint("elbow", "upper", "forearm", "-0.425 0 0", "0 0 0", -3.14)}
  ${link("forearm", 2.846, "-0.2422 0 0.0265", 0.004095, 0.0312094, 0.0312094)}
  ${joint("wrist 1", "forearm", "wrist 1", "-0.3922 0 0.1333", "0 0 0")}
  ${link("wrist 1", 1.37, "0 -0.01634 -0.0018", 0.0025599, 0.0025599, 0.0021942)}
  ${joint("wrist 2", "wrist 1", "wrist 2", "0 -0.0997 0", `${half} 0 0`)}
  ${link("wrist 2", 1.3, "0 0.01634 -0.0018", 0.0025599, 0.0025599, 0.0021942)}
  ${joint("wrist 3", "wrist 2", "wrist 3", "0 0.0996 0", `${half} ${whole} ${whole}`)}
  ${link("wrist 3", 0.365, "0 0 -0.001159", 9.89e-5, 9.89e-5, 1.3212e-4)}
  <joint name="flange" type="fixed">
    <origin rpy="0 -${half} -${half}"/><parent link="wrist 3"/><child link="flange"/>
  </joint>
  <link name="flange"/>
</robot>`;

Deno.test("a UR5e from URDF has the kinematics and the dynamics of the catalogue's", () => {
  const { robot } = readUrdf(likeUr5e, { tip: "wrist 3", source: "a test" });
  assert.equal(robot.source, "a test");
  for (const angles of [[0, 0, 0, 0, 0, 0], [0.1, -1, 1.2, -0.5, 0.3, 0.7]]) {
    near(signature(robot, angles), signature(ur5e, angles), 1e-12);
  }
  const flange = readUrdf(likeUr5e).robot;
  near(flange.tool.position, [0, 0, 0], 0);
  near(flange.tool.rotation.flat(), [0, 1, 0, 0, 0, 1, 1, 0, 0], 1e-12);
});

/** A hinge with what is given in its link, and after it. */
const hinge = (inLink: string, after = "", inJoint = "") =>
  `<robot name="hinge">
  <link name="base"/>
  <joint name="hinge" type="continuous">
    <origin xyz="0 0 0.5"/><parent link="base"/><child link="arm"/><axis xyz="0 1 0"/>${inJoint}
  </joint>
  <link name="arm">
    <inertial><mass value="2"/><inertia ixx="0.1" iyy="0.2" izz="0.3"/></inertial>${inLink}
  </link>${after}
</robot>`;

Deno.test("what is fixed to a link is a part of it: mass, inertia, shapes", () => {
  const { robot, shapes } = readUrdf(
    hinge(
      `<collision><geometry><box size="1 2 3"/></geometry></collision>`,
      `<joint name="weld" type="fixed">
      <origin xyz="0 0 1" rpy="0 0 ${half}"/><parent link="arm"/><child link="weight"/>
    </joint>
    <link name="weight">
      <inertial>
        <origin xyz="1 0 0"/><mass value="2"/><inertia ixx="0.01" iyy="0.02" izz="0.03"/>
      </inertial>
      <collision>
        <origin xyz="0.5 0 0"/><geometry><cylinder radius="0.1" length="0.4"/></geometry>
      </collision>
      <collision><geometry><sphere radius="0.2"/></geometry></collision>
    </link>`,
    ),
    { tip: "weight" },
  );
  const [arm] = robot.links;
  assert.equal(arm.mass, 4);
  // The weight's middle is at (0, 1, 1); each of the two is √½ m from the middle of both.
  near(arm.centreOfMass, [0, 0.5, 0.5], 1e-15);
  near(
    arm.inertia.flat(),
    [0.1 + 0.02 + 2, 0, 0, 0, 0.2 + 0.01 + 1, -1, 0, -1, 0.3 + 0.03 + 1],
    1e-12,
  );
  assert.deepEqual(shapes[0].map(({ primitive }) => primitive), [
    { kind: "box", size: [1, 2, 3] },
    { kind: "cylinder", radius: 0.1, length: 0.4 },
    { kind: "sphere", radius: 0.2 },
  ]);
  near(shapes[0][1].pose.position, [0, 0.5, 1], 1e-15);
  near(robot.tool.position, [0, 0, 1], 1e-15);
  assert.deepEqual([robot.joints[0].lower, robot.joints[0].upper], [-Infinity, Infinity]);
});

Deno.test("an inertia is turned by its origin's angles", () => {
  const turned = hinge("").replace("<mass value", `<origin rpy="0 0 ${half}"/><mass value`);
  const [{ inertia }] = readUrdf(turned).robot.links;
  near(inertia.flat(), [0.2, 0, 0, 0, 0.1, 0, 0, 0, 0.3], 1e-15);
});

Deno.test("meshes and friction in joints are left out, and said so by name", () => {
  const { shapes, leftOut } = readUrdf(hinge(
    `<collision><geometry><mesh filename="package://arm.stl"/></geometry></collision>
     <collision><geometry><sphere radius="0.1"/></geometry></collision>`,
    "",
    `<dynamics damping="0.1" friction="0.2"/>`,
  ));
  assert.equal(shapes[0].length, 1);
  assert.deepEqual(leftOut, [
    'the mesh of a collision of link "arm": only primitives are read',
    'the friction of joint "hinge": joints have viscous damping only',
  ]);
});

Deno.test("an arm from URDF swings in cannon-es", () => {
  const { robot, shapes } = readUrdf(arm26);
  const world = new RobotWorld(
    { gravity: [0, -9.81, 0], objects: [], frictions: [] },
    [{ robot, shapes }],
  );
  const [bodies] = world.robots;
  bodies.place([1, 1], [0, 0]);
  for (let step = 0; step < 20; step++) world.step(0.002);
  assert.ok(bodies.rates()[0] < -0.1, "the upper arm should fall");
});

const another = (type: string, more = "") => `
  <joint name="second" type="${type}">
    <parent link="arm"/><child link="tip"/>${more}
  </joint>
  <link name="tip"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial></link>`;

const refused: readonly (readonly [what: string, text: string, message: RegExp, tip?: string])[] = [
  ["text that is no XML", "<robot name='a'>", /the text: is not well-formed XML: .*unclosed/],
  ["an empty text", "", /not well-formed/],
  ["an SDF file", "<sdf/>", /<sdf>: is the root; expected <robot>/],
  [
    "an external entity",
    `<!DOCTYPE robot [<!ENTITY secret SYSTEM "file:///etc/passwd">]>${hinge("&secret;")}`,
    /declares a document type; entities are not read/,
  ],
  ["an entity that nobody declared", hinge("&secret;"), /not well-formed.*secret/],
  [
    "xacro",
    `<robot name="a" xmlns:xacro="http://ros.org/wiki/xacro"><xacro:arm/></robot>`,
    /<xacro:arm>: is a macro; expected plain URDF/,
  ],
  ["a robot without a name", "<robot><link name='a'/></robot>", /<robot>: has no attribute "name"/],
  ["no joints", "<robot name='a'><link name='b'/></robot>", /no joint moves link "b"/],
  [
    "a prismatic joint",
    hinge("", another("prismatic")),
    /<joint name="second">: type is "prismatic"; expected revolute, continuous or fixed/,
  ],
  [
    "a mimic joint",
    hinge("", another("continuous", `<mimic joint="hinge"/>`)),
    /<joint name="second">: mimics another joint/,
  ],
  [
    "a revolute joint without limits",
    hinge("", another("revolute")),
    /<joint name="second">: has no <limit>/,
  ],
  [
    "limits the wrong way round",
    hinge("", another("revolute", `<limit lower="1" upper="-1" effort="1" velocity="1"/>`)),
    /<limit> of <joint name="second">: lower is 1 and upper -1; expected lower below upper/,
  ],
  [
    "a limit without effort",
    hinge("", another("revolute", `<limit lower="-1" upper="1" velocity="1"/>`)),
    /<limit> of <joint name="second">: has no attribute "effort"/,
  ],
  [
    "an axis without a direction",
    hinge("").replace("0 1 0", "0 0 0"),
    /<axis> of <joint name="hinge">: xyz is "0 0 0"; expected a direction/,
  ],
  [
    "too few numbers",
    hinge("").replace("0 0 0.5", "0 0"),
    /<origin> of <joint name="hinge">: xyz is "0 0"; expected 3 numbers/,
  ],
  [
    "a number with a unit",
    hinge("").replace(`value="2"`, `value="2kg"`),
    /<mass> of <inertial> of <link name="arm">: value is "2kg"; expected a number/,
  ],
  [
    "a negative mass",
    hinge("").replace(`value="2"`, `value="-2"`),
    /value is -2; expected at least 0/,
  ],
  [
    "a moving link without mass",
    hinge("").replace(/<inertial>.*<\/inertial>/, ""),
    /link "arm": moves and has no mass; expected an <inertial>/,
  ],
  [
    "a sphere without size",
    hinge(`<collision><geometry><sphere radius="0"/></geometry></collision>`),
    /<sphere> of <geometry> of <collision> of <link name="arm">: radius is 0; expected more than 0/,
  ],
  [
    "a shape that URDF does not have",
    hinge(`<collision><geometry><capsule/></geometry></collision>`),
    /has no shape; expected <box>, <cylinder>, <sphere> or <mesh>/,
  ],
  [
    "a joint to nowhere",
    hinge("").replace(`child link="arm"`, `child link="leg"`),
    /<child> of <joint name="hinge">: there is no link "leg"/,
  ],
  [
    "two links of one name",
    hinge("", "<link name='arm'/>"),
    /<link name="arm">: is there twice; expected names of their own/,
  ],
  [
    "a second robot in the file",
    hinge("", "<link name='other'/>"),
    /expected one link that no joint moves; there is base, other/,
  ],
  [
    "joints that go round",
    `<robot name="a"><link name="b"/><link name="c"/>
      <joint name="x" type="fixed"><parent link="b"/><child link="c"/></joint>
      <joint name="y" type="fixed"><parent link="c"/><child link="b"/></joint></robot>`,
    /there is none: its joints go round/,
    "b",
  ],
  [
    "a tip that is not there",
    hinge(""),
    /the tip: there is no link "hand"; there are base, arm/,
    "hand",
  ],
  [
    "two ends and no tip",
    hinge(
      "",
      `${another("fixed")}<link name="thumb"/>
      <joint name="third" type="fixed"><parent link="arm"/><child link="thumb"/></joint>`,
    ),
    /ends in tip, thumb; name the tip/,
  ],
  [
    "a tree",
    hinge(
      "",
      `${another("continuous")}<link name="thumb"/>
      <joint name="third" type="fixed"><parent link="arm"/><child link="thumb"/></joint>`,
    ),
    /joint "second": moves link "tip", which is not on the way to the tip "thumb"; expected a chain/,
    "thumb",
  ],
];

for (const [what, text, message, tip] of refused) {
  Deno.test(`${what} is refused`, () => {
    assert.throws(() => readUrdf(text, { tip }), { name: "RangeError", message });
  });
}
