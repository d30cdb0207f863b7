/**
 * Padding, and slices that are taken out again, on the WASM backend: a box of numbers within a larger
 * tensor, copied row by row. TensorFlow.js's own kernels copy number by number where channels are few.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { address, floats, type KernelRequest, wasmKernel } from "./wasm_backend.ts";
import { i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

/** The backend's kernel for all but float32 tensors, and for boxes that lie too scattered. */
export function padFrom(own: tf.KernelConfig): tf.KernelConfig {
  type Request = KernelRequest<{ x: tf.TensorInfo }, tf.PadV2Attrs>;
  const { kernelFunc } = wasmKernel(tf.PadV2, ({ inputs: { x }, attrs, backend }: Request) => {
    const { paddings, constantValue } = attrs;
    const around = x.shape.map((extent, axis) => paddings[axis][0] + extent + paddings[axis][1]);
    const layout = layoutOf(x.shape, around, paddings.map(([ahead]) => ahead));
    if (!layout || x.dtype !== "float32") {
      return own.kernelFunc({ inputs: { x }, backend, attrs: { ...attrs } }) as tf.TensorInfo;
    }
    return embed(backend, x, around, layout, constantValue);
  });
  return { ...own, kernelFunc };
}

/** The backend's kernel for all but float32 tensors, and for boxes that lie too scattered. */
export function sliceFrom(own: tf.KernelConfig): tf.KernelConfig {
  type Request = KernelRequest<{ x: tf.TensorInfo }, tf.SliceAttrs>;
  const { kernelFunc } = wasmKernel(tf.Slice, ({ inputs: { x }, attrs, backend }: Request) => {
    const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size);
    tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
    const layout = layoutOf(size, x.shape, begin);
    if (!layout || x.dtype !== "float32") {
      return own.kernelFunc({ inputs: { x }, backend, attrs: { ...attrs } }) as tf.TensorInfo;
    }
    const box = backend.makeOutput(size, "float32");
    const { start, block, loops: [outer, inner] } = layout;
    copyBlocks(backend, {
      from: address(backend, x) + start,
      fromOuter: outer.around,
      fromInner: inner.around,
      into: address(backend, box),
      intoOuter: outer.box,
      intoInner: inner.box,
      outerCount: outer.count,
      innerCount: inner.count,
      block,
    });
    return box;
  });
  return { ...own, kernelFunc };
}

/** A tensor of the shape `around` in which `x` lies as laid out, with a value elsewhere. */
function embed(
  backend: BackendWasm,
  x: tf.TensorInfo,
  around: number[],
  { start, block, loops: [outer, inner] }: Layout,
  elsewhere: number,
): tf.TensorInfo {
  const result = backend.makeOutput(around, "float32");
  floats(backend, result).fill(elsewhere);
  copyBlocks(backend, {
    from: address(backend, x),
    fromOuter: outer.box,
    fromInner: inner.box,
    into: address(backend, result) + start,
    intoOuter: outer.around,
    intoInner: inner.around,
    outerCount: outer.count,
    innerCount: inner.count,
    block,
  });
  return result;
}

/** `x` with zeros around, from the place `begin` on. */
export function withZerosAround(
  backend: BackendWasm,
  x: tf.TensorInfo,
  around: number[],
  begin: readonly number[],
): tf.TensorInfo {
  const layout = layoutOf(x.shape, around, begin);
  if (!layout) throw new RangeError(`a box [${x.shape}] in [${around}] lies too scattered`);
  return embed(backend, x, around, layout, 0);
}

/** How a box lies in a larger tensor: blocks of numbers that are contiguous in both, in two loops. */
interface Layout {
  /** Bytes from the larger one's first number to the box's. */
  readonly start: number;
  /** Numbers of a block. */
  readonly block: number;
  readonly loops: readonly [Loop, Loop];
}

/** Steps in bytes, in the box and in the tensor around it. */
interface Loop {
  readonly count: number;
  readonly box: number;
  readonly around: number;
}

const bytes = Float32Array.BYTES_PER_ELEMENT;

function layoutOf(
  box: readonly number[],
  around: readonly number[],
  begin: readonly number[],
): Layout | undefined {
  const loops: Loop[] = [];
  let [block, start] = [1, 0];
  let [boxStep, aroundStep] = [bytes, bytes];
  let contiguous = true;
  for (let axis = box.length - 1; axis >= 0; axis--) {
    const [count, extent] = [box[axis], around[axis]];
    start += begin[axis] * aroundStep;
    const last = loops.at(-1);
    if (contiguous) {
      block *= count;
    } else if (last && last.count * last.around === aroundStep) {
      loops[loops.length - 1] = { ...last, count: last.count * count };
    } else {
      loops.push({ count, box: boxStep, around: aroundStep });
    }
    contiguous &&= count === extent;
    boxStep *= count;
    aroundStep *= extent;
  }
  if (loops.length > 2) return undefined;
  const once: Loop = { count: 1, box: 0, around: 0 };
  const [inner = once, outer = once] = loops;
  return { start, block, loops: [outer, inner] };
}

const copyBlocks = routine(
  {
    from: "i32",
    fromOuter: "i32",
    fromInner: "i32",
    into: "i32",
    intoOuter: "i32",
    intoInner: "i32",
    outerCount: "i32",
    innerCount: "i32",
    block: "i32",
  },
  (code, p) => {
    code.repeat(p.outerCount, (outer) => {
      const from = code.keep(i32.add(p.from, i32.mul(outer, p.fromOuter)));
      const into = code.keep(i32.add(p.into, i32.mul(outer, p.intoOuter)));
      code.repeat(p.innerCount, (inner) => {
        code.copy(
          code.keep(i32.add(into, i32.mul(inner, p.intoInner))),
          code.keep(i32.add(from, i32.mul(inner, p.fromInner))),
          p.block,
        );
      });
    });
  },
);
