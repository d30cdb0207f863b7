/** Mean pooling's gradient on the WASM backend, against the CPU kernel. */
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal, pullBack } from "./against_cpu.ts";

Deno.test("mean pooling is differentiated as on the CPU, over edges and with gaps too", async () => {
  const stream = randomStream(5, "pooling");
  const upTo = (most: number) => 1 + stream.integer(most);
  for (let i = 0; i < 40; i++) {
    const window: [number, number] = [upTo(4), upTo(4)];
    const strides: [number, number] = [upTo(4), upTo(4)];
    const shape = [upTo(3), window[0] + stream.integer(7), window[1] + stream.integer(7), upTo(9)];
    const pad = i % 2 === 0 ? "same" : "valid";
    await assertSameAsOnCpu(
      () =>
        pullBack((x) => tf.avgPool(x as tf.Tensor4D, window, strides, pad), [normal(shape, "x")]),
      JSON.stringify({ shape, window, strides, pad }),
    );
  }
});
