/**
 * What every tensor backend must compute: each operation of tensor_backend_operations.ts with the values
 * of TensorFlow.js's plain CPU backend, and with gradients that central differences confirm.
 *
 * Differences are taken on the backend itself, with a step of 2⁻⁷. In single precision rounding then
 * enters a difference quotient with some 1e-5 of the values, and what it leaves out with 1e-5 of the third derivative.
 * Inputs are multiples of 2⁻⁷, so that the step is exact, and no two of them, nor any and 0 or ±1, lie
 * closer together than that, so that no kink and no change of the greatest falls between the two points.
 *
 * @example
 * ```ts
 * tensorBackendContract("wasm", strict);
 * ```
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  type BackendOptions,
  type ComputingBackend,
  readyBackend,
} from "../../learners/nn/backend.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { type Input, type Operation, operations } from "./tensor_backend_operations.ts";

/** How exact a backend has to be, relative to the largest number of a result, or to 1 if that is less. */
export interface BackendTolerances {
  /** Of values, and of gradients beside those of the CPU backend. */
  readonly values: number;
  /** Of gradients beside difference quotients. */
  readonly differences: number;
  /** Numbers of an input up to which a difference is taken for each of them. */
  readonly fewNumbers: number;
}

/** Of a backend whose elementary functions are exact to a few roundings. */
export const strict: BackendTolerances = { values: 2e-6, differences: 1e-3, fewNumbers: 24 };

/** Of a graphics processor, whose elementary functions are less exact and whose results are far away. */
export const graphics: BackendTolerances = { values: 2e-5, differences: 3e-3, fewNumbers: 2 };

/** Register the suite for a backend, called `name` if it is one with options. */
export function tensorBackendContract(
  backend: ComputingBackend,
  tolerances: BackendTolerances,
  { name = backend, ...options }: BackendOptions & { readonly name?: string } = {},
): void {
  for (const [kind, group] of Object.entries(operations)) {
    Deno.test(`${name}: ${kind} and their gradients`, async (t) => {
      await readyBackend("cpu");
      const expected = await Promise.all(group.map(evaluate));
      await readyBackend(backend, options);
      const before = tf.memory().numTensors;
      for (const [i, operation] of group.entries()) {
        await t.step(operation.name, () => check(operation, expected[i], tolerances));
      }
      strictEqual(tf.memory().numTensors, before, "tensors are left over");
    });
  }
}

interface Numbers {
  readonly shape: number[];
  readonly numbers: Float32Array;
}

interface Evaluation {
  readonly value: Numbers;
  /** Of Σ weight · value, for each input; none where there is no derivative. */
  readonly gradients: readonly Numbers[];
}

async function check(
  operation: Operation,
  expected: Evaluation,
  tolerances: BackendTolerances,
): Promise<void> {
  const actual = await evaluate(operation);
  assertClose(actual.value, expected.value, tolerances.values, "value");
  for (const [i, gradient] of actual.gradients.entries()) {
    assertClose(gradient, expected.gradients[i], tolerances.values, `gradient of input ${i}`);
    await assertDifferences(operation, i, gradient, tolerances);
  }
}

/** The operation's value and gradients on the current backend. */
async function evaluate(operation: Operation): Promise<Evaluation> {
  const { inputs, compute, differentiable = true } = operation;
  const tensors = inputs.map((input, i) => tf.tensor(numbersOf(operation, i), input.shape));
  const [value, ...gradients] = tf.tidy(() => {
    const value = tf.cast(compute(...tensors), "float32");
    if (!differentiable) return [value];
    const weighted = (...at: tf.Tensor[]) => tf.sum(tf.mul(compute(...at), weightsOf(value.shape)));
    return [value, ...tf.grads(weighted)(tensors)];
  });
  tf.dispose(tensors);
  return { value: await read(value), gradients: await Promise.all(gradients.map(read)) };
}

async function read(tensor: tf.Tensor): Promise<Numbers> {
  const numbers = Float32Array.from(await tensor.data());
  const { shape } = tensor;
  tensor.dispose();
  return { shape, numbers };
}

/** Weights of a value's numbers, no two alike. */
function weightsOf(shape: number[]): tf.Tensor {
  return tf.tensor(weights(tf.util.sizeFromShape(shape)), shape);
}

function weights(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.cos(1 + 2.4 * i));
}

/** Distance between the two points of a difference is twice this. */
const step = 2 ** -7;

/** Numbers in random order that keep their distance from each other, from 0 and from ±1. */
function numbersOf({ name, inputs }: Operation, index: number): Float32Array {
  const { shape, range = "any" }: Input = inputs[index];
  const size = tf.util.sizeFromShape(shape);
  const order = shuffled(size, randomStream(9, `${name}/${index}`));
  // Where several inputs are compared, those of one lie between those of the other.
  const spacing = 4 * step * inputs.length;
  const places = Math.max(1, Math.floor(2 / spacing));
  const place = (k: number) => (k % places) * spacing + step * (2 + 4 * index);
  if (range === "positive") return order.map((k) => 0.5 + place(k));
  return order.map((k) => Math.floor(k / places) % 2 === 0 ? place(k) : -place(k));
}

function shuffled(size: number, stream: RandomStream): Float32Array {
  const order = Float32Array.from({ length: size }, (_, k) => k);
  for (let last = size - 1; last > 0; last--) {
    const other = stream.integer(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * Compare a gradient with difference quotients: along each of the input's numbers where they are few,
 * along random corners of the unit cube otherwise.
 */
async function assertDifferences(
  operation: Operation,
  index: number,
  { numbers: gradient }: Numbers,
  { differences: tolerance, fewNumbers }: BackendTolerances,
): Promise<void> {
  const stream = randomStream(9, `${operation.name}/${index}/directions`);
  const directions = gradient.length <= fewNumbers
    ? Array.from(gradient, (_, at) => gradient.map((_, i) => i === at ? 1 : 0))
    : Array.from({ length: 2 }, () => gradient.map(() => stream.integer(2) * 2 - 1));
  const scale = Math.max(1, ...gradient.map(Math.abs));
  for (const direction of directions) {
    const slope = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
    const quotient = await differenceQuotient(operation, index, direction);
    const length = Math.hypot(...direction);
    ok(
      Math.abs(slope - quotient) <= tolerance * scale * length,
      `gradient of input ${index}: the slope is ${slope}, but the difference quotient ${quotient}`,
    );
  }
}

/** How fast Σ weight · value changes along a direction of one input, summed in double precision. */
async function differenceQuotient(
  operation: Operation,
  index: number,
  direction: Float32Array,
): Promise<number> {
  const [ahead, behind] = await Promise.all([1, -1].map(async (sign) => {
    const value = tf.tidy(() =>
      operation.compute(...operation.inputs.map(({ shape }, i) => {
        const numbers = numbersOf(operation, i);
        const moved = numbers.map((value, at) => value + sign * step * direction[at]);
        return tf.tensor(i === index ? moved : numbers, shape);
      }))
    );
    return (await read(value)).numbers;
  }));
  const factors = weights(ahead.length);
  const change = ahead.reduce((sum, value, i) => sum + factors[i] * (value - behind[i]), 0);
  return change / (2 * step);
}

function assertClose(actual: Numbers, expected: Numbers, tolerance: number, what: string): void {
  deepStrictEqual(actual.shape, expected.shape, what);
  const scale = expected.numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  actual.numbers.forEach((value, at) => {
    ok(
      Math.abs(value - expected.numbers[at]) <= tolerance * scale,
      `${what}: number ${at} is ${value}, on the CPU backend ${expected.numbers[at]}`,
    );
  });
}
