/** Scenes from JSON. */
import assert from "node:assert/strict";
import { RobotWorld } from "../../../sim/robots/cannon/robot_world.ts";
import { readScene } from "../../../sim/robots/scene.ts";

const scene = `{
  "objects": [
    { "name": "table", "primitive": { "kind": "plane" }, "material": "wood" },
    { "name": "cube", "primitive": { "kind": "box", "size": [0.1, 0.1, 0.1] }, "mass": 1,
      "material": "plastic", "position": [0, 0, 0.05], "rollPitchYaw": [0, 0, 0.3] }
  ],
  "frictions": [{ "materials": ["wood", "plastic"], "coefficient": 0.3 }]
}`;

Deno.test("a scene from JSON rests on its table and bears its weight", () => {
  const world = new RobotWorld(readScene(scene));
  for (let step = 0; step < 200; step++) world.step(0.005);
  const { position, quaternion } = world.object("cube");
  assert.ok(Math.abs(position.z - 0.05) < 1e-5);
  assert.ok(Math.abs(2 * Math.atan2(quaternion.z, quaternion.w) - 0.3) < 1e-4);
  assert.ok(Math.abs(world.contactForce("cube")[2] - 9.81) < 0.01);
});

for (
  const [what, text, message] of [
    ["a plane with mass", scene.replace(`"wood" }`, `"wood", "mass": 3 }`), /plane stands still/],
    ["a box with two sides", scene.replace("[0.1, 0.1, 0.1]", "[0.1, 0.1]"), /primitive\.size/],
    ["a shape that is not offered", scene.replace(`"plane"`, `"cone"`), /primitive\.kind/],
    ["two objects of one name", scene.replace(`"table"`, `"cube"`), /a name of its own/],
    ["a word that is not expected", scene.replace(`"mass"`, `"weight"`), /weight/],
    ["negative friction", scene.replace("0.3 }]", "-0.3 }]"), /frictions\[0\]\.coefficient/],
  ] as const
) {
  Deno.test(`${what} is refused by name`, () => {
    assert.throws(() => readScene(text), { name: "RangeError", message });
  });
}
