/** The encoder of WebAssembly: modules, values, constants, and instructions on vectors. */
import assert from "node:assert/strict";
import { randomStream } from "../../sim/random.ts";
import { Code, four, i32, one, type Value } from "../../sim/webassembly/code.ts";
import { instantiate, moduleOf } from "../../sim/webassembly/module.ts";
import { bits, f32x4, i32x4 } from "../../sim/webassembly/vector.ts";

const page = 65536;

const memoryOf = (pages: number) => new WebAssembly.Memory({ initial: pages, maximum: pages });

/** A function of no parameters on a memory of one page whose first bytes are `start`. */
function runOn(start: ArrayBufferView, write: (code: Code) => void): ArrayBuffer {
  const memory = memoryOf(1);
  const given = new Uint8Array(start.buffer, start.byteOffset, start.byteLength);
  new Uint8Array(memory.buffer).set(given);
  const code = new Code([]);
  write(code);
  instantiate(moduleOf({ run: code }, 1), memory).run();
  return memory.buffer as ArrayBuffer;
}

/** `operation` on vectors of `operands`, four numbers each. */
function vectorResult(
  operands: readonly (readonly number[])[],
  operation: (...values: Value<"v128">[]) => Value<"v128">,
): Float32Array {
  const buffer = runOn(Float32Array.from(operands.flat()), (code) => {
    const values = operands.map((_, i) => code.keep(four.load(i32.constant(16 * i))));
    code.store(i32.constant(1024), operation(...values));
  });
  return new Float32Array(buffer, 1024, 4);
}

const single = Math.fround;

Deno.test("a module has all its functions, each with parameters and variables of its own", () => {
  const store = new Code(["i32", "f32"]);
  store.store(store.parameter(0, "i32"), store.parameter(1, "f32"));
  const sum = new Code(["i32", "i32"]);
  const total = sum.variable(one.load(sum.parameter(0, "i32")));
  total.set(one.add(total.value, one.load(sum.parameter(1, "i32"))));
  sum.store(i32.constant(0), total.value);
  const nothing = new Code([]);
  const memory = memoryOf(1);
  const functions = instantiate(moduleOf({ store, sum, nothing }, 1), memory);
  assert.deepEqual(Object.keys(functions), ["store", "sum", "nothing"]);
  functions.store(16, 1.5);
  functions.store(20, 2.25);
  functions.sum(16, 20);
  functions.nothing();
  assert.equal(new Float32Array(memory.buffer)[0], 3.75);
});

Deno.test("two modules work on one memory", () => {
  const memory = memoryOf(1);
  const increment = () => {
    const code = new Code(["f32"]);
    code.store(i32.constant(8), one.add(one.load(i32.constant(8)), code.parameter(0, "f32")));
    return instantiate(moduleOf({ increment: code }), memory).increment;
  };
  increment()(1);
  increment()(2);
  assert.equal(new Float32Array(memory.buffer)[2], 3);
});

Deno.test("a memory must have as many pages as the module says", () => {
  const code = new Code([]);
  code.store(i32.constant(3 * page - 4), one.load(i32.constant(0)));
  const module = moduleOf({ run: code }, 3);
  assert.throws(() => instantiate(module, memoryOf(2)), WebAssembly.LinkError);
  instantiate(module, memoryOf(3)).run();
});

Deno.test("an access beyond the memory is refused, wherever its address comes from", () => {
  const code = new Code(["i32"]);
  code.store(code.parameter(0, "i32"), four.load(i32.constant(0)), 16);
  const { run } = instantiate(moduleOf({ run: code }, 1), memoryOf(1));
  run(page - 32);
  assert.throws(() => run(page - 31), WebAssembly.RuntimeError);
});

Deno.test("loads and stores reach any offset behind an address", () => {
  const start = Float32Array.from({ length: 8192 }, (_, i) => i);
  for (const offset of [0, 4, 124, 128, 16380, 16384]) {
    const buffer = runOn(start, (code) => {
      const address = i32.constant(4);
      code.store(address, four.load(address, offset), 40000);
      code.store(address, one.load(address, offset), 40016);
    });
    const first = 1 + offset / 4;
    const stored = new Float32Array(buffer, 40004, 5);
    assert.deepEqual([...stored], [first, first + 1, first + 2, first + 3, first], `${offset}`);
  }
});

Deno.test("constants are set before everything else, once for each of their bits", () => {
  const numbers = [0.1, -0, 0, Infinity, NaN, 1e-45, 3];
  const code = new Code([]);
  code.loop(i32.constant(0), i32.constant(32), i32.constant(16), (at) => {
    numbers.forEach((number, i) => code.store(at, code.constant(number), 64 * i));
    code.store(at, code.wholeConstant(-7), 64 * numbers.length);
  });
  const size = code.binary.length;
  code.constant(0.1);
  code.constant(single(0.1)); // the same once it is rounded
  assert.equal(code.binary.length, size);
  code.constant(0.2);
  assert.ok(code.binary.length > size);
  const memory = memoryOf(1);
  instantiate(moduleOf({ run: code }, 1), memory).run();
  numbers.forEach((number, i) => {
    const stored = [...new Float32Array(memory.buffer, 64 * i, 8)];
    assert.deepEqual(stored, new Array(8).fill(single(number)), `${number}`);
  });
  const whole = new Int32Array(memory.buffer, 64 * numbers.length, 8);
  assert.deepEqual([...whole], new Array(8).fill(-7));
});

Deno.test("whole numbers: what is known when the code is written, and the smaller of two", () => {
  const code = new Code(["i32", "i32"]);
  const [a, b] = [0, 1].map((index) => code.parameter(index, "i32"));
  assert.equal(i32.constant(-300).known, -300);
  assert.equal(a.known, undefined);
  assert.equal(code.keepUnlessKnown(i32.constant(5)).known, 5);
  assert.notDeepEqual(code.keepUnlessKnown(a), a);
  // Truth of an address: 1.0 is written there.
  code.loop(i32.constant(0), i32.smaller(a, b), i32.constant(4), (at) => {
    code.store(at, code.keep(one.add(one.load(at), one.load(i32.constant(1024)))));
  });
  const memory = memoryOf(1);
  const numbers = new Float32Array(memory.buffer);
  numbers[256] = 1;
  const { run } = instantiate(moduleOf({ run: code }, 1), memory);
  for (const [a, b, steps] of [[8, 12, 2], [12, 8, 2], [0, 40, 0], [16, 16, 4]]) {
    numbers.fill(0, 0, 16);
    run(a, b);
    assert.equal(numbers.subarray(0, 16).reduce((sum, value) => sum + value), steps, `${a}, ${b}`);
  }
});

Deno.test("arithmetic on vectors rounds once, as JavaScript's Math.fround does", () => {
  const stream = randomStream(1, "webassembly/arithmetic");
  const operations = {
    add: (a: number, b: number) => a + b,
    sub: (a: number, b: number) => a - b,
    mul: (a: number, b: number) => a * b,
    div: (a: number, b: number) => a / b,
  } as const;
  for (const [name, operation] of Object.entries(operations)) {
    for (let trial = 0; trial < 20; trial++) {
      const [a, b] = [0, 1].map(() => Array.from({ length: 4 }, () => single(stream.normal())));
      const actual = vectorResult([a, b], f32x4[name as keyof typeof operations]);
      assert.deepEqual([...actual], a.map((value, i) => single(operation(value, b[i]))), name);
    }
  }
  const numbers = [2, 0.3, 1e-20, 0].map(single);
  const roots = numbers.map((value) => single(Math.sqrt(value)));
  assert.deepEqual([...vectorResult([numbers], f32x4.sqrt)], roots);
  assert.deepEqual([...vectorResult([[1, -2, -0, NaN]], f32x4.abs)], [1, 2, 0, NaN]);
  assert.deepEqual([...vectorResult([[1, -2, 0, NaN]], f32x4.negate)], [-1, 2, -0, NaN]);
});

Deno.test("the smaller and the larger of two keep their first operand where one is no number", () => {
  const [a, b] = [[1, 5, NaN, 2], [3, 4, 7, NaN]];
  assert.deepEqual([...vectorResult([a, b], f32x4.smaller)], [1, 4, NaN, 2]);
  assert.deepEqual([...vectorResult([a, b], f32x4.larger)], [3, 5, NaN, 2]);
  const zeros = [[0, -0, 0, -0], [-0, 0, 0, -0]];
  assert.deepEqual([...vectorResult(zeros, f32x4.smaller)], zeros[0]);
  assert.deepEqual([...vectorResult(zeros, f32x4.larger)], zeros[0]);
});

Deno.test("masks choose lane by lane, and not where one of two is no number", () => {
  const [a, b, x, y] = [[1, 2, NaN, 4], [2, 2, 3, NaN], [10, 20, 30, 40], [-1, -2, -3, -4]];
  const less = (a: Value<"v128">, b: Value<"v128">) => f32x4.less(a, b);
  const chosen = vectorResult([a, b, x, y], (a, b, x, y) => bits.select(x, y, less(a, b)));
  assert.deepEqual([...chosen], [10, -2, -3, -4]);
  const kept = vectorResult([a, b, x], (a, b, x) => bits.and(x, less(a, b)));
  assert.deepEqual([...kept], [10, 0, 0, 0]);
  const dropped = vectorResult([a, b, x], (a, b, x) => bits.andNot(x, less(a, b)));
  assert.deepEqual([...dropped], [0, 20, 30, 40]);
  const either = vectorResult([[1, 0, 0, 2], [0, 3, 0, 0]], bits.or);
  assert.deepEqual([...either], [1, 3, 0, 2]);
  const turned = vectorResult([[1, -2, 0, 4], [-0, -0, -0, 0]], bits.xor);
  assert.deepEqual([...turned], [-1, 2, -0, 4]);
});

Deno.test("whole numbers in vectors are added and shifted lane by lane", () => {
  const buffer = runOn(Int32Array.of(1, -2, 3, 2 ** 30), (code) => {
    const value = code.keep(four.load(i32.constant(0)));
    code.store(i32.constant(64), i32x4.add(value, code.wholeConstant(5)));
    code.store(i32.constant(80), i32x4.shiftLeft(value, 31));
    code.store(i32.constant(96), i32x4.shiftLeft(value, 2));
  });
  assert.deepEqual([...new Int32Array(buffer, 64, 4)], [6, 3, 8, 2 ** 30 + 5]);
  assert.deepEqual([...new Int32Array(buffer, 80, 4)], [-(2 ** 31), 0, -(2 ** 31), 0]);
  assert.deepEqual([...new Int32Array(buffer, 96, 4)], [4, -8, 12, 0]);
});
