/**
 * The safetensors file format: named tensors that any language reads without running code.
 *
 *     8 bytes   header length N, unsigned, little-endian
 *     N bytes   header, JSON in UTF-8: { name: { dtype, shape, data_offsets: [begin, end] }, … },
 *               an optional `__metadata__` of strings, then spaces up to a multiple of 8 bytes
 *     the rest  the tensors' values, little-endian and row-major, without gaps; offsets count from here
 *
 * Source: the format's own description, https://huggingface.co/docs/safetensors. Tensors are laid out
 * widest type first, then by name, so that every one of them is aligned to its own width.
 */

/** A dense tensor, row-major. The kind of array is the tensor's dtype. */
export interface Tensor {
  /** Size of each axis; empty for a scalar. */
  readonly shape: readonly number[];
  /** As many values as the product of `shape`. */
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/** The bytes are not a safetensors file, or not one that this reader knows. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";

  /**
   * @param byte where in the file, counted from 0
   * @param found what is there
   * @param expected what should be there
   */
  constructor(
    readonly byte: number,
    readonly found: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(
      `not a valid safetensors file: byte ${byte}: found ${found}, expected ${expected}`,
      options,
    );
  }
}

/** The dtypes that are read and written, widest first: the order of the tensors in a file. */
const dtypes = [
  { name: "F64", array: Float64Array },
  { name: "F32", array: Float32Array },
  { name: "I32", array: Int32Array },
  { name: "U8", array: Uint8Array },
] as const;

type Dtype = typeof dtypes[number];

const metadataKey = "__metadata__";
const lengthBytes = 8;
const alignment = 8;

/** The reference reader refuses longer headers. */
const longestHeader = 100_000_000;

/**
 * The file that holds `tensors` and `metadata`. The same input gives the same bytes, in whatever order
 * its properties were added.
 *
 * ```ts
 * import { encodeSafetensors } from "./safetensors.ts";
 * const weights = { shape: [2, 3], data: new Float32Array(6) };
 * const bytes = encodeSafetensors({ weights }, { update: "2000" });
 * ```
 *
 * @throws {RangeError} when a shape does not fit its data, a name is reserved, or a text is not Unicode
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, dtype: dtypeOf(name, tensor) }))
    .sort((a, b) => dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || compare(a.name, b.name));
  ordered.forEach(({ name, tensor }) => checkTensor(name, tensor));

  let end = 0;
  const entries = ordered.map(({ name, tensor, dtype }) => {
    const begin = end;
    end += tensor.data.byteLength;
    return [name, { dtype: dtype.name, shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const header = encodeHeader(entries, metadata);

  const bytes = new Uint8Array(lengthBytes + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, lengthBytes);
  let offset = lengthBytes + header.length;
  for (const { tensor: { data } } of ordered) {
    // Typed arrays are little-endian on every platform that Deno runs on.
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors and the metadata in `bytes`. The tensors are copies: they do not share memory with `bytes`.
 *
 * @throws {SafetensorsError} when the file is malformed in any way, or has a dtype other than F64, F32,
 * I32 and U8
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  // A plain view: `slice` of a subclass such as node's Buffer would not copy.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { header, positions, dataStart } = readHeader(file);
  const at = (name: string) => positions.get(name) ?? lengthBytes;

  const placed: PlacedTensor[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === metadataKey) metadata = readMetadata(entry, at(name));
    else placed.push(readEntry(name, entry, at(name)));
  }
  checkCoverage(placed, dataStart, file.length);

  const tensors = placed.map(({ name, dtype, shape, begin, end }) => {
    const copy = file.slice(dataStart + begin, dataStart + end);
    return [name, { shape, data: new dtype.array(copy.buffer) }] as const;
  });
  // `fromEntries` defines own properties, so even a tensor called "__proto__" stays a tensor.
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** A tensor as the header declares it; `begin` and `end` count from the start of the data. */
interface PlacedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Where its declaration stands in the file. */
  readonly byte: number;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value` as JSON for an error message, shortened. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

// ---------------------------------------------------------------------------------------- encoding

function dtypeOf(name: string, { data }: Tensor): Dtype {
  const dtype = dtypes.find(({ array }) => data instanceof array);
  if (dtype === undefined) {
    const known = dtypes.map(({ array }) => array.name).join(", ");
    throw new RangeError(`tensor ${show(name)} has no data in one of ${known}`);
  }
  return dtype;
}

function checkTensor(name: string, { shape, data }: Tensor): void {
  if (name === metadataKey) {
    throw new RangeError(`a tensor cannot be called ${metadataKey}: the name is reserved`);
  }
  if (!shape.every(isSize) || valueCount(shape) !== data.length) {
    throw new RangeError(
      `tensor ${show(name)} of shape ${show(shape)} has ${data.length} values; ` +
        "expected sizes of at least 0 whose product is the number of values",
    );
  }
}

function encodeHeader(
  entries: readonly (readonly [string, unknown])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  for (const text of [...entries.map(([name]) => name), ...texts.flat()]) {
    if (!text.isWellFormed()) throw new RangeError(`${show(text)} is not well-formed Unicode`);
  }
  const head = texts.length === 0 ? [] : [[metadataKey, Object.fromEntries(texts)] as const];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...head, ...entries])));
  const length = Math.ceil(json.length / alignment) * alignment;
  if (length > longestHeader) {
    throw new RangeError(`the header takes ${length} bytes; at most ${longestHeader} can be read`);
  }
  const header = new Uint8Array(length).fill(0x20);
  header.set(json);
  return header;
}

// ---------------------------------------------------------------------------------------- decoding

function readHeader(bytes: Uint8Array) {
  if (bytes.length < lengthBytes) {
    throw new SafetensorsError(
      bytes.length,
      `a file of ${bytes.length} bytes`,
      `at least ${lengthBytes} bytes for the length of the header`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const longest = Math.min(bytes.length - lengthBytes, longestHeader);
  if (length > longest) {
    throw new SafetensorsError(0, `a header of ${length} bytes`, `at most ${longest}`);
  }
  const dataStart = lengthBytes + Number(length);
  const text = decodeText(bytes.slice(lengthBytes, dataStart));
  const header = parseHeader(text);
  return { header, positions: keyPositions(text), dataStart };
}

function decodeText(header: Uint8Array): string {
  if (header[0] !== 0x7b) {
    const found = header.length === 0 ? "an empty header" : `byte value ${header[0]}`;
    throw new SafetensorsError(lengthBytes, found, 'a header that begins with "{"');
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new SafetensorsError(lengthBytes, "invalid UTF-8", "a header in UTF-8", { cause });
  }
}

function parseHeader(text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const found = `invalid JSON (${reason.replace(/\s+/g, " ")})`;
    throw new SafetensorsError(lengthBytes, found, "a header in JSON", { cause });
  }
  // Text that begins with "{" and is JSON is an object.
  return header as Record<string, unknown>;
}

/**
 * The byte of the file at which each top-level key of the header stands. JSON.parse keeps the last of
 * two equal keys in silence, which would lose a tensor, so they are looked for here, at every level.
 *
 * @param text the header, known to be valid JSON
 */
function keyPositions(text: string): Map<string, number> {
  const levels: Map<string, number>[] = [];
  let top = new Map<string, number>();
  let byte = lengthBytes;
  let scanned = 0;
  const encoder = new TextEncoder();
  for (const token of text.matchAll(/("(?:[^"\\]+|\\.)*")(\s*:)?|[{}]/g)) {
    if (token[0] === "{") levels.push(new Map());
    if (token[0] === "}") top = levels.pop() ?? top;
    if (token[2] === undefined) continue;

    byte += encoder.encode(text.slice(scanned, token.index)).length;
    scanned = token.index;
    const key: string = JSON.parse(token[1]);
    if (!key.isWellFormed()) {
      throw new SafetensorsError(byte, `the key ${show(key)}`, "well-formed Unicode");
    }
    const siblings = levels.at(-1);
    if (siblings?.has(key)) {
      throw new SafetensorsError(byte, `the key ${show(key)} a second time`, "every key once");
    }
    siblings?.set(key, byte);
  }
  return top;
}

function readMetadata(entry: unknown, byte: number): Record<string, string> {
  const isText = (value: unknown) => typeof value === "string" && value.isWellFormed();
  if (!isRecord(entry) || !Object.values(entry).every(isText)) {
    throw new SafetensorsError(byte, `${metadataKey} ${show(entry)}`, "an object of strings");
  }
  return entry as Record<string, string>;
}

function readEntry(name: string, entry: unknown, byte: number): PlacedTensor {
  const refuse = (found: string, expected: string) =>
    new SafetensorsError(byte, `tensor ${show(name)} with ${found}`, expected);

  const fields = isRecord(entry) ? entry : {};
  if (Object.keys(fields).sort().join() !== "data_offsets,dtype,shape") {
    throw refuse(`the declaration ${show(entry)}`, "dtype, shape and data_offsets");
  }
  const { dtype: dtypeName, shape, data_offsets: offsets } = fields;
  const dtype = dtypes.find((candidate) => candidate.name === dtypeName);
  if (dtype === undefined) {
    throw refuse(`dtype ${show(dtypeName)}`, `one of ${dtypes.map(({ name }) => name).join(", ")}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw refuse(`shape ${show(shape)}`, "a list of sizes of at least 0");
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw refuse(`data_offsets ${show(offsets)}`, "a begin and an end of at least 0");
  }
  const [begin, end] = offsets;
  const length = valueCount(shape) * dtype.array.BYTES_PER_ELEMENT;
  if (end - begin !== length) {
    throw refuse(
      `data_offsets ${show(offsets)}, which is ${end - begin} bytes`,
      `${length} bytes for shape ${show(shape)} of ${dtype.name}`,
    );
  }
  return { name, dtype, shape, begin, end, byte };
}

/** Every byte after the header belongs to exactly one tensor. */
function checkCoverage(placed: readonly PlacedTensor[], dataStart: number, fileEnd: number): void {
  let covered = 0;
  const inOrder = [...placed].sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end, byte } of inOrder) {
    if (dataStart + end > fileEnd) {
      throw new SafetensorsError(
        byte,
        `tensor ${show(name)} up to byte ${dataStart + end}`,
        `data within the ${fileEnd} bytes of the file`,
      );
    }
    if (begin < covered) {
      throw new SafetensorsError(
        dataStart + begin,
        `tensor ${show(name)} (declared at byte ${byte}) over another tensor's data`,
        `its data from byte ${dataStart + covered} on`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        dataStart + covered,
        `${begin - covered} bytes that belong to no tensor`,
        `the data of tensor ${show(name)} (declared at byte ${byte})`,
      );
    }
    covered = end;
  }
  if (dataStart + covered !== fileEnd) {
    throw new SafetensorsError(
      dataStart + covered,
      `${fileEnd - dataStart - covered} bytes that belong to no tensor`,
      "the end of the file",
    );
  }
}
