/** Einstein sums on the WASM backend and their gradients. */
import { throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose, assertSameAsOnCpu, computeOn, normal, pullBack } from "./against_cpu.ts";

const equations = [
  "ij,jk->ik", // product
  "ij,kj->ki",
  "bij,bjk->bik", // products of a batch
  "bqhd,bkhd->bhqk", // attention's scores
  "bhqk,bkhd->bqhd", // attention's mixtures
  "i,i->", // inner product
  "ij,ij->ij", // of every element
  "bi,bi->b",
  "i,j->ij", // outer product
  ",i->i", // with a scalar
  "ijk,kl->lji",
  "ijk,j->ik",
  "ij->ji", // one operand
  "ijk->j",
  "ij->",
  "bij,bkj->i", // labels that are summed over in one operand alone
];

/** Operands of random extents for each of an equation's labels. */
function operandsOf(equation: string): tf.Tensor[] {
  const stream = randomStream(5, equation);
  const extents = new Map([...equation].map((label) => [label, 1 + stream.integer(7)]));
  return equation.split("->")[0].split(",").map((labels, i) =>
    normal([...labels].map((label) => extents.get(label)!), `operand ${i}`)
  );
}

Deno.test("Einstein sums and their gradients equal those of the CPU kernel", async () => {
  for (const equation of equations) {
    await assertSameAsOnCpu(() => {
      const operands = operandsOf(equation);
      const sum = (...inputs: tf.Tensor[]) => tf.einsum(equation, ...inputs);
      return [sum(...operands), ...pullBack(sum, operands)];
    }, equation);
  }
});

Deno.test("labels summed over in both operands apart give the product of the sums", async () => {
  // TensorFlow.js's CPU kernel gets these wrong.
  const [actual, ...gradients] = await computeOn("wasm", () => {
    const operands = [normal([3, 4], "a"), normal([5], "b")];
    const sum = (...inputs: tf.Tensor[]) => tf.einsum("ij,k->j", ...inputs);
    return [sum(...operands), ...pullBack(sum, operands)];
  });
  const product = (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.sum(a, 0), tf.sum(b));
  const expected = await computeOn("cpu", () => {
    const operands = [normal([3, 4], "a"), normal([5], "b")];
    return [product(operands[0], operands[1]), ...pullBack(product, operands)];
  });
  [actual, ...gradients].forEach((values, i) => assertClose(values, expected[i], `result ${i}`));
});

Deno.test("an equation that asks for its operand unchanged gives a tensor of its own", async () => {
  await readyBackend("wasm");
  const operand = normal([2, 3], "operand");
  const result = tf.einsum("ij->ij", operand);
  operand.dispose();
  const left = { shape: result.shape, numbers: [...result.dataSync()] };
  result.dispose();
  assertClose(left, (await computeOn("cpu", () => [normal([2, 3], "operand")]))[0], "copy");
});

Deno.test("operands whose extents disagree are refused", async () => {
  await readyBackend("wasm");
  tf.tidy(() =>
    throws(() => tf.einsum("ij,jk->ik", normal([2, 3], "a"), normal([4, 5], "b")), /dimension 3/)
  );
});
