/**
 * What the kernels of learners/nn/kernels bring on TensorFlow.js's WASM backend: each beside the plain
 * CPU kernel and, where the WASM backend has one of its own, beside that; and training steps made of them.
 *
 *   deno run --allow-read --allow-ffi bench/kernels.ts [rounds]
 *
 * With --allow-ffi, and OpenBLAS on the system, also beside those that leave products to it.
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readyBackend } from "../learners/nn/backend.ts";
import { findOpenBlas } from "../learners/nn/kernels/openblas.ts";
import { registerWasmKernels } from "../learners/nn/kernels/register.ts";
import { randomStream } from "../sim/random.ts";
import { exchangeKernels } from "./kernel_times.ts";
import {
  type Contestant,
  contestant,
  ratio,
  readable,
  type Result,
  roundsAsked,
  takeTurns,
} from "./timing.ts";
import { convolutionalNet, perceptron, type Training } from "./training_steps.ts";

/** The kernels as TensorFlow.js brings them: kept before `readyBackend` registers. */
const own = new Map(tf.getKernelsForBackend("wasm").map((kernel) => [kernel.kernelName, kernel]));

const stream = randomStream(1, "kernels");

function normal(...shape: number[]): tf.Tensor {
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => stream.normal());
  return tf.tensor(values, shape);
}

function indices(count: number, below: number): tf.Tensor {
  return tf.tensor1d(Int32Array.from({ length: count }, () => stream.integer(below)), "int32");
}

/** One kernel's work. */
interface Work {
  readonly title: string;
  readonly kernel: string;
  /** Of the current backend. */
  readonly inputs: () => Record<string, tf.Tensor>;
  readonly attributes: object;
}

interface Images {
  readonly images: number;
  readonly side: number;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

/** A 3×3 convolution, padded to "same". */
function forward({ images, side, from, to, stride }: Images): Work {
  return {
    title: `3×3, ${images} × ${side}×${side}, ${from}→${to}, stride ${stride}`,
    kernel: tf.Conv2D,
    inputs: () => ({ x: normal(images, side, side, from), filter: normal(3, 3, from, to) }),
    attributes: { strides: stride, pad: "same", dataFormat: "NHWC", dilations: 1 },
  };
}

/** Both gradients of a 3×3 convolution, padded to "same". */
function convolutions({ images, side, from, to, stride }: Images): Work[] {
  const input = [images, side, side, from];
  const filter = [3, 3, from, to];
  const outputs = Math.ceil(side / stride);
  const dy = () => normal(images, outputs, outputs, to);
  const shared = { strides: stride, pad: "same", dataFormat: "NHWC" };
  const title = `3×3, ${images} × ${side}×${side}, ${from}→${to}, stride ${stride}`;
  return [{
    title: `filter's gradient, ${title}`,
    kernel: tf.Conv2DBackpropFilter,
    inputs: () => ({ x: normal(...input), dy: dy() }),
    attributes: { ...shared, filterShape: filter },
  }, {
    title: `input's gradient, ${title}`,
    kernel: tf.Conv2DBackpropInput,
    inputs: () => ({ dy: dy(), filter: normal(...filter) }),
    attributes: { ...shared, inputShape: input },
  }];
}

/** Both gradients of a depthwise 3×3 convolution, padded to "same". */
function depthwise(images: number, side: number, channels: number, stride: number): Work[] {
  const input = [images, side, side, channels];
  const filter = [3, 3, channels, 1];
  const outputs = Math.ceil(side / stride);
  const dy = () => normal(images, outputs, outputs, channels);
  const shared = { strides: stride, pad: "same", dilations: 1 };
  const title = `depthwise 3×3, ${images} × ${side}×${side}×${channels}, stride ${stride}`;
  return [{
    title: `filter's gradient, ${title}`,
    kernel: tf.DepthwiseConv2dNativeBackpropFilter,
    inputs: () => ({ x: normal(...input), dy: dy() }),
    attributes: { ...shared, filterShape: filter },
  }, {
    title: `input's gradient, ${title}`,
    kernel: tf.DepthwiseConv2dNativeBackpropInput,
    inputs: () => ({ dy: dy(), filter: normal(...filter) }),
    attributes: { ...shared, inputShape: input },
  }];
}

function product(batch: number[], size: number, transposeA: boolean, transposeB: boolean): Work {
  const form = `${transposeA ? "Aᵀ" : "A"}·${transposeB ? "Bᵀ" : "B"}`;
  return {
    title: `product ${form}, ${[...batch, `${size}×${size}`].join(" × ")}`,
    kernel: tf.BatchMatMul,
    inputs: () => ({ a: normal(...batch, size, size), b: normal(...batch, size, size) }),
    attributes: { transposeA, transposeB },
  };
}

function einstein(equation: string, ...shapes: number[][]): Work {
  return {
    title: `einsum ${equation}, ${shapes.map((shape) => shape.join("×")).join(" and ")}`,
    kernel: tf.Einsum,
    // The operands have positions, no names.
    inputs: () => shapes.map((shape) => normal(...shape)) as unknown as Record<string, tf.Tensor>,
    attributes: { equation },
  };
}

const works: readonly Work[] = [
  forward({ images: 32, side: 16, from: 16, to: 16, stride: 1 }),
  forward({ images: 2, side: 28, from: 32, to: 64, stride: 1 }),
  ...convolutions({ images: 32, side: 16, from: 1, to: 16, stride: 1 }),
  ...convolutions({ images: 32, side: 16, from: 16, to: 16, stride: 1 }),
  ...convolutions({ images: 32, side: 16, from: 16, to: 32, stride: 2 }),
  ...convolutions({ images: 2, side: 28, from: 32, to: 64, stride: 1 }),
  ...depthwise(32, 16, 32, 1),
  ...depthwise(32, 16, 32, 2),
  product([], 256, false, false),
  product([], 256, true, false),
  product([], 256, false, true),
  product([16], 64, false, false),
  product([16], 64, false, true),
  einstein("bhqd,bhkd->bhqk", [4, 4, 64, 16], [4, 4, 64, 16]),
  einstein("nc,nd->cd", [512, 64], [512, 32]),
  {
    title: "rows by segment, 4096×32 into 100",
    kernel: tf.UnsortedSegmentSum,
    inputs: () => ({ x: normal(4096, 32), segmentIds: indices(4096, 100) }),
    attributes: { numSegments: 100 },
  },
  {
    title: "gathering 8192 rows of 1000×32",
    kernel: tf.GatherV2,
    inputs: () => ({ x: normal(1000, 32), indices: indices(8192, 1000) }),
    attributes: { axis: 0, batchDims: 0 },
  },
  {
    title: "padding of images, 32×16×16×16",
    kernel: tf.PadV2,
    inputs: () => ({ x: normal(32, 16, 16, 16) }),
    attributes: { paddings: [[0, 0], [1, 1], [1, 1], [0, 0]], constantValue: 0 },
  },
  {
    title: "slice of channels, 32×16×16×24 to 16",
    kernel: tf.Slice,
    inputs: () => ({ x: normal(32, 16, 16, 24) }),
    attributes: { begin: [0, 0, 0, 0], size: [32, 16, 16, 16] },
  },
  {
    title: "maximum with one number, 32×16×16×16",
    kernel: tf.Maximum,
    inputs: () => ({ a: normal(32, 16, 16, 16), b: tf.scalar(0.1) }),
    attributes: {},
  },
  {
    title: "comparison with one number, 32×16×16×16",
    kernel: tf.LessEqual,
    inputs: () => ({ a: normal(32, 16, 16, 16), b: tf.scalar(0.1) }),
    attributes: {},
  },
  {
    title: "sum over all but channels, 32×16×16×32",
    kernel: tf.Sum,
    inputs: () => ({ x: normal(32, 16, 16, 32) }),
    attributes: { axis: [0, 1, 2], keepDims: false },
  },
];

const { blas } = findOpenBlas();

/** Who computes on the WASM backend, and how its kernels are put into place. */
const wasmForms: Readonly<Record<string, () => void>> = {
  "here": () => registerWasmKernels(),
  ...(blas && { "OpenBLAS": () => registerWasmKernels(blas) }),
};

/** A kernel's work on the current backend; `place` has the kernels in place that it may call. */
function kernelContestant(
  name: string,
  { inputs, attributes }: Work,
  { kernelFunc }: tf.KernelConfig,
  place = () => {},
): Contestant {
  const backend = tf.backend();
  const made = inputs();
  for (const tensor of Object.values(made)) tensor.dataSync(); // moved there
  return contestant(name, {
    prepare: place,
    run: () => {
      const result = kernelFunc({ inputs: made, backend, attrs: { ...attributes } });
      backend.disposeData((result as tf.TensorInfo).dataId);
    },
  }, "processor");
}

async function compareKernel(work: Work, rounds: number): Promise<Record<string, unknown>> {
  await readyBackend("wasm");
  const contestants: Contestant[] = [];
  for (const [name, place] of Object.entries(wasmForms)) {
    place();
    contestants.push(kernelContestant(name, work, tf.getKernel(work.kernel, "wasm")!, place));
  }
  const before = own.get(work.kernel);
  if (before) contestants.push(kernelContestant("wasm's own", work, before));
  await readyBackend("cpu");
  contestants.push(kernelContestant("cpu", work, tf.getKernel(work.kernel, "cpu")!));
  return row(contestants, await takeTurns(contestants, { rounds, shortest, tooLong }));
}

/** Milliseconds that a measurement lasts at least. */
const shortest = 10;

/** Milliseconds above which a form is run once and no more. */
const tooLong = 1500;

function row(
  contestants: readonly Contestant[],
  results: readonly Result[],
): Record<string, unknown> {
  return Object.fromEntries(contestants.flatMap(({ name }, i) => {
    const time: [string, unknown] = [`${name}, ms`, readable(results[i].milliseconds)];
    if (i === 0) return [time];
    return [time, [`${name} / here`, readable(ratio(results[i], results[0]))]];
  }));
}

async function compareTraining(
  { step }: Training,
  backends: readonly string[],
  rounds: number,
): Promise<Record<string, unknown>> {
  const contestants: Contestant[] = [];
  for (const name of backends) {
    const backend = name === "cpu" ? "cpu" : "wasm";
    await readyBackend(backend);
    const run = step();
    const prepare = async () => {
      await tf.setBackend(backend);
      wasmForms[name]?.();
    };
    const work = name === "wasm's own" ? () => withOwnKernels(run) : run;
    contestants.push(contestant(name, { prepare, run: work }, "processor"));
  }
  return row(contestants, await takeTurns(contestants, { rounds, shortest, tooLong }));
}

/** `work` while the WASM backend computes with the kernels that TensorFlow.js brings. */
function withOwnKernels(work: () => void): void {
  const present = tf.getKernelsForBackend("wasm");
  const added = present.filter(({ kernelName }) => !own.has(kernelName));
  for (const { kernelName } of added) tf.unregisterKernel(kernelName, "wasm");
  exchangeKernels([...own.values()]);
  try {
    work();
  } finally {
    exchangeKernels(present);
  }
}

const rounds = roundsAsked(9);
const { detail } = await readyBackend("wasm");
for (const { setupFunc } of own.values()) setupFunc?.(tf.backend());
console.log(
  `TensorFlow.js ${tf.version.tfjs} on ${detail}. Medians of ${rounds} rounds, all forms in turn;\n` +
    `milliseconds of processor time, forms of more than ${tooLong} ms run once.\n` +
    "here: the kernels of learners/nn/kernels; OpenBLAS: those that leave products to it; wasm's own:\n" +
    "those of TensorFlow.js that they replace; cpu: TensorFlow.js's backend in plain JavaScript.\n",
);
const kernelRows: Record<string, unknown> = {};
for (const work of works) kernelRows[work.title] = await compareKernel(work, rounds);
console.table(kernelRows);

console.log("\nTraining steps: forward, backward, update, reading the loss.\n");
const trainingRows: Record<string, unknown> = {};
const ours = Object.keys(wasmForms);
const trainings: [Training, string[]][] = [
  // A convolution cannot be trained on the WASM backend as it comes.
  [convolutionalNet(false), [...ours, "cpu"]],
  [perceptron(64), [...ours, "wasm's own", "cpu"]],
  [perceptron(256), [...ours, "wasm's own", "cpu"]],
  [perceptron(512), [...ours, "wasm's own"]],
];
for (const [training, backends] of trainings) {
  trainingRows[training.title] = await compareTraining(training, backends, rounds);
}
console.table(trainingRows);
