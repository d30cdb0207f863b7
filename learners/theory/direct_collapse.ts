/**
 * Descent on the unconstrained feature model itself, from several starts: what the theory speaks of, without a
 * network. Gradient descent with heavy-ball momentum at a constant rate, in double precision:
 * v ← 0.9 v + ∂F, parameters ← parameters − rate v.
 *
 * With two layers or more, x = 0 is a local minimum of every class, whatever its size, so a descent that ends
 * with a dead class says nothing until its loss has been compared with the closed form.
 *
 * An interrupted job goes on to the bit-equal result: a snapshot holds the parameters and the velocity of the
 * descent under way, and what the finished ones came to.
 */
import { Matrix } from "ml-matrix";
import { z } from "zod";
import type { RandomStream } from "../../sim/random.ts";
import type { JobContext, JobProgress, Snapshot } from "../method.ts";
import { clipByGlobalNorm } from "../nn/adam.ts";
import { orthogonal } from "../nn/initialisers.ts";
import { type Geometry, geometryOf, type Measured, measuredSchema } from "./collapse_geometry.ts";
import { type CollapseTheory, collapseTheory, type DeepLinearProblem } from "./collapse_theory.ts";
import { UnconstrainedFeatureModel } from "./unconstrained_features.ts";

/** Where a descent begins. */
export type Start =
  /** All numbers normal with this deviation. */
  | { readonly kind: "normal"; readonly deviation: number }
  /**
   * Layers balanced, with one direction of singular value `gain` for each class but those left out, and
   * normal numbers of this deviation on top.
   */
  | {
    readonly kind: "frame";
    readonly gain: number;
    readonly without: readonly number[];
    readonly deviation: number;
  };

/** One descent. */
export interface Descent {
  readonly problem: DeepLinearProblem;
  readonly width: number;
  readonly start: Start;
  /** Of the random numbers of its start. */
  readonly name: string;
  readonly learningRate: number;
  /** At most. */
  readonly steps: number;
  /** It ends when the loss is this close to the minimum, as a share of it, */
  readonly tolerance: number;
}

const valuesSchema = z.object({
  finished: z.array(measuredSchema),
  curves: z.array(z.array(measuredSchema)),
  stepsOfDescent: z.number(),
});

/** Steps between two measurements, and at least between two checkpoints. */
const measureInterval = 100;
const checkpointInterval = 10 * measureInterval;

const momentum = 0.9;
/** Products of many layers have slopes without bound: from some starts a first step would lead out of sight. */
const largestSlope = 1;

/** All descents of a job, in order. */
export interface Descents {
  readonly finished: readonly Measured[];
  /** The measurements of each, from its start to its end. */
  readonly curves: readonly (readonly Measured[])[];
}

/**
 * Descend one after the other.
 * @param enough whether the rest of the descents may be left out, given what there is
 * @throws {RangeError} when a loss is not finite
 */
export async function* descendAll(
  descents: readonly Descent[],
  context: JobContext,
  enough: (finished: readonly Measured[]) => boolean = () => false,
): AsyncGenerator<JobProgress, Descents> {
  const steps = descents.reduce((sum, descent) => sum + descent.steps, 0);
  const saved = context.restore();
  const { finished, curves, stepsOfDescent } = saved
    ? valuesSchema.parse(saved.values)
    : { finished: [], curves: [], stepsOfDescent: 0 };
  let stepsDone = saved?.step ?? 0;
  let stepsKept = stepsDone;
  let resumed = saved && stepsOfDescent > 0
    ? { stepsOfDescent, tensors: saved.tensors }
    : undefined;
  while (finished.length < descents.length && !enough(finished)) {
    const index = finished.length;
    const run = new DescentRun(descents[index], context.stream(descents[index].name), resumed);
    resumed = undefined;
    const curve: Measured[] = curves[index] ??= [];
    for (;;) {
      const present = run.measure();
      if (run.steps % measureInterval === 0 && curve.at(-1)?.steps !== run.steps) {
        curve.push(present);
      }
      if (run.isOver(present.loss)) {
        finished.push(present);
        break;
      }
      const before = run.steps;
      run.descend(Math.min(measureInterval, descents[index].steps - run.steps));
      stepsDone += run.steps - before;
      if (stepsDone - stepsKept >= checkpointInterval || context.signal.aborted) {
        stepsKept = stepsDone;
        const values = { finished, curves, stepsOfDescent: run.steps };
        await context.checkpoint(run.snapshot(stepsDone, structuredClone(values)));
      }
      yield { step: stepsDone, steps, metrics: run.progress(present) };
    }
  }
  return { finished, curves };
}

/** A descent under way. */
class DescentRun {
  readonly #descent: Descent;
  readonly #theory: CollapseTheory;
  readonly #model: UnconstrainedFeatureModel;
  readonly #parameters: Float64Array;
  readonly #gradient: Float64Array;
  readonly #velocity: Float64Array;
  steps = 0;

  constructor(
    descent: Descent,
    stream: RandomStream,
    resumed?: { readonly stepsOfDescent: number; readonly tensors: Snapshot["tensors"] },
  ) {
    this.#descent = descent;
    this.#theory = collapseTheory(descent.problem);
    this.#model = new UnconstrainedFeatureModel(descent.problem, descent.width);
    this.#parameters = startingParameters(this.#model, descent.start, stream);
    this.#gradient = new Float64Array(this.#parameters.length);
    this.#velocity = new Float64Array(this.#parameters.length);
    if (!resumed) return;
    this.steps = resumed.stepsOfDescent;
    this.#parameters.set(savedVector(resumed.tensors, "parameters", this.#parameters.length));
    this.#velocity.set(savedVector(resumed.tensors, "velocity", this.#velocity.length));
  }

  descend(steps: number): void {
    const { learningRate } = this.#descent;
    const [parameters, gradient, velocity] = [this.#parameters, this.#gradient, this.#velocity];
    for (let step = 0; step < steps; step++) {
      this.#model.lossAndGradient(parameters, gradient);
      clipByGlobalNorm(gradient, largestSlope);
      for (let i = 0; i < parameters.length; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        parameters[i] -= learningRate * velocity[i];
      }
    }
    this.steps += steps;
  }

  measure(): Measured {
    const loss = this.#model.lossAndGradient(this.#parameters, this.#gradient);
    if (!Number.isFinite(loss)) {
      const { learningRate } = this.#descent;
      throw new RangeError(`the loss is ${loss} after ${this.steps} steps; lower ${learningRate}`);
    }
    return {
      steps: this.steps,
      loss,
      ...geometryOfModel(this.#model, this.#parameters, this.#theory),
    };
  }

  /** At the minimum, at another stationary point, or out of steps. */
  isOver(loss: number): boolean {
    const { steps, tolerance } = this.#descent;
    const slope = Math.sqrt(this.#gradient.reduce((sum, value) => sum + value ** 2, 0));
    return this.steps >= steps || loss - this.#theory.loss <= tolerance * this.#theory.loss ||
      (this.steps > 0 && slope < stationary);
  }

  progress({ loss, predicted }: Measured): Record<string, number> {
    return {
      "loss": loss,
      "loss above the minimum": loss - this.#theory.loss,
      "NC2-W": predicted.rows,
    };
  }

  snapshot(step: number, values: unknown): Snapshot {
    const vector = (data: Float64Array) => ({ shape: [data.length], data: data.slice() });
    const tensors = { parameters: vector(this.#parameters), velocity: vector(this.#velocity) };
    return { step, tensors, values };
  }
}

/** The length of the gradient at which nothing moves any more. */
const stationary = 1e-9;

function savedVector(
  tensors: Snapshot["tensors"],
  name: string,
  length: number,
): ArrayLike<number> {
  const found = Object.hasOwn(tensors, name) ? tensors[name].data : undefined;
  if (found?.length !== length) {
    throw new RangeError(
      `${name} of ${found?.length ?? "no"} numbers in a snapshot, not ${length}`,
    );
  }
  return found;
}

/** The geometry of a model's parameters. */
export function geometryOfModel(
  model: UnconstrainedFeatureModel,
  parameters: Float64Array,
  theory: CollapseTheory,
): Geometry {
  const { classes, width, samples, labels } = model;
  const features = Matrix.from1DArray(width, samples, model.features(parameters));
  const P = Matrix.from1DArray(classes, width, model.product(parameters));
  return geometryOf({ features, labels, classes }, P, theory);
}

/** A parameter vector at a start; biases are 0. */
export function startingParameters(
  model: UnconstrainedFeatureModel,
  start: Start,
  stream: RandomStream,
): Float64Array {
  const parameters = Float64Array.from(
    { length: model.layout.size },
    () => stream.normal(0, start.deviation),
  );
  model.bias(parameters)?.fill(0);
  if (start.kind === "frame") addFrame(model, parameters, start, stream);
  return parameters;
}

/**
 * With orthonormal directions q_k: gain Σ_k q_k q_kᵀ to W_1 … W_{M−1}, gain Σ_k e_k q_kᵀ to W_M, and to the
 * features of class k, gain q_k/√n_k, so that H has the singular values of the layers.
 */
function addFrame(
  model: UnconstrainedFeatureModel,
  parameters: Float64Array,
  { gain, without }: Extract<Start, { kind: "frame" }>,
  stream: RandomStream,
): void {
  const { classes: K, width: d, samples: N, labels, problem: { layers, counts } } = model;
  const q = new Float64Array(K * d); // [K, d]
  orthogonal(q, K, d, 1, stream);
  const features = model.features(parameters);
  for (let k = 0; k < K; k++) {
    if (without.includes(k)) continue;
    const direction = q.subarray(k * d, (k + 1) * d);
    for (let u = 0; u < d; u++) {
      for (let j = 1; j < layers; j++) {
        const weights = model.weights(parameters, j);
        for (let v = 0; v < d; v++) weights[u * d + v] += gain * direction[u] * direction[v];
      }
      model.weights(parameters, layers)[k * d + u] += gain * direction[u];
      for (let i = 0; i < N; i++) {
        if (labels[i] === k) features[u * N + i] += gain / Math.sqrt(counts[k]) * direction[u];
      }
    }
  }
}
