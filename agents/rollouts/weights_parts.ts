/**
 * Weights on the bus: a file of any size in parts that fit into a message, little-endian.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | kind, 2 |
 * | 1 | u8 | version of this layout, 1 |
 * | 2 | u16 | which part, from 0 |
 * | 4 | u16 | how many parts |
 * | 6 | u16 | 0 |
 * | 8 | u32 | the version of the weights |
 * | 12 | u8[] | the part's bytes |
 */

/** Weights with their version, as they were published. */
export interface VersionedWeights {
  readonly version: number;
  readonly bytes: Uint8Array;
}

const kind = 2;
const layout = 1;
const headerBytes = 12;
const partBytes = 512 * 1024;
/** So that a wrong header cannot ask for more: half a GiB of weights. */
const mostParts = 1024;

/**
 * `weights` as messages.
 * @throws {RangeError} when they are empty or too large
 */
export function splitWeights({ version, bytes }: VersionedWeights): Uint8Array[] {
  const parts = Math.ceil(bytes.length / partBytes);
  if (parts < 1 || parts > mostParts) {
    throw new RangeError(
      `weights of ${bytes.length} bytes; there should be 1 to ${mostParts * partBytes}`,
    );
  }
  return Array.from({ length: parts }, (_, part) => {
    const content = bytes.subarray(part * partBytes, (part + 1) * partBytes);
    const message = new Uint8Array(headerBytes + content.length);
    const view = new DataView(message.buffer);
    view.setUint8(0, kind);
    view.setUint8(1, layout);
    view.setUint16(2, part, true);
    view.setUint16(4, parts, true);
    view.setUint32(8, version, true);
    message.set(content, headerBytes);
    return message;
  });
}

interface WeightsPart {
  readonly version: number;
  readonly part: number;
  readonly parts: number;
  readonly content: Uint8Array;
}

function readPart(message: Uint8Array): WeightsPart {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const known = message.length > headerBytes && view.getUint8(0) === kind &&
    view.getUint8(1) === layout;
  if (!known) throw new RangeError(`not a part of weights: ${message.length} bytes`);
  const part = view.getUint16(2, true);
  const parts = view.getUint16(4, true);
  if (part >= parts || parts > mostParts) {
    throw new RangeError(`part ${part} of ${parts} of weights; at most ${mostParts} are possible`);
  }
  return { version: view.getUint32(8, true), part, parts, content: message.subarray(headerBytes) };
}

/** How many versions are kept whole, and how many may be incomplete at once. */
const keptVersions = 2;

/** Puts weights together again. It keeps the newest versions only, so its size is bounded. */
export class WeightsAssembly {
  readonly #whole = new Map<number, Uint8Array>();
  readonly #incomplete = new Map<number, IncompleteWeights>();

  /**
   * Take in a message, in whatever order and however often messages come.
   * @returns whether a version is complete now that was not before
   * @throws {RangeError} when it is no part of weights
   */
  take(message: Uint8Array): boolean {
    const { version, part, parts, content } = readPart(message);
    if (this.#whole.has(version)) return false;
    const incomplete = this.#incomplete.get(version) ?? { parts, present: new Map() };
    if (incomplete.parts !== parts) {
      throw new RangeError(
        `weights ${version} were announced in ${incomplete.parts} parts and come in ${parts}`,
      );
    }
    this.#incomplete.set(version, incomplete);
    incomplete.present.set(part, content.slice());
    const complete = incomplete.present.size === parts;
    if (complete) {
      this.#incomplete.delete(version);
      this.#whole.set(version, joined(incomplete));
      dropOldest(this.#whole);
    }
    dropOldest(this.#incomplete);
    return complete;
  }

  /** The weights of this version, if they are there. */
  get(version: number): VersionedWeights | undefined {
    const bytes = this.#whole.get(version);
    return bytes && { version, bytes };
  }

  /** The newest weights that are there. */
  newest(): VersionedWeights | undefined {
    return this.#whole.size > 0 ? this.get(Math.max(...this.#whole.keys())) : undefined;
  }
}

interface IncompleteWeights {
  readonly parts: number;
  readonly present: Map<number, Uint8Array>;
}

function joined({ parts, present }: IncompleteWeights): Uint8Array {
  const contents = Array.from({ length: parts }, (_, part) => present.get(part)!);
  const bytes = new Uint8Array(contents.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const content of contents) {
    bytes.set(content, offset);
    offset += content.length;
  }
  return bytes;
}

function dropOldest(versions: Map<number, unknown>): void {
  while (versions.size > keptVersions) versions.delete(Math.min(...versions.keys()));
}
