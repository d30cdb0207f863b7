/**
 * The updates of optimisers on the WASM backend, each in one pass over memory: a dozen operations of
 * TensorFlow.js on every variable otherwise. They round as those operations do, in the same order, and so
 * give the same bits.
 */
import type * as tf from "@tensorflow/tfjs";
import { address, type KernelRequest, wasmKernel } from "./wasm_backend.ts";
import { i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

/** The names by which the kernels are run. Backends that lack them do the same by single operations. */
export const momentumUpdateName = "MomentumUpdate";
export const adamUpdateName = "AdamUpdate";

/** What momentum descent is asked for: rate, momentum, and L2 decay. */
export type MomentumAttributes = {
  readonly learningRate: number;
  readonly momentum: number;
  readonly decay: number;
};

/** What Adam is asked for; the corrections are 1 − βᵗ of step t. */
export type AdamAttributes = {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly decay: number;
};

/**
 * velocity ← momentum velocity + (gradient + decay variable), variable ← variable − rate velocity.
 *
 * Four float32 tensors of one shape → [variable, velocity], new ones.
 */
export const momentumUpdate = wasmKernel(
  momentumUpdateName,
  ({ inputs: { variable, gradient, velocity }, attrs, backend }: KernelRequest<
    Record<"variable" | "gradient" | "velocity", tf.TensorInfo>,
    MomentumAttributes
  >): tf.TensorInfo[] => {
    const results = [variable, velocity].map(({ shape }) => backend.makeOutput(shape, "float32"));
    const [newVariable, newVelocity] = results;
    momentumPass(backend, {
      variable: address(backend, variable),
      gradient: address(backend, gradient),
      velocity: address(backend, velocity),
      newVariable: address(backend, newVariable),
      newVelocity: address(backend, newVelocity),
      count: size(variable),
      rate: attrs.learningRate,
      momentum: attrs.momentum,
      decay: attrs.decay,
    });
    return results;
  },
);

const momentumPass = routine(
  {
    variable: "i32",
    gradient: "i32",
    velocity: "i32",
    newVariable: "i32",
    newVelocity: "i32",
    count: "i32",
    rate: "f32",
    momentum: "f32",
    decay: "f32",
  },
  (code, { count, rate, momentum, decay, ...at }) =>
    code.forEach(count, ({ load, all, add, sub, mul }, offset) => {
      const variable = code.keep(load(i32.add(at.variable, offset)));
      const slope = add(load(i32.add(at.gradient, offset)), mul(all(decay), variable));
      const old = mul(all(momentum), load(i32.add(at.velocity, offset)));
      const velocity = code.keep(add(old, slope));
      code.store(i32.add(at.newVelocity, offset), velocity);
      code.store(i32.add(at.newVariable, offset), sub(variable, mul(all(rate), velocity)));
    }),
);

/**
 * Adam (Kingma & Ba 2015, algorithm 1) on slope = gradient + decay variable:
 * first ← β₁ first + (1 − β₁) slope, second ← β₂ second + (1 − β₂) slope²,
 * variable ← variable − rate (first / correction₁) / (√(second / correction₂) + ε).
 *
 * Four float32 tensors of one shape → [variable, first, second], new ones.
 */
export const adamUpdate = wasmKernel(
  adamUpdateName,
  ({ inputs: { variable, gradient, first, second }, attrs, backend }: KernelRequest<
    Record<"variable" | "gradient" | "first" | "second", tf.TensorInfo>,
    AdamAttributes
  >): tf.TensorInfo[] => {
    const results = [variable, first, second].map(({ shape }) =>
      backend.makeOutput(shape, "float32")
    );
    const [newVariable, newFirst, newSecond] = results;
    const { learningRate, beta1, beta2, ...rest } = attrs;
    adamPass(backend, {
      variable: address(backend, variable),
      gradient: address(backend, gradient),
      first: address(backend, first),
      second: address(backend, second),
      newVariable: address(backend, newVariable),
      newFirst: address(backend, newFirst),
      newSecond: address(backend, newSecond),
      count: size(variable),
      rate: learningRate,
      beta1,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
      ...rest,
    });
    return results;
  },
);

const adamPass = routine(
  {
    variable: "i32",
    gradient: "i32",
    first: "i32",
    second: "i32",
    newVariable: "i32",
    newFirst: "i32",
    newSecond: "i32",
    count: "i32",
    rate: "f32",
    beta1: "f32",
    rest1: "f32",
    beta2: "f32",
    rest2: "f32",
    correction1: "f32",
    correction2: "f32",
    epsilon: "f32",
    decay: "f32",
  },
  (code, { count, rate, beta1, rest1, beta2, rest2, ...p }) =>
    code.forEach(count, ({ load, all, add, sub, mul, div, sqrt }, offset) => {
      const variable = code.keep(load(i32.add(p.variable, offset)));
      const gradient = load(i32.add(p.gradient, offset));
      const slope = code.keep(add(gradient, mul(all(p.decay), variable)));
      const oldFirst = load(i32.add(p.first, offset));
      const first = code.keep(add(mul(all(beta1), oldFirst), mul(all(rest1), slope)));
      code.store(i32.add(p.newFirst, offset), first);
      const oldSecond = load(i32.add(p.second, offset));
      const square = mul(slope, slope);
      const second = code.keep(add(mul(all(beta2), oldSecond), mul(all(rest2), square)));
      code.store(i32.add(p.newSecond, offset), second);
      const scale = add(sqrt(div(second, all(p.correction2))), all(p.epsilon));
      const step = div(div(first, all(p.correction1)), scale);
      code.store(i32.add(p.newVariable, offset), sub(variable, mul(all(rate), step)));
    }),
);

function size({ shape }: tf.TensorInfo): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
