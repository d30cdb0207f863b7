/**
 * Writes expression graphs as WGSL: a compute shader in single precision, one element an invocation, each
 * node a value in the order of its creation.
 *
 * Sines, cosines and exponentials are computed as in WebAssembly (`sim/webassembly/functions.ts`): the
 * built-in ones may be wrong by 2⁻¹¹ (WGSL, section "Floating point accuracy"). WGSL leaves it open how
 * divisions and fused products round, so results differ from those of WebAssembly in their last digits.
 */
import {
  exponentialPowers,
  ln2Parts,
  piParts,
  quarterTurnParts,
  sinePowers,
} from "../webassembly/polynomials.ts";
import { type KernelStatement, lower } from "./lowering.ts";
import { type Formats, writtenOut } from "./written_out.ts";

/** Invocations in a workgroup. */
export const workgroupSize = 64;

const formats: Formats = {
  add: (a, b) => `${a} + ${b}`,
  subtract: (a, b) => `${a} - ${b}`,
  multiply: (a, b) => `${a} * ${b}`,
  divide: (a, b) => `${a} / ${b}`,
  negate: (a) => `-${a}`,
  sqrt: (a) => `sqrt(${a})`,
  sin: (a) => `sine(${a})`,
  cos: (a) => `cosine(${a})`,
  exp: (a) => `exponential(${a})`,
  minimum: (a, b) => `select(${a}, ${b}, ${b} < ${a})`,
  maximum: (a, b) => `select(${a}, ${b}, ${b} > ${a})`,
  select: (a, b, chosen, other) => `select(${other}, ${chosen}, ${a} < ${b})`,
};

/**
 * A number of single precision as WGSL has it; negative ones in parentheses.
 * @throws {RangeError} when it is infinite or no number, for which WGSL has no literals
 */
function literal(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) {
    throw new RangeError(`WGSL has no literal for ${value} in single precision`);
  }
  return single < 0 ? `(${single}f)` : `${single}f`;
}

/** c₀ + c₁ x + c₂ x² + …, by Horner's rule. */
const polynomial = (x: string, coefficients: readonly number[]) =>
  coefficients.map(literal).reduceRight((sum, coefficient) => `(${sum} * ${x} + ${coefficient})`);

/** `from` less a multiple of a constant in parts. */
const reduced = (from: string, multiple: string, parts: readonly number[]) =>
  parts.map(literal).reduce((rest, part) => `(${rest} - ${multiple} * ${part})`, from);

const functions = `
fn sine_of_remainder(r: f32) -> f32 {
  let square = r * r;
  return r + r * square * ${polynomial("square", sinePowers)};
}

fn sine(x: f32) -> f32 {
  let k = round(x * ${literal(1 / Math.PI)});
  let magnitude = sine_of_remainder(${reduced("x", "k", piParts)});
  return select(magnitude, -magnitude, (i32(k) & 1) != 0);
}

fn cosine(x: f32) -> f32 {
  let k = round(x * ${literal(1 / Math.PI)});
  let r = ${reduced("x", "k", piParts)};
  let magnitude = sine_of_remainder(
    (${literal(quarterTurnParts[0])} - abs(r)) + ${literal(quarterTurnParts[1])});
  return select(magnitude, -magnitude, (i32(k) & 1) != 0);
}

fn exponential(x: f32) -> f32 {
  let k = round(x * ${literal(Math.LOG2E)});
  let r = ${reduced("x", "k", ln2Parts)};
  return ldexp(1f + (r + r * r * ${polynomial("r", exponentialPowers)}), i32(k));
}
`;

/**
 * A shader for the kernel that is stated. Its entry point is `run`; it works on one buffer of numbers,
 * binding 0 of group 0, and is dispatched in workgroups of `workgroupSize` elements. How many elements a
 * row has is its constant `elements`.
 *
 * An output array may lie where an input array does: each element is read before it is written.
 *
 * @param firstRow in which row of the buffer an array starts
 * @throws {RangeError} when the statement is incomplete, or a constant has no literal in WGSL
 */
export function wgslKernel(
  { name, inputs, outputs }: KernelStatement,
  firstRow: (array: string) => number,
): string {
  const body = writtenOut(lower(name, inputs, outputs), {
    declaration: "let",
    formats,
    literal,
    at: ({ array, row }) => `numbers[${firstRow(array) + row}u * elements + i]`,
  });
  return `
override elements: u32;

@group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
${functions}
@compute @workgroup_size(${workgroupSize})
fn run(@builtin(global_invocation_id) invocation: vec3u) {
  let i = invocation.x;
  if (i >= elements) { return; }
  ${body.join("\n  ")}
}
`;
}
