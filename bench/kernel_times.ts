/** Where a computation's time goes: within which kernels of the current backend, and outside of all. */
import * as tf from "@tensorflow/tfjs";

/** Milliseconds of one run. */
export interface KernelTimes {
  readonly all: number;
  /** By kernel; one that another calls counts as that one's. */
  readonly kernels: ReadonlyMap<string, number>;
}

/** The means of as many runs as take `duration` milliseconds, after as many that warm up. */
export function kernelTimes(run: () => void, duration: number): KernelTimes {
  const sums = new Map<string, number>();
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  let depth = 0;
  const watched = kernels.map((kernel): tf.KernelConfig => ({
    ...kernel,
    kernelFunc: (request) => {
      const began = performance.now();
      depth++;
      try {
        return kernel.kernelFunc(request);
      } finally {
        depth--;
        const passed = performance.now() - began;
        if (depth === 0) sums.set(kernel.kernelName, (sums.get(kernel.kernelName) ?? 0) + passed);
      }
    },
  }));
  exchangeKernels(watched);
  try {
    repeat(run, duration);
    sums.clear();
    const { all, repetitions } = repeat(run, duration);
    return { all, kernels: new Map([...sums].map(([name, sum]) => [name, sum / repetitions])) };
  } finally {
    exchangeKernels(kernels);
  }
}

/** Mean milliseconds of runs that take `duration` together, and how many they are. */
function repeat(run: () => void, duration: number): { all: number; repetitions: number } {
  const began = performance.now();
  for (let repetitions = 1;; repetitions++) {
    run();
    const passed = performance.now() - began;
    if (passed >= duration) return { all: passed / repetitions, repetitions };
  }
}

/** Have these kernels in place of those of the same names. */
export function exchangeKernels(kernels: readonly tf.KernelConfig[]): void {
  for (const kernel of kernels) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName)) {
      tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    }
    tf.registerKernel(kernel);
  }
}
