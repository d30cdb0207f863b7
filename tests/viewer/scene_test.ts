/** The parts of the scene that need no browser: chains, what lies between frames, places, shapes. */
import assert from "node:assert/strict";
import { describeRobot, describeRobotScene } from "../../agents/episodes/robot_description.ts";
import { describeTask } from "../../agents/episodes/task_scenes.ts";
import { coordinateUnits } from "../../cluster/scene_frame.ts";
import { sceneDescription } from "../../cluster/scene_protocol.ts";
import { randomStream } from "../../sim/random.ts";
import { robots } from "../../sim/robots/catalogue.ts";
import { jointFrames, linkFrames, toolFrame } from "../../sim/robots/chain.ts";
import { pandaWithHand } from "../../sim/robots/panda_hand.ts";
import { poseAt, type Robot } from "../../sim/robots/robot.ts";
import { Chain, matrixSize } from "../../viewer/web/scene/chain.ts";
import { Crowd } from "../../viewer/web/scene/crowd.ts";
import { Episode } from "../../viewer/web/scene/episode.ts";
import { mixCoordinates } from "../../viewer/web/scene/mix.ts";
import { placesOf } from "../../viewer/web/scene/places.ts";
import { ShapeGeometry } from "../../viewer/web/scene/shape_geometry.ts";
import { numbers } from "../sim/numbers.ts";

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not ${expected}`);

Deno.test("links and tools are drawn where the equations of motion have them, in every copy", () => {
  const random = randomStream(1, "postures");
  const copies = 3;
  const offsets = Float32Array.from({ length: 3 * copies }, () => random.uniform(-2, 2));
  for (const robot of [...robots, pandaWithHand]) {
    const chain = new Chain(describeRobot(robot), offsets);
    const stride = robot.joints.length;
    const angles = Array.from({ length: copies * stride }, () => random.uniform(-3, 3));
    chain.pose(angles, stride);
    for (let copy = 0; copy < copies; copy++) {
      const posture = angles.slice(copy * stride, (copy + 1) * stride);
      const links = linkFrames(numbers, jointFrames(numbers, robot, posture));
      const at = copy * matrixSize;
      links.forEach(({ position, rotation }, link) => {
        const matrix = chain.links[link].subarray(at, at + matrixSize);
        for (let row = 0; row < 3; row++) {
          const what = `${robot.name}, link ${link}`;
          near(matrix[12 + row], position[row] + offsets[3 * copy + row], 2e-6, what);
          for (let column = 0; column < 3; column++) {
            near(matrix[4 * column + row], rotation[row][column], 2e-6, what);
          }
        }
        assert.deepEqual([3, 7, 11, 15].map((i) => matrix[i]), [0, 0, 0, 1]);
      });
      const { position } = toolFrame(numbers, robot, links);
      chain.tool(copy).forEach((value, axis) =>
        near(value, position[axis] + offsets[3 * copy + axis], 3e-6, `${robot.name}'s tool`)
      );
    }
  }
});

Deno.test("the fingers of a gripper slide apart, each along its own side of the hand", () => {
  const scene = describeTask("PandaPush");
  const [left, right] = [7, 8];
  const chain = new Chain(scene.robot, new Float32Array(3));
  const apart = (opening: number) => {
    chain.pose([0, 0, 0, -1.5, 0, 1.5, 0, opening, opening], 9);
    const [a, b] = [left, right].map((finger) => chain.links[finger].subarray(12, 15));
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  };
  near(apart(0), 0, 1e-6, "closed");
  near(apart(0.04), 0.08, 1e-6, "open");
});

Deno.test("between two frames angles go the shorter way and quaternions stay of length 1", () => {
  const into = new Float32Array(6);
  const half = Math.SQRT1_2;
  mixCoordinates(
    [3, 1, 0, 0, 0, 1],
    [-3, 2, 0, 0, -half, -half],
    0.5,
    ["angle", "length", "quaternion", "quaternion", "quaternion", "quaternion"],
    into,
  );
  near(Math.abs(into[0]), Math.PI, 1e-6, "half way round");
  near(into[1], 1.5, 1e-7, "the length");
  // The second quaternion is a quarter turn, written the other way round.
  near(into[4], Math.sin(Math.PI / 8), 1e-6, "half of a quarter turn");
  near(into[5], Math.cos(Math.PI / 8), 1e-6, "half of a quarter turn");
});

Deno.test("an episode is shown at any time, and stands still before its start and after its end", () => {
  const scene = describeRobotScene(robots[0], 0.1);
  const episode = new Episode({
    scene,
    seed: 0,
    policy: "by hand",
    outcomes: [{ return: 0 }],
    frames: [0, 1, 2].map((step) => ({ episode: 0, step, copies: 1, coordinates: [step, -step] })),
  });
  near(episode.duration, 0.2, 1e-12, "its length");
  for (
    const [time, angle] of [[-1, 0], [0, 0], [0.05, 0.5], [0.1, 1], [0.175, 1.75], [0.2, 2], [9, 2]]
  ) {
    const [shoulder, elbow] = episode.at(time);
    near(shoulder, angle, 1e-6, `at ${time} s`);
    near(elbow, -angle, 1e-6, `at ${time} s`);
  }
});

Deno.test("copies stand side by side without touching, within what is to be seen", () => {
  const alone = { low: [-0.5, -0.2, 0], high: [1, 0.4, 0.7] } as const;
  for (const copies of [1, 2, 3, 7, 16, 1000]) {
    const { offsets, extent } = placesOf(copies, alone);
    const boxes = Array.from({ length: copies }, (_, copy) =>
      [0, 1].map((axis) => [
        alone.low[axis] + offsets[3 * copy + axis],
        alone.high[axis] + offsets[3 * copy + axis],
      ]));
    boxes.forEach((box, copy) => {
      box.forEach(([low, high], axis) =>
        assert.ok(
          low >= extent.low[axis] - 1e-4 && high <= extent.high[axis] + 1e-4,
          `copy ${copy}`,
        )
      );
      for (const other of boxes.slice(0, copy)) {
        assert.ok(
          box.some(([low, high], axis) => high <= other[axis][0] || low >= other[axis][1]),
          `copy ${copy} of ${copies} overlaps another`,
        );
      }
    });
  }
  assert.throws(() => placesOf(0, alone), /0 copies/);
});

Deno.test("a thousand robots take as many draw calls as one, and few triangles", () => {
  const scene = describeTask("PandaPush");
  const [one, thousand] = [1, 1000].map((copies) =>
    new Crowd(scene, placesOf(copies, scene.extent).offsets)
  );
  assert.equal(thousand.calls, one.calls);
  assert.ok(thousand.calls <= 16, `${thousand.calls} calls`);
  assert.ok(thousand.triangles <= 2_000_000, `${thousand.triangles} triangles`);
  const { length } = coordinateUnits(scene);
  thousand.pose(new Float32Array(1000 * length));
  assert.throws(() => one.pose([0]), /1 coordinates; expected 19 of each of 1 copies/);
});

Deno.test("every link of every robot has something to be drawn", () => {
  for (const robot of robots) {
    const scene = sceneDescription.parse(describeRobotScene(robot, 0.02));
    const shapes = scene.robot.links.map(({ shapes }) => shapes);
    assert.ok(shapes.every((ofLink) => ofLink.length > 0), robot.name);
  }
});

Deno.test("a robot without shapes of its own is drawn as bars from joint to joint", () => {
  const strange: Robot = {
    ...robots[0],
    name: "strange",
    joints: robots[0].joints.map((joint, i) => ({ ...joint, origin: poseAt([0, 0, 0.2 * i]) })),
  };
  const { links } = describeRobot(strange);
  const [bar] = links[0].shapes;
  assert.equal(bar.kind, "capsule");
  assert.deepEqual(bar.kind === "capsule" && [bar.from, bar.to], [[0, 0, 0], [0, 0, 0.2]]);
});

Deno.test("shapes that are drawn together keep their sizes, their places and their colours", () => {
  const drawn = new ShapeGeometry([
    {
      kind: "capsule",
      from: [0, 0, 0],
      to: [0.3, 0, 0],
      radius: 0.05,
      endRadius: 0.02,
      tone: "link",
    },
    { kind: "ball", centre: [0, 0, 1], radius: 0.1, tone: "joint" },
  ], 16);
  drawn.paint({ link: [1, 0, 0], joint: [0, 1, 0], tool: [0, 0, 1] });
  drawn.geometry.computeBoundingBox();
  const { min, max } = drawn.geometry.boundingBox!;
  near(min.x, -0.1, 1e-6, "the ball's left");
  near(max.x, 0.32, 1e-6, "the bar's end");
  near(max.z, 1.1, 1e-6, "the ball's top");
  near(min.z, -0.05, 1e-3, "the bar's lower side");
  const places = drawn.geometry.getAttribute("position");
  const colours = drawn.geometry.getAttribute("color");
  for (let i = 0; i < places.count; i++) {
    const isBall = places.getZ(i) > 0.5;
    assert.deepEqual([colours.getX(i), colours.getY(i)], isBall ? [0, 1] : [1, 0]);
  }
});
