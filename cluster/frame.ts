/**
 * One simulated instant of the shown arm as bytes, little-endian. Joint angles, not meshes: the page
 * does its own forward kinematics from the arm description.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | kind, 1 |
 * | 1 | u8 | version, 2 |
 * | 2 | u8 | joints n |
 * | 3 | u8 | actuators m |
 * | 4 | u16 | trial, its last 16 bits |
 * | 6 | u16 | step within the trial |
 * | 8 | i16[n] | joint angles, π/32768 rad; they go round |
 * | 8+2n | i16[2] | external force on the hand, 0.01 N, at the most ±327.67 N |
 * | 12+2n | i8[m] | activations, 127 = 1 (a motor's is signed: share of its largest torque) |
 * | +m | i8[h] | hidden activities, [layer][stream][unit], 127 = 1 |
 * | +h | i8[h] | what each unit receives over the callosum before its layer, 127 = 1; 0 in layer 0 |
 *
 * The motion of an arm of two joints is told in 16 bytes, of seven in 26; a muscle takes one more, and a
 * unit of the network two. An angle is told to within 0.05 mrad: a hand of 0.65 m reach to within 0.06 mm.
 */

/** A frame, unpacked. */
export interface Frame {
  /** As it was counted when it is encoded; of a decoded frame, the last 16 bits (`trialOfFrame`). */
  readonly trial: number;
  readonly step: number;
  /** rad; of a decoded frame within ±π */
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
const version = 2;
const headerBytes = 8;

/** Steps of a 16-bit angle in 1 rad: a whole turn takes all 16 bits, so that angles go round by themselves. */
export const angleSteps = 32768 / Math.PI;
/** Steps of a force in 1 N. */
const forceSteps = 100;

const quantise = (value: number) => Math.round(127 * Math.max(-1, Math.min(1, value)));
const quantiseForce = (value: number) =>
  Math.round(Math.max(-32767, Math.min(32767, forceSteps * value)));

/** The number by which frames name a trial: its last 16 bits, which come again after 65 536 trials. */
export function trialOfFrame(trial: number): number {
  return trial % 0x1_0000;
}

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
  if (hidden.length !== callosum.length) {
    throw new RangeError(
      `a frame has ${hidden.length} hidden activities but ${callosum.length} callosum values`,
    );
  }
  const bytes = new Uint8Array(
    headerBytes + 2 * (angles.length + 2) + activations.length + 2 * hidden.length,
  );
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint8(1, version);
  view.setUint8(2, angles.length);
  view.setUint8(3, activations.length);
  view.setUint16(4, trialOfFrame(frame.trial), true);
  view.setUint16(6, frame.step, true);
  let offset = headerBytes;
  for (let i = 0; i < angles.length; i++, offset += 2) {
    view.setInt16(offset, Math.round(angles[i] * angleSteps), true);
  }
  for (let i = 0; i < 2; i++, offset += 2) view.setInt16(offset, quantiseForce(handForce[i]), true);
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
  const ofNetwork = bytes.length - headerBytes - 2 * (joints + 2) - actuators;
  if (ofNetwork < 0 || ofNetwork % 2 !== 0) {
    throw new RangeError(
      `a frame of ${joints} joints and ${actuators} actuators came in ${bytes.length} bytes; ` +
        "it was cut short, or is none",
    );
  }
  let offset = headerBytes;
  const words = (count: number, steps: number) =>
    Float32Array.from({ length: count }, () => view.getInt16((offset += 2) - 2, true) / steps);
  const fractions = (count: number) =>
    Float32Array.from({ length: count }, () => view.getInt8(offset++) / 127);
  return {
    trial: view.getUint16(4, true),
    step: view.getUint16(6, true),
    angles: words(joints, angleSteps),
    handForce: words(2, forceSteps),
    activations: fractions(actuators),
    hidden: fractions(ofNetwork / 2),
    callosum: fractions(ofNetwork / 2),
  };
}
