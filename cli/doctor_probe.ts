/**
 * One tensor backend on trial, in a process of its own: what is wrong with a native library may end or
 * hang the process. Its argument is the backend's name; the last line that it prints is the finding. For
 * `auto` that is only the name of the backend that is taken.
 */
import { cpus } from "node:os";
import type { z } from "zod";
import {
  BackendError,
  type BackendName,
  type ReadyBackend,
  readyBackend,
} from "../learners/nn/backend.ts";
import type { BackendFinding, measuredBackend } from "./doctor_report.ts";

type TensorFlow = typeof import("@tensorflow/tfjs");
type Device = Pick<z.output<typeof measuredBackend>, "device" | "memory">;

/** How long each measurement lasts, ms. */
const duration = 400;

async function probe(name: BackendName): Promise<string | BackendFinding> {
  try {
    const ready = await readyBackend(name);
    return name === "auto" ? ready.name : await measure(ready);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    const { problem, remedy } = error;
    return { usable: false, problem, remedy };
  }
}

async function measure({ name, detail, advice }: ReadyBackend): Promise<BackendFinding> {
  const tf = await import("@tensorflow/tfjs");
  return {
    usable: true,
    detail,
    advice,
    ...(name === "webgpu" ? await webgpuDevice() : processor()),
    gigaflops: await productRate(tf, 512),
    trainingStep: await trainingStepTime(tf, 64),
  };
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function processor(): Device {
  const { length, 0: first } = cpus();
  const device = `${first?.model.trim() ?? "unknown processor"}, ${length} cores`;
  return { device, memory: gibibytes(Deno.systemMemoryInfo().total) };
}

/** WebGPU does not tell how much memory there is, only how large one buffer may be. */
async function webgpuDevice(): Promise<Device> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("the adapter that the backend found is there no longer");
  const { description, vendor, device } = adapter.info;
  return {
    device: description || [vendor, device].filter(Boolean).join(" ") || "unnamed adapter",
    memory: `buffers up to ${gibibytes(adapter.limits.maxBufferSize)}`,
  };
}

/** 10⁹ operations a second in the product of two `size` × `size` matrices. */
async function productRate(tf: TensorFlow, size: number): Promise<number> {
  const [a, b] = [1, 2].map((seed) => tf.randomNormal([size, size], 0, 1, "float32", seed));
  const seconds = await secondsEach(() => tf.matMul(a, b));
  tf.dispose([a, b]);
  return 2 * size ** 3 / seconds / 1e9;
}

/** Milliseconds of a step of a perceptron of three layers, `width` units and samples. */
async function trainingStepTime(tf: TensorFlow, width: number): Promise<number> {
  const [x, y] = [1, 2].map((seed) => tf.randomNormal([width, width], 0, 1, "float32", seed));
  const weights = [3, 4, 5].map((seed) =>
    tf.variable(tf.randomNormal([width, width], 0, 1 / Math.sqrt(width), "float32", seed))
  );
  const optimiser = tf.train.adam(1e-3);
  const loss = () => {
    const [first, second, last] = weights;
    const hidden = x.matMul(first).tanh().matMul(second).tanh();
    return tf.losses.meanSquaredError(y, hidden.matMul(last)).asScalar();
  };
  const seconds = await secondsEach(() => {
    const value = optimiser.minimize(loss, true, weights);
    if (!value) throw new Error("a training step gave no loss");
    return value;
  });
  optimiser.dispose();
  tf.dispose([x, y, ...weights]);
  return 1000 * seconds;
}

/** Seconds that `work` takes; the last result is waited for, since GPUs work behind the program's back. */
async function secondsEach(work: () => import("@tensorflow/tfjs").Tensor): Promise<number> {
  const rounds = async (count: number) => {
    const began = performance.now();
    for (let round = 1; round < count; round++) work().dispose();
    const last = work();
    await last.data();
    last.dispose();
    return performance.now() - began;
  };
  await rounds(2); // compiles and allocates
  const count = Math.max(1, Math.round(duration / await rounds(1)));
  return await rounds(count) / count / 1000;
}

const finding = JSON.stringify(await probe(Deno.args[0] as BackendName));
// Whatever was written before, this is a line of its own.
console.log(`\n${finding}`);
// What a library has left running is not waited for.
Deno.exit(0);
