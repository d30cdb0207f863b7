/**
 * Training steps beside PyTorch's: the same layers, batch and optimiser, on the same processor, in turn.
 *
 *   deno run --allow-read --allow-ffi --allow-env --allow-run bench/pytorch.ts [rounds] [python] [clock]
 *
 * `python` is the program that has PyTorch, by default `python3`; `--allow-run=<python>` is enough. A
 * round measures each contestant for a fifth of a second; ratios are taken within rounds. The clock is
 * `wall`, or `processor` for a machine that has other things to do: then only one thread is measured, by
 * the time that it computes for.
 */
import * as tf from "@tensorflow/tfjs";
import { BackendError, type BackendOptions, readyBackend } from "../learners/nn/backend.ts";
import { findOpenBlas } from "../learners/nn/kernels/openblas.ts";
import { kernelTimes } from "./kernel_times.ts";
import { gettingPython, PythonProcess, type PythonScript } from "./python_process.ts";
import {
  type Clock,
  clocks,
  type Contestant,
  contestant,
  isClock,
  ratio,
  readable,
  roundsAsked,
  takeTurns,
} from "./timing.ts";
import { convolutionalNet, perceptron, type Training } from "./training_steps.ts";

const trainings: Readonly<Record<string, Training>> = {
  "perceptron-64": perceptron(64),
  "perceptron-256": perceptron(256),
  "perceptron-512": perceptron(512),
  "convolutional-real": convolutionalNet(false),
  "convolutional-binary": convolutionalNet(true),
};

const shortest = 200;

const threadsOf = (count: number) => count === 1 ? "1 thread" : `${count} threads`;

/** A backend on which steps are measured. */
interface Side {
  readonly name: string;
  readonly prepare: () => Promise<void>;
}

/** The sides that this machine has, the one without any of its own first. */
async function sides(threadCounts: readonly number[]): Promise<Side[]> {
  const side = (name: string, backend: "wasm" | "tensorflow", options?: BackendOptions): Side => ({
    name,
    prepare: async () => void await readyBackend(backend, options),
  });
  const found = [side("wasm", "wasm", { openBlas: false })];
  const { blas, absence } = findOpenBlas();
  if (absence) console.log(`without OpenBLAS, which ${absence.problem}: ${absence.remedy}`);
  for (const threads of blas ? threadCounts : []) {
    const { name, prepare } = side(`wasm + OpenBLAS, ${threadsOf(threads)}`, "wasm");
    found.push({
      name,
      prepare: async () => {
        await prepare();
        blas!.threads = threads;
      },
    });
  }
  try {
    await readyBackend("tensorflow");
    found.push(side("tensorflow", "tensorflow"));
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    console.log(`without the native library: ${error.message}`);
  }
  return found;
}

/** A side's contestant. The step is built when it is first measured, on the side's backend. */
function sideContestant(
  { name, prepare }: Side,
  { step }: Training,
  clock: Clock,
): Contestant {
  let take: (() => void) | undefined;
  return contestant(name, {
    prepare: async () => {
      await prepare();
      take ??= step();
    },
    run: () => take!(),
  }, clock);
}

const script: PythonScript = { file: "pytorch_steps.py", needs: ["torch"] };

/** PyTorch, running: it says which version and how many threads it uses unless told otherwise. */
type PyTorch = PythonProcess<{ readonly version: string; readonly threads: number }>;

interface Rows {
  readonly times: Record<string, Record<string, number | string>>;
  readonly limits: Record<string, Record<string, number | string>>;
}

async function compare(pytorch: PyTorch, rounds: number, clock: Clock): Promise<Rows> {
  const [times, limits]: Rows["times"][] = [{}, {}];
  const threadCounts = clock === "wall" ? [...new Set([1, pytorch.greeting.threads])] : [1];
  const own = await sides(threadCounts);
  for (const [key, training] of Object.entries(trainings)) {
    const theirs = threadCounts.map((threads): Contestant => ({
      name: `PyTorch, ${threadsOf(threads)}`,
      measure: async (repetitions) => {
        const request = { training: key, threads, repetitions };
        return (await pytorch.request<Record<Clock, number>>(request))[clock];
      },
    }));
    const ours = own.map((each) => sideContestant(each, training, clock));
    const contestants = [...theirs, ...ours];
    const results = await takeTurns(contestants, { rounds, shortest });
    const bases = results.slice(0, theirs.length);
    const row: Record<string, number | string> = {};
    for (const [i, { name }] of contestants.entries()) {
      row[`${name}, ms`] = readable(results[i].milliseconds);
      // Beside PyTorch with as many threads, where that is told; with one otherwise.
      const base = name.endsWith("threads") ? bases.at(-1)! : bases[0];
      if (i >= theirs.length) row[`${name}, ratio`] = readable(ratio(results[i], base));
    }
    times[training.title] = row;
    for (const side of own.filter(({ name }) => !name.startsWith("tensorflow"))) {
      limits[`${training.title}; ${side.name}`] = await limitsOf(side, training);
    }
  }
  return { times, limits };
}

/** Kernels that multiply matrices or convolve. */
const multiplying = /MatMul|^Conv2D/;
const updating = /Update$/;

/** Shares of a step's time, and how fast its products are. */
async function limitsOf(
  { prepare }: Side,
  { step, multiplications }: Training,
): Promise<Record<string, number | string>> {
  await prepare();
  const { all, kernels } = kernelTimes(step(), 5 * shortest);
  const sum = (chosen: (name: string) => boolean) =>
    [...kernels].reduce((total, [name, time]) => total + (chosen(name) ? time : 0), 0);
  const products = sum((name) => multiplying.test(name));
  const update = sum((name) => updating.test(name));
  const others = sum(() => true) - products - update;
  const percent = (part: number) => `${Math.round(100 * part / all)} %`;
  const rest = [...kernels].filter(([name]) => !multiplying.test(name) && !updating.test(name));
  const largest = rest.toSorted(([, a], [, b]) => b - a).slice(0, 3);
  return {
    "products": percent(products),
    "GFLOP/s in them": readable(2 * multiplications / products / 1e6),
    "update": percent(update),
    "other kernels": percent(others),
    "outside of kernels": percent(all - products - update - others),
    "largest of the others": largest.map(([name, time]) => `${name} ${percent(time)}`).join(", "),
  };
}

const rounds = roundsAsked(9);
const [, python = "python3", clock = "wall"] = Deno.args;
if (!isClock(clock)) {
  console.error(`the clock is one of ${Object.keys(clocks).join(", ")}, not "${clock}"`);
  Deno.exit(2);
}
const pytorch: PyTorch | string = await PythonProcess.start(python, script);
if (typeof pytorch === "string") {
  console.log(
    `No comparison with PyTorch: ${pytorch}.\n` +
      `Get it with\n${gettingPython(script.needs)}\n` +
      "  deno run --allow-read --allow-ffi --allow-env --allow-run bench/pytorch.ts " +
      `${rounds} /tmp/python/bin/python`,
  );
} else {
  await using _running = pytorch;
  const { times, limits } = await compare(pytorch, rounds, clock);
  console.log(
    `Training steps: forward, backward, update, reading the loss. PyTorch ${pytorch.greeting.version} and ` +
      `TensorFlow.js ${tf.version.tfjs},\nmedians of ${rounds} rounds, all in turn, milliseconds ` +
      `${clock === "wall" ? "by the clock" : "of processor time"}. ` +
      "ratio: time over that of PyTorch with as many threads; less than 1 is faster.\n",
  );
  console.table(times);
  console.log("\nWhere our steps spend their time:\n");
  console.table(limits);
}
