/**
 * One simulated instant of the shown arm as bytes, little-endian. Joint angles, not meshes: the page
 * does its own forward kinematics from the arm description.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | kind, 1 |
 * | 1 | u8 | version, 1 |
 * | 2 | u8 | joints n |
 * | 3 | u8 | actuators m |
 * | 4 | u32 | trial |
 * | 8 | u16 | step within the trial |
 * | 10 | u16 | hidden activities h |
 * | 12 | f32[n] | joint angles, rad |
 * | 12+4n | f32[2] | external force on the hand, N |
 * | 20+4n | i8[m] | activations, 127 = 1 (a motor's is signed: share of its largest torque) |
 * | +m | i8[h] | hidden activities, [layer][stream][unit], 127 = 1 |
 * | +h | i8[h] | what each unit receives over the callosum before its layer, 127 = 1; 0 in layer 0 |
 */

/** A frame, unpacked. */
export interface Frame {
  readonly trial: number;
  readonly step: number;
  /** rad */
  readonly angles: ArrayLike<number>;
  /** N */
  readonly handForce: ArrayLike<number>;
  /** −1 … 1 */
  readonly activations: ArrayLike<number>;
  /** −1 … 1, [layer][stream][unit] */
  readonly hidden: ArrayLike<number>;
  /** −1 … 1, the layout of `hidden` */
  readonly callosum: ArrayLike<number>;
}

const kind = 1;
const version = 1;
const headerBytes = 12;

const quantise = (value: number) => Math.round(127 * Math.max(-1, Math.min(1, value)));

function requireFits(what: string, value: number, largest: number): void {
  if (value <= largest) return;
  throw new RangeError(`${what} ${value} in a frame; its layout has room for ${largest}`);
}

/**
 * A frame as bytes.
 * @throws {RangeError} when `hidden` and `callosum` differ in length, or a number does not fit its field
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { angles, handForce, activations, hidden, callosum } = frame;
  requireFits("joints", angles.length, 0xff);
  requireFits("actuators", activations.length, 0xff);
  requireFits("step", frame.step, 0xffff);
  requireFits("hidden activities", hidden.length, 0xffff);
  if (hidden.length !== callosum.length) {
    throw new RangeError(
      `a frame has ${hidden.length} hidden activities but ${callosum.length} callosum values`,
    );
  }
  const bytes = new Uint8Array(
    headerBytes + 4 * (angles.length + 2) + activations.length + 2 * hidden.length,
  );
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint8(1, version);
  view.setUint8(2, angles.length);
  view.setUint8(3, activations.length);
  view.setUint32(4, frame.trial, true);
  view.setUint16(8, frame.step, true);
  view.setUint16(10, hidden.length, true);
  let offset = headerBytes;
  for (const values of [angles, handForce]) {
    for (let i = 0; i < values.length; i++, offset += 4) view.setFloat32(offset, values[i], true);
  }
  for (const values of [activations, hidden, callosum]) {
    for (let i = 0; i < values.length; i++) view.setInt8(offset++, quantise(values[i]));
  }
  return bytes;
}

/**
 * The frame in `bytes`.
 * @throws {RangeError} when the kind, the version or the length is not that of a frame
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint8(0) !== kind || view.getUint8(1) !== version) {
    throw new RangeError(`not a frame of version ${version}: ${bytes.length} bytes`);
  }
  const joints = view.getUint8(2);
  const actuators = view.getUint8(3);
  const units = view.getUint16(10, true);
  const expected = headerBytes + 4 * (joints + 2) + actuators + 2 * units;
  if (bytes.length !== expected) {
    throw new RangeError(`a frame of ${expected} bytes was announced, ${bytes.length} came`);
  }
  let offset = headerBytes;
  const floats = (count: number) =>
    Float32Array.from({ length: count }, () => view.getFloat32((offset += 4) - 4, true));
  const fractions = (count: number) =>
    Float32Array.from({ length: count }, () => view.getInt8(offset++) / 127);
  return {
    trial: view.getUint32(4, true),
    step: view.getUint16(8, true),
    angles: floats(joints),
    handForce: floats(2),
    activations: fractions(actuators),
    hidden: fractions(units),
    callosum: fractions(units),
  };
}
