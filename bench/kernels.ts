/**
 * What the kernels of learners/nn/kernels bring on TensorFlow.js's WASM backend: each beside the plain
 * CPU kernel and, where the WASM backend has one of its own, beside that; and training steps made of them.
 *
 *   deno run --allow-read bench/kernels.ts [rounds]
 *
 * All forms of a computation take turns, so that whatever else the machine does meets each of them.
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readyBackend } from "../learners/nn/backend.ts";
import { randomStream } from "../sim/random.ts";

/** The kernels that are replaced, as TensorFlow.js brings them: kept before `readyBackend` registers. */
const own = new Map(
  [tf.BatchMatMul, tf.Conv2DBackpropInput, tf.GatherV2, tf.Sum].map((name) => [
    name,
    tf.getKernel(name, "wasm")!,
  ]),
);

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
  ...convolutions({ images: 32, side: 16, from: 1, to: 16, stride: 1 }),
  ...convolutions({ images: 32, side: 16, from: 16, to: 16, stride: 1 }),
  ...convolutions({ images: 32, side: 16, from: 16, to: 32, stride: 2 }),
  ...convolutions({ images: 2, side: 28, from: 32, to: 64, stride: 1 }),
  ...depthwise(32, 16, 32, 1),
  ...depthwise(32, 16, 32, 2),
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
    title: "sum over all but channels, 32×16×16×32",
    kernel: tf.Sum,
    inputs: () => ({ x: normal(32, 16, 16, 32) }),
    attributes: { axis: [0, 1, 2], keepDims: false },
  },
];

/** A computation that can be repeated, and its name. */
interface Form {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

/** Milliseconds of processor time that a measurement lasts at least, by repetition. */
const shortest = 10;

/** Milliseconds above which a form is run once and no more. */
const tooLong = 1500;

/**
 * Median milliseconds of processor time of each form and the median ratio to the first, the forms in
 * turn. Processor time, since other programs on the machine disturb it less than the clock's.
 */
async function takeTurns(
  forms: readonly Form[],
  rounds: number,
): Promise<{ milliseconds: number; ratio: number }[]> {
  const repetitions: number[] = [];
  const times: number[][] = [];
  for (const form of forms) {
    const first = await measure(form, 1); // with what is built at the first time
    if (first <= tooLong) await measure(form, Math.ceil(shortest / first)); // until V8 has optimised it
    const again = first > tooLong ? first : await measure(form, 1);
    repetitions.push(Math.max(1, Math.ceil(shortest / again)));
    times.push(first > tooLong ? [first] : []);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, form] of forms.entries()) {
      if (times[i][0] > tooLong) continue;
      times[i].push(await measure(form, repetitions[i]));
    }
  }
  return times.map((own) => ({
    milliseconds: median(own),
    ratio: own.length < rounds
      ? median(own) / median(times[0])
      : median(own.map((time, round) => time / times[0][round])),
  }));
}

/** Mean milliseconds of processor time of a run. */
async function measure({ run }: Form, repetitions: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < repetitions; i++) await run();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, user + system) / 1000 / repetitions;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A kernel's work on the current backend. */
function kernelForm(
  name: string,
  { inputs, attributes }: Work,
  { kernelFunc }: tf.KernelConfig,
): Form {
  const backend = tf.backend();
  const made = inputs();
  for (const tensor of Object.values(made)) tensor.dataSync(); // moved there
  return {
    name,
    run: () => {
      const result = kernelFunc({ inputs: made, backend, attrs: { ...attributes } });
      backend.disposeData((result as tf.TensorInfo).dataId);
    },
  };
}

async function compareKernel(work: Work, rounds: number): Promise<Record<string, unknown>> {
  await readyBackend("wasm");
  const forms = [kernelForm("here", work, tf.getKernel(work.kernel, "wasm")!)];
  const before = own.get(work.kernel);
  if (before) forms.push(kernelForm("wasm's own", work, before));
  await readyBackend("cpu");
  forms.push(kernelForm("cpu", work, tf.getKernel(work.kernel, "cpu")!));
  return row(forms, await takeTurns(forms, rounds));
}

function row(
  forms: readonly Form[],
  results: readonly { milliseconds: number; ratio: number }[],
): Record<string, unknown> {
  return Object.fromEntries(forms.flatMap(({ name }, i) => {
    const time: [string, unknown] = [`${name}, ms`, +results[i].milliseconds.toPrecision(3)];
    return i === 0 ? [time] : [time, [`${name} / here`, +results[i].ratio.toPrecision(3)]];
  }));
}

/** Something that is trained by steps. */
interface Training {
  readonly title: string;
  readonly backends: readonly ("here" | "wasm's own" | "cpu")[];
  /** A step on fixed data, on the current backend. */
  readonly step: () => () => void;
}

/** Perceptron of three layers of `width` units on a batch of as many, squared error, Adam. */
function perceptron(width: number): Training {
  return {
    title: `three-layer perceptron, ${width} units, batch ${width}`,
    backends: width > 300 ? ["here", "wasm's own"] : ["here", "wasm's own", "cpu"],
    step: () => {
      const [x, y] = [normal(width, width), normal(width, width)];
      const scale = Math.sqrt(2 / width);
      const layers = Array.from({ length: 3 }, () => ({
        weights: tf.variable(tf.mul(normal(width, width), scale)),
        bias: tf.variable(tf.zeros([width])),
      }));
      return adamStep(() => {
        const output = layers.reduce((input, { weights, bias }, layer) => {
          const sum = tf.add(tf.matMul(input, weights), bias);
          return layer === layers.length - 1 ? sum : tf.relu(sum);
        }, x);
        return tf.mean(tf.square(tf.sub(output, y)));
      });
    },
  };
}

/** Convolutions 1→16→16→32 of 3×3, mean over pixels, ten classes, cross-entropy, Adam. */
const convolutionalNet: Training = {
  title: "convolutions 1→16→16→32, batch 32 of 16×16",
  backends: ["here", "cpu"],
  step: () => {
    const x = normal(32, 16, 16, 1) as tf.Tensor4D;
    const labels = tf.oneHot(indices(32, 10) as tf.Tensor1D, 10);
    const channels = [1, 16, 16, 32];
    const layers = channels.slice(1).map((to, i) => ({
      filter: tf.variable(
        tf.mul(normal(3, 3, channels[i], to), Math.sqrt(2 / (9 * channels[i]))) as tf.Tensor4D,
      ),
      bias: tf.variable(tf.zeros([to])),
    }));
    const head = tf.variable(tf.mul(normal(32, 10), Math.sqrt(1 / 32)) as tf.Tensor2D);
    return adamStep(() => {
      const features = layers.reduce(
        (input, { filter, bias }) =>
          tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(input, filter, 1, "same"), bias)),
        x,
      );
      const logits = tf.matMul(tf.mean<tf.Tensor2D>(features, [1, 2]), head);
      return tf.losses.softmaxCrossEntropy(labels, logits);
    });
  },
};

function adamStep(loss: () => tf.Tensor): () => void {
  const optimiser = tf.train.adam(1e-3);
  return () => {
    const value = optimiser.minimize(() => loss() as tf.Scalar, true)!;
    value.dataSync();
    value.dispose();
  };
}

async function compareTraining(
  { backends, step }: Training,
  rounds: number,
): Promise<Record<string, unknown>> {
  const forms: Form[] = [];
  for (const name of backends) {
    const backend = name === "cpu" ? "cpu" : "wasm";
    await readyBackend(backend);
    const take = step();
    const run = async () => {
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      if (name === "wasm's own") withOwnKernels(take);
      else take();
    };
    forms.push({ name, run });
  }
  return row(forms, await takeTurns(forms, rounds));
}

/** `work` while the WASM backend computes with the kernels that TensorFlow.js brings. */
function withOwnKernels(work: () => void): void {
  const replaced = [...own.keys()].map((name) => tf.getKernel(name, "wasm")!);
  exchangeFor([...own.values()]);
  try {
    work();
  } finally {
    exchangeFor(replaced);
  }
}

function exchangeFor(kernels: readonly tf.KernelConfig[]): void {
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
}

const rounds = Number(Deno.args[0] ?? 9);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`rounds are a whole number of at least 1, not "${Deno.args[0]}"`);
  Deno.exit(2);
}

const { detail } = await readyBackend("wasm");
for (const { setupFunc } of own.values()) setupFunc?.(tf.backend());
console.log(
  `TensorFlow.js ${tf.version.tfjs} on ${detail}. Medians of ${rounds} rounds, all forms in turn;\n` +
    `milliseconds of processor time, forms of more than ${tooLong} ms run once.\n` +
    "here: the kernels of learners/nn/kernels; wasm's own: those of TensorFlow.js that they replace;\n" +
    "cpu: TensorFlow.js's backend in plain JavaScript.\n",
);
const kernelRows: Record<string, unknown> = {};
for (const work of works) kernelRows[work.title] = await compareKernel(work, rounds);
console.table(kernelRows);

console.log("\nTraining steps: forward, backward, Adam, reading the loss.\n");
const trainingRows: Record<string, unknown> = {};
for (const training of [convolutionalNet, ...[64, 256, 512].map(perceptron)]) {
  trainingRows[training.title] = await compareTraining(training, rounds);
}
console.table(trainingRows);
