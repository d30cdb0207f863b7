/**
 * WebAssembly instructions as expressions: values that know their kind, four numbers of single precision
 * at a time or one, and the code of a function as it is written. `module.ts` makes modules of it.
 *
 * Every operation rounds once, so what does the same operations in the same order gives the same bits.
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Whole numbers (addresses too), numbers of single and double precision, vectors of 16 bytes. */
export type Kind = "i32" | "f32" | "f64" | "v128";

/** How the binary format writes kinds. */
export const kindCodes: Readonly<Record<Kind, number>> = {
  i32: 0x7f,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Instructions that leave a value. It is computed wherever it is used: `Code.keep` computes it once. */
export interface Value<K extends Kind = Kind> {
  readonly kind: K;
  readonly code: readonly number[];
  /** The whole number that it is, where that is known already when the code is written. */
  readonly known?: number;
}

/** A whole number from 0 on as LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  while (rest < -64 || rest > 63) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}

/** An instruction on operands that have been computed before it. */
export function operation<K extends Kind>(
  kind: K,
  instruction: readonly number[],
  ...operands: readonly Value[]
): Value<K> {
  return { kind, code: [...operands.flatMap(({ code }) => code), ...instruction] };
}

/** An instruction on vectors, by its number. */
export const vector = (opcode: number) => [0xfd, ...unsigned(opcode)];

/** Alignment, which is not promised, and offset in bytes of an access to memory. */
const memory = (offset: number) => [0, ...unsigned(offset)];
const anywhere = memory(0);

export type Binary<K extends Kind> = (a: Value<K>, b: Value<K>) => Value<K>;
export type Unary<K extends Kind> = (a: Value<K>) => Value<K>;

export const binary =
  <K extends Kind>(kind: K, instruction: readonly number[]): Binary<K> => (a, b) =>
    operation(kind, instruction, a, b);
export const unary = <K extends Kind>(kind: K, instruction: readonly number[]): Unary<K> => (a) =>
  operation(kind, instruction, a);

/** Arithmetic of addresses and counts. */
export const i32 = {
  constant: (value: number): Value<"i32"> => ({
    ...operation("i32", [0x41, ...signed(value)]),
    known: value,
  }),
  add: binary("i32", [0x6a]),
  sub: binary("i32", [0x6b]),
  mul: binary("i32", [0x6c]),
  and: binary("i32", [0x71]),
  shiftLeft: binary("i32", [0x74]),
  shiftRight: binary("i32", [0x76]),
  lessThan: binary("i32", [0x49]),
  /** The smaller of two numbers from 0 on. */
  smaller: (a: Value<"i32">, b: Value<"i32">): Value<"i32"> =>
    operation("i32", [0x1b], a, b, i32.lessThan(a, b)),
};

/** Bytes that `count` numbers of single precision take. */
export function bytesOf(count: Value<"i32">): Value<"i32"> {
  return i32.shiftLeft(count, i32.constant(2));
}

/** The number of single precision that lies at an address. */
export function numberAt(address: Value<"i32">): Value<"f32"> {
  return one.load(address);
}

/** The same arithmetic on one number (`f32`) or on four (`v128`). */
export interface Lanes<K extends "f32" | "v128" = "f32" | "v128"> {
  /** Numbers in a value. */
  readonly width: 1 | 4;
  /** What lies `offset` bytes behind an address; 0 unless given. */
  load(address: Value<"i32">, offset?: number): Value<K>;
  /** A single number in every lane. */
  all(value: Value<"f32">): Value<K>;
  readonly add: Binary<K>;
  readonly sub: Binary<K>;
  readonly mul: Binary<K>;
  readonly div: Binary<K>;
  readonly sqrt: Unary<K>;
  /** `a` where `x` > 0, otherwise 0. */
  whereAboveZero(x: Value<K>, a: Value<K>): Value<K>;
  readonly max: Binary<K>;
  readonly min: Binary<K>;
  /** Where `a` stands in this relation to `b`: bytes of 1 and 0 of as many lanes, to be stored. */
  compare(relation: Relation, a: Value<K>, b: Value<K>): Truths;
  /** The numbers of a value in double precision. */
  widen(value: Value<K>): Wide;
  /** As many numbers of double precision that lie in memory. */
  loadWide(address: Value<"i32">): Wide;
  addWide(a: Wide, b: Wide): Wide;
  mulWide(a: Wide, b: Wide): Wide;
  /** Rounded to single precision. */
  narrow(wide: Wide): Value<K>;
}

/** How two numbers stand to each other; in no way, where one is NaN. */
export type Relation = "less" | "greater" | "lessEqual" | "greaterEqual";

/** As WebAssembly orders the instructions of comparisons. */
const relations: readonly Relation[] = ["less", "greater", "lessEqual", "greaterEqual"];

/** Truth values: one in an i32, or four in the low bytes of a vector. */
export type Truths = Value<"i32" | "v128">;

/** Numbers of double precision, in as many values as they need: one, or two of two numbers each. */
export type Wide = readonly Value<"f64" | "v128">[];

/** One number at a time. */
export const one: Lanes<"f32"> = {
  width: 1,
  load: (address, offset = 0) => operation("f32", [0x2a, ...memory(offset)], address),
  all: (value) => value,
  add: binary("f32", [0x92]),
  sub: binary("f32", [0x93]),
  mul: binary("f32", [0x94]),
  div: binary("f32", [0x95]),
  sqrt: unary("f32", [0x91]),
  whereAboveZero: (x, a) => {
    const zero = operation("f32", [0x43, 0, 0, 0, 0]);
    return operation("f32", [0x1b], a, zero, operation("i32", [0x5e], x, zero));
  },
  max: binary("f32", [0x97]),
  min: binary("f32", [0x96]),
  compare: (relation, a, b) => operation("i32", [0x5d + relations.indexOf(relation)], a, b),
  widen: (value) => [operation("f64", [0xbb], value)],
  loadWide: (address) => [operation("f64", [0x2b, ...anywhere], address)],
  addWide: ([a], [b]) => [operation("f64", [0xa0], a, b)],
  mulWide: ([a], [b]) => [operation("f64", [0xa2], a, b)],
  narrow: ([number]) => operation("f32", [0xb6], number),
};

/** Picks bytes 8 to 15 of a vector, so that its upper two numbers come first. */
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
/** Picks the lowest byte of each of four lanes. */
const lowestBytes = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];
/** Picks the lower halves of two vectors. */
const lowerHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

const shuffle = (a: Value<"v128">, b: Value<"v128">, places: readonly number[]) =>
  operation("v128", [...vector(0x0d), ...places], a, b);

/** Four numbers at a time. */
export const four: Lanes<"v128"> = {
  width: 4,
  load: (address, offset = 0) => operation("v128", [...vector(0x00), ...memory(offset)], address),
  all: (value) => operation("v128", vector(0x13), value),
  add: binary("v128", vector(0xe4)),
  sub: binary("v128", vector(0xe5)),
  mul: binary("v128", vector(0xe6)),
  div: binary("v128", vector(0xe7)),
  sqrt: unary("v128", vector(0xe3)),
  whereAboveZero: (x, a) => {
    const zero = operation("v128", [...vector(0x0c), ...new Array(16).fill(0)]);
    return operation("v128", vector(0x4e), a, operation("v128", vector(0x44), x, zero));
  },
  max: binary("v128", vector(0xe9)),
  min: binary("v128", vector(0xe8)),
  compare: (relation, a, b) => {
    const masks = operation("v128", vector(0x43 + relations.indexOf(relation)), a, b);
    const ones = operation("v128", vector(0x11), i32.constant(1));
    const truths = operation("v128", vector(0x4e), masks, ones);
    return shuffle(truths, truths, lowestBytes);
  },
  widen: (value) =>
    [value, shuffle(value, value, upperHalf)].map((half) => operation("v128", vector(0x5f), half)),
  loadWide: (address) => [
    operation("v128", [...vector(0x00), ...anywhere], address),
    operation("v128", [...vector(0x00), ...memory(16)], address),
  ],
  addWide: (a, b) => a.map((half, i) => operation("v128", vector(0xf0), half, b[i])),
  mulWide: (a, b) => a.map((half, i) => operation("v128", vector(0xf2), half, b[i])),
  narrow: (wide) => {
    const [lower, upper] = wide.map((half) => operation("v128", vector(0x5e), half));
    return shuffle(lower, upper, lowerHalves);
  },
};

/** Something that is set anew. */
export interface Variable<K extends Kind> {
  readonly value: Value<K>;
  set(value: Value<K>): void;
}

/** A function's instructions as they are written. It returns nothing. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #locals: Kind[] = [];
  readonly #constants = new Map<string, Value<"v128">>();
  /** What sets the constants, before everything else. */
  readonly #start: number[] = [];

  /** @param parameters the kinds of its parameters, in order */
  constructor(readonly parameters: readonly Kind[]) {}

  /** The value of parameter `index`, of kind `kind`. */
  parameter<K extends Kind>(index: number, kind: K): Value<K> {
    return { kind, code: [0x20, ...unsigned(index)] };
  }

  /** A variable that starts with a value. */
  variable<K extends Kind>(initial: Value<K>): Variable<K> {
    const { kind } = initial;
    const index = this.#local(kind);
    const set = (value: Value<K>) => {
      this.#bytes.push(...value.code, 0x21, ...index);
    };
    set(initial);
    return { value: { kind, code: [0x20, ...index] }, set };
  }

  /** The value as it is now, computed once. */
  keep<K extends Kind>(value: Value<K>): Value<K> {
    return this.variable(value).value;
  }

  /** The value as it is now, computed once; what is known already stays as it is. */
  keepUnlessKnown<K extends Kind>(value: Value<K>): Value<K> {
    return value.known === undefined ? this.keep(value) : value;
  }

  #local(kind: Kind): number[] {
    this.#locals.push(kind);
    return unsigned(this.parameters.length + this.#locals.length - 1);
  }

  /**
   * A number, rounded to single precision, in every lane. It is set once, at the start of the function:
   * a constant inside a loop costs its loading in every round.
   */
  constant(value: number): Value<"v128"> {
    return this.#vectorConstant(Float32Array.of(value, value, value, value));
  }

  /** A whole number of 32 bits in every lane; set once, as `constant`. */
  wholeConstant(value: number): Value<"v128"> {
    return this.#vectorConstant(Int32Array.of(value, value, value, value));
  }

  #vectorConstant(lanes: Float32Array | Int32Array): Value<"v128"> {
    const bytes = [...new Uint8Array(lanes.buffer)];
    const key = bytes.join();
    let constant = this.#constants.get(key);
    if (!constant) {
      const index = this.#local("v128");
      this.#start.push(...vector(0x0c), ...bytes, 0x21, ...index);
      constant = { kind: "v128", code: [0x20, ...index] };
      this.#constants.set(key, constant);
    }
    return constant;
  }

  /** Write a number or a vector to memory, `offset` bytes behind an address. */
  store(address: Value<"i32">, value: Value<"f32" | "v128">, offset = 0): void {
    const instruction = value.kind === "f32" ? [0x38] : vector(0x0b);
    this.#bytes.push(...address.code, ...value.code, ...instruction, ...memory(offset));
  }

  /** Write truth values to memory, a byte each. */
  storeTruths(address: Value<"i32">, truths: Truths): void {
    const instruction = truths.kind === "i32"
      ? [0x3a, ...anywhere]
      : [...vector(0x5a), ...anywhere, 0];
    this.#bytes.push(...address.code, ...truths.code, ...instruction);
  }

  /** Write numbers of double precision to memory. */
  storeWide(address: Value<"i32">, wide: Wide): void {
    for (const [part, value] of wide.entries()) {
      const instruction = value.kind === "f64" ? [0x39] : vector(0x0b);
      this.#bytes.push(...address.code, ...value.code, ...instruction, ...memory(16 * part));
    }
  }

  /** `body` for each number from `from` on, in steps, that is less than `to`. */
  loop(
    from: Value<"i32">,
    to: Value<"i32">,
    step: Value<"i32">,
    body: (at: Value<"i32">) => void,
  ): void {
    const at = this.variable(from);
    const end = this.keep(to);
    this.#bytes.push(0x02, 0x40, 0x03, 0x40); // block, loop
    this.#bytes.push(...i32.lessThan(at.value, end).code, 0x45, 0x0d, 1); // leave unless at < end
    body(at.value);
    at.set(i32.add(at.value, step));
    this.#bytes.push(0x0c, 0, 0x0b, 0x0b); // again; end, end
  }

  /** `body` for 0, 1, … `count` − 1. */
  repeat(count: Value<"i32">, body: (index: Value<"i32">) => void): void {
    this.loop(i32.constant(0), count, i32.constant(1), body);
  }

  /** `body` for `count` addresses from `from` on, `step` bytes apart. */
  steps(
    from: Value<"i32">,
    count: Value<"i32">,
    step: Value<"i32">,
    body: (address: Value<"i32">) => void,
  ): void {
    this.loop(from, i32.add(from, i32.mul(count, step)), step, body);
  }

  /** `body` for each of `count` numbers, four at a time and then one; `offset` in bytes. */
  forEach(
    count: Value<"i32">,
    body: <K extends "f32" | "v128">(lanes: Lanes<K>, offset: Value<"i32">) => void,
  ): void {
    const end = this.keep(bytesOf(count));
    const whole = this.keep(i32.and(end, i32.constant(-16)));
    this.loop(i32.constant(0), whole, i32.constant(16), (offset) => body(four, offset));
    this.loop(whole, end, i32.constant(4), (offset) => body(one, offset));
  }

  /**
   * `body` for each number of a matrix that lies row after row, as `forEach`; `column` is its offset in a
   * row of the matrix, `place` that in the matrix, in bytes.
   */
  forEachInRows(
    rows: Value<"i32">,
    width: Value<"i32">,
    body: <K extends "f32" | "v128">(
      lanes: Lanes<K>,
      column: Value<"i32">,
      place: Value<"i32">,
    ) => void,
  ): void {
    this.steps(i32.constant(0), rows, bytesOf(width), (row) => {
      this.forEach(width, (lanes, column) => body(lanes, column, this.keep(i32.add(row, column))));
    });
  }

  /** Copy numbers. */
  copy(into: Value<"i32">, from: Value<"i32">, count: Value<"i32">): void {
    this.forEach(count, ({ load }, offset) => {
      this.store(i32.add(into, offset), load(i32.add(from, offset)));
    });
  }

  /** The function's body in binary form. */
  get binary(): number[] {
    const locals = this.#locals.flatMap((kind) => [1, kindCodes[kind]]);
    const instructions = [...this.#start, ...this.#bytes, 0x0b];
    return sized([...unsigned(this.#locals.length), ...locals, ...instructions]);
  }
}

/** Bytes behind their number. */
export function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}
