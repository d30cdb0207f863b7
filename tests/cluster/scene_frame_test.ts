/** Scenes as bytes: what goes in comes out, to the stated precision, and nothing else is taken for one. */
import assert from "node:assert/strict";
import {
  coordinatesOfBody,
  coordinateUnits,
  decodeSceneFrame,
  encodeSceneFrame,
  type SceneFrame,
} from "../../cluster/scene_frame.ts";
import {
  checkedHeader,
  type SceneDescription,
  sceneDescription,
} from "../../cluster/scene_protocol.ts";
import {
  decodeRecording,
  encodeRecording,
  type SceneRecording,
} from "../../cluster/scene_recording.ts";

const place = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
const ball = { kind: "ball", centre: [0, 0, 0], radius: 0.02, tone: "link" } as const;

/** A hinge, a slide on it, a cube in space and a goal. */
const scene: SceneDescription = {
  type: "scene",
  version: 1,
  task: "a task",
  summary: "to see",
  timeStep: 0.05,
  robot: {
    name: "crane",
    summary: "a hinge and a slide",
    place,
    base: [],
    joints: [
      { name: "turn", parent: -1, motion: "turns", origin: place, axis: [0, 0, 1] },
      { name: "reach", parent: 0, motion: "slides", origin: place, axis: [1, 0, 0] },
    ],
    links: [{ name: "mast", shapes: [ball] }, { name: "boom", shapes: [ball] }],
    tool: { link: 1, pose: place },
  },
  bodies: [
    { name: "cube", role: "object", motion: "space", place, shapes: [ball] },
    { name: "goal", role: "goal", motion: "point", place, shapes: [ball] },
    { name: "wall", role: "fixture", motion: "fixed", place, shapes: [ball] },
  ],
  extent: { low: [-1, -1, 0], high: [1, 1, 1] },
};

const units = coordinateUnits(scene);
const half = Math.SQRT1_2;
const frame: SceneFrame = {
  episode: 4_000_000_000,
  step: 65_535,
  copies: 2,
  coordinates: [
    ...[3, 0.25, 0.5, -0.125, 0.02, half, 0, 0, -half, 1, 2, -3],
    ...[-3, 0, 1e-5, 3, -3, 0, 0, 0, 1, 0, 0, 0],
  ],
};

Deno.test("a scene's coordinates are those of its joints, then of each body that moves", () => {
  assert.deepEqual(units.slice(0, 2), ["angle", "length"]);
  assert.deepEqual(scene.bodies.map(coordinatesOfBody), [7, 3, 0]);
  assert.equal(units.length, 12);
  assert.deepEqual(units.slice(5, 9), ["quaternion", "quaternion", "quaternion", "quaternion"]);
});

Deno.test("a scene's frame comes out as it went in, to within half a step of 16 bits", () => {
  const decoded = decodeSceneFrame(encodeSceneFrame(frame, units), units);
  assert.equal(decoded.episode, frame.episode);
  assert.equal(decoded.step, frame.step);
  assert.equal(decoded.copies, 2);
  const largest = { angle: Math.PI / 65_536, length: 0.5e-4, quaternion: 0.5 / 32_767 };
  for (let i = 0; i < frame.coordinates.length; i++) {
    const off = Math.abs(decoded.coordinates[i] - frame.coordinates[i]);
    assert.ok(off <= largest[units[i % units.length]] + 1e-6, `coordinate ${i} is off by ${off}`);
  }
});

Deno.test("angles go round; lengths beyond the field are told as its bound", () => {
  const [angle, length] = decodeSceneFrame(
    encodeSceneFrame({ ...frame, copies: 1, coordinates: [3 * Math.PI - 0.5, -7] }, [
      "angle",
      "length",
    ]),
    ["angle", "length"],
  ).coordinates as Float32Array;
  assert.ok(Math.abs(angle - (Math.PI - 0.5)) < 1e-4, `${angle}`);
  assert.ok(Math.abs(length + 3.2767) < 1e-6, `${length}`);
});

Deno.test("what does not fit a scene's frame is refused, and so are bytes that are none", () => {
  const encode = (change: Partial<SceneFrame>) => () =>
    encodeSceneFrame({ ...frame, ...change }, units);
  assert.throws(encode({ copies: 3 }), /24 coordinates of 3 copies; expected 12 of each/);
  assert.throws(encode({ step: 65_536 }), /step 65536/);
  assert.throws(encode({ episode: -1 }), /episode -1/);
  assert.throws(
    encode({ copies: 1, coordinates: [...Array(11).fill(0), NaN] }),
    /coordinate 11 is NaN/,
  );

  const bytes = encodeSceneFrame(frame, units);
  const changed = (index: number, value: number) => {
    const copy = bytes.slice();
    copy[index] = value;
    return copy;
  };
  for (
    const wrong of [
      new Uint8Array(0),
      bytes.subarray(0, 11),
      bytes.subarray(0, bytes.length - 1),
      new Uint8Array([...bytes, 0]),
      changed(0, 1),
      changed(1, 2),
      changed(2, 3),
      changed(10, 11),
    ]
  ) assert.throws(() => decodeSceneFrame(wrong, units), RangeError);
});

const recording: SceneRecording = {
  scene,
  seed: 7,
  policy: "by hand",
  outcomes: [{ return: -1.5, success: true }, { return: 2 }],
  frames: [0, 1, 2].map((step) =>
    decodeSceneFrame(encodeSceneFrame({ ...frame, step }, units), units)
  ),
};

Deno.test("a recording comes back whole", () => {
  assert.deepEqual(decodeRecording(encodeRecording(recording), checkedHeader), recording);
});

Deno.test("a recording that is cut short, or is none, is refused", () => {
  const bytes = encodeRecording(recording);
  assert.throws(
    () => decodeRecording(bytes.subarray(0, bytes.length - 1), checkedHeader),
    /cut short/,
  );
  assert.throws(
    () => decodeRecording(bytes.subarray(0, bytes.length - 60), checkedHeader),
    RangeError,
  );
  assert.throws(() => decodeRecording(bytes.subarray(1), checkedHeader), /not a recorded episode/);
  assert.throws(() => decodeRecording(bytes.subarray(0, 40), checkedHeader), SyntaxError);
  const { scene, ...rest } = recording;
  const strange = encodeRecording({ ...rest, scene: { ...scene, timeStep: -1 } });
  assert.throws(() => decodeRecording(strange, checkedHeader), /timeStep/);
  const newer = bytes.slice();
  newer[8] = 2;
  assert.throws(() => decodeRecording(newer, checkedHeader), /version 2; expected 1/);
});

Deno.test("a description whose parts do not fit together is refused", () => {
  const refused = (robot: Partial<SceneDescription["robot"]>, message: RegExp) =>
    assert.throws(
      () => sceneDescription.parse({ ...scene, robot: { ...scene.robot, ...robot } }),
      message,
    );
  assert.deepEqual(sceneDescription.parse(scene), scene);
  refused({ links: scene.robot.links.slice(1) }, /one link a joint/);
  refused({ tool: { link: 2, pose: place } }, /its tool stands on one of them/);
  refused(
    { joints: scene.robot.joints.map((joint) => ({ ...joint, parent: 1 })) },
    /before its own/,
  );
});
