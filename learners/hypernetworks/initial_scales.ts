/** How the sizes of weights and gradients depend on γ before anything is learnt: the disease that MIP is to cure. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { RandomStream } from "../../sim/random.ts";
import { globalNorm, gradientNorm } from "../nn/gradient_scale.ts";
import { knobs } from "../nn/hypernetwork.ts";
import { mean } from "../statistics/descriptive.ts";
import { batchOf, disposeBatch, type Learner, loss } from "./payload_learner.ts";

/** Where gradients are measured, all knobs alike. */
export const gradientKnobs = [0.01, 0.1, 0.5, 1];

/** Batches that each gradient's norm is the mean of. */
const gradientBatches = 8;

/** Where the size of θ is measured, all knobs alike. */
export const normKnobs = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** How weights and gradients swing with γ before anything is learnt. */
export const scalesSchema = z.object({
  /** ‖θ(γ)‖ at each of `normKnobs`. */
  norms: z.array(z.number()),
  /** Mean ‖∂L/∂(ω, θ⁰)‖ at each of `gradientKnobs`. */
  gradients: z.array(z.number()),
});

export type Scales = z.output<typeof scalesSchema>;

/**
 * Measure them.
 * @param count motions in a batch
 */
export async function initialScales(
  learner: Learner,
  count: number,
  stream: RandomStream,
): Promise<Scales> {
  const { hyper, knobCount } = learner;
  const alike = (value: number) => [Array<number>(knobCount).fill(value)];
  const norms: number[] = [];
  for (const value of normKnobs) {
    const norm = tf.tidy(() => globalNorm([hyper.parameters(knobs(alike(value)))]));
    norms.push((await norm.data())[0]);
    norm.dispose();
  }
  const gradients: number[] = [];
  for (const value of gradientKnobs) {
    const sizes: number[] = [];
    for (let k = 0; k < gradientBatches; k++) {
      const batch = batchOf(learner, alike(value), count, stream);
      sizes.push(await gradientNorm(() => loss(learner, batch, false), hyper.variables));
      disposeBatch(batch);
    }
    gradients.push(mean(sizes));
  }
  return { norms, gradients };
}
