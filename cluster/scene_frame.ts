/**
 * One instant of a scene as bytes, little-endian: the coordinates that its description lists
 * (`scene_protocol.ts`), of all copies of the task side by side.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | kind, 4 |
 * | 1 | u8 | version, 1 |
 * | 2 | u16 | copies n |
 * | 4 | u32 | episode |
 * | 8 | u16 | step within the episode |
 * | 10 | u16 | coordinates of a copy m |
 * | 12 | i16[n][m] | coordinates: angles in π/32768 rad, lengths in 0.1 mm, quaternions in 1/32767 |
 *
 * A joint takes 2 bytes, so a hand that is 0.9 m away is told to within 0.05 mm a joint. Angles go round;
 * lengths beyond ±3.2767 m are told as that.
 */
import { angleSteps } from "./frame.ts";
import type { BodyDescription, SceneDescription } from "./scene_protocol.ts";

/** What one coordinate is: an angle (rad), a length (m), or a component of a unit quaternion. */
export type CoordinateUnit = "angle" | "length" | "quaternion";

const bodyCoordinates: Readonly<Record<BodyDescription["motion"], readonly CoordinateUnit[]>> = {
  fixed: [],
  point: ["length", "length", "length"],
  plane: ["length", "length", "angle"],
  space: [
    "length",
    "length",
    "length",
    "quaternion",
    "quaternion",
    "quaternion",
    "quaternion",
  ],
};

/** How many coordinates a body has in a frame. */
export function coordinatesOfBody({ motion }: BodyDescription): number {
  return bodyCoordinates[motion].length;
}

/** What the coordinates of one copy are, in a frame's order: the joints', then those of each body. */
export function coordinateUnits(
  { robot: { joints }, bodies }: SceneDescription,
): readonly CoordinateUnit[] {
  return [
    ...joints.map(({ motion }): CoordinateUnit => motion === "turns" ? "angle" : "length"),
    ...bodies.flatMap(({ motion }) => bodyCoordinates[motion]),
  ];
}

/** Where the copies stand at one step. */
export interface SceneFrame {
  readonly episode: number;
  readonly step: number;
  readonly copies: number;
  /** [copy][coordinate] */
  readonly coordinates: ArrayLike<number>;
}

/** A scene's frame, by its first byte. */
export const sceneFrameKind = 4;
const version = 1;
const headerBytes = 12;
const largest = 32767;

/** Steps of the 16 bits in one unit. */
const resolution: Readonly<Record<CoordinateUnit, number>> = {
  angle: angleSteps,
  length: 10_000,
  quaternion: largest,
};

function requireFits(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new RangeError(`${what} ${value} in a scene's frame; expected a whole number 0 … ${most}`);
}

/**
 * A frame as bytes.
 * @param units of a copy's coordinates, as `coordinateUnits` gives them
 * @throws {RangeError} when a number does not fit its field, or is not finite
 */
export function encodeSceneFrame(
  { episode, step, copies, coordinates }: SceneFrame,
  units: readonly CoordinateUnit[],
): Uint8Array<ArrayBuffer> {
  requireFits("copies", copies, 0xffff);
  requireFits("episode", episode, 0xffff_ffff);
  requireFits("step", step, 0xffff);
  if (coordinates.length !== copies * units.length) {
    throw new RangeError(
      `${coordinates.length} coordinates of ${copies} copies; expected ${units.length} of each`,
    );
  }
  const bytes = new Uint8Array(headerBytes + 2 * coordinates.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, sceneFrameKind);
  view.setUint8(1, version);
  view.setUint16(2, copies, true);
  view.setUint32(4, episode, true);
  view.setUint16(8, step, true);
  view.setUint16(10, units.length, true);
  for (let i = 0; i < coordinates.length; i++) {
    const unit = units[i % units.length];
    const steps = Math.round(coordinates[i] * resolution[unit]);
    if (!Number.isFinite(steps)) {
      throw new RangeError(`coordinate ${i} is ${coordinates[i]}; a frame takes finite numbers`);
    }
    // Sixteen bits of an angle go round by themselves.
    const stored = unit === "angle" ? steps : Math.min(Math.max(steps, -largest), largest);
    view.setInt16(headerBytes + 2 * i, stored, true);
  }
  return bytes;
}

/**
 * The frame in `bytes`; angles are within ±π.
 * @param units of a copy's coordinates, as `coordinateUnits` gives them
 * @throws {RangeError} when the kind, the version, the length or the coordinates are not those of a frame
 */
export function decodeSceneFrame(
  bytes: Uint8Array,
  units: readonly CoordinateUnit[],
): SceneFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    bytes.length < headerBytes || view.getUint8(0) !== sceneFrameKind ||
    view.getUint8(1) !== version
  ) throw new RangeError(`not a scene's frame of version ${version}: ${bytes.length} bytes`);
  const copies = view.getUint16(2, true);
  const ofCopy = view.getUint16(10, true);
  if (ofCopy !== units.length) {
    throw new RangeError(`a frame of ${ofCopy} coordinates came; the scene has ${units.length}`);
  }
  const expected = headerBytes + 2 * copies * ofCopy;
  if (bytes.length !== expected) {
    throw new RangeError(
      `a scene's frame of ${expected} bytes was announced, ${bytes.length} came`,
    );
  }
  const coordinates = new Float32Array(copies * ofCopy);
  for (let i = 0; i < coordinates.length; i++) {
    coordinates[i] = view.getInt16(headerBytes + 2 * i, true) / resolution[units[i % ofCopy]];
  }
  return {
    episode: view.getUint32(4, true),
    step: view.getUint16(8, true),
    copies,
    coordinates,
  };
}
