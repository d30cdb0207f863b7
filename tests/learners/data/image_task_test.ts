/** The tasks of the compression family: arm-images on the desk, CIFAR-10 in full. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { imageTaskSchema, loadImageTask } from "../../../learners/data/image_task.ts";
import { reste } from "../../../learners/compression/reste.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { smokeJob } from "../compression/support.ts";

await readyBackend("wasm");

const recordBytes = 1 + 3 * 1024;

/** Files of CIFAR-10's layout with four images each; the first pixel tells file and image apart. */
function cifarFiles(asked: string[] = []) {
  return (name: string) => {
    asked.push(name);
    const bytes = new Uint8Array(4 * recordBytes);
    const file = Number(/\d(?=\.bin)/.exec(name)?.[0] ?? 9);
    for (let image = 0; image < 4; image++) {
      bytes[image * recordBytes] = (file + image) % 10;
      bytes[image * recordBytes + 1] = 10 * file + image;
    }
    return Promise.resolve(bytes);
  };
}

const cifar = { data: "cifar-10", validationImages: 3 } as const;

Deno.test("arm-images come in the sizes asked for, in splits that differ", async () => {
  const config = imageTaskSchema.parse({ trainingImages: 24, validationImages: 16, testImages: 8 });
  const { training, validation, test } = await loadImageTask(config, { file: cifarFiles() });
  deepStrictEqual([training.count, validation.count, test.count], [24, 16, 8]);
  deepStrictEqual([training.height, training.width, training.channels], [16, 16, 1]);
  strictEqual(training.classNames.length, 8);
  ok(training.images.slice(0, 256).join() !== validation.images.slice(0, 256).join());
  ok(test.images.slice(0, 256).join() !== validation.images.slice(0, 256).join());
});

Deno.test("CIFAR-10's last training images are for validation, and its test file for the test", async () => {
  const asked: string[] = [];
  const config = imageTaskSchema.parse(cifar);
  const { training, validation, test } = await loadImageTask(config, { file: cifarFiles(asked) });
  strictEqual(asked.length, 6);
  ok(asked.includes("cifar-10-batches-bin/data_batch_5.bin"));
  const red = (set: typeof training, image: number) => Math.round(255 * set.images[3072 * image]);
  deepStrictEqual([training.count, validation.count, test.count], [17, 3, 4]);
  deepStrictEqual([red(training, 0), red(training, 16), red(validation, 0), red(validation, 2)], [
    10,
    50,
    51,
    53,
  ]);
  deepStrictEqual([...validation.labels], [6, 7, 8]);
  strictEqual(red(test, 3), 93);
});

Deno.test("validation may not take all of CIFAR-10's training images", async () => {
  const config = imageTaskSchema.parse({ ...cifar, validationImages: 20 });
  await rejects(loadImageTask(config, { file: cifarFiles() }), /20 validation images of 20/);
});

Deno.test("a job trains ResNet-20 on CIFAR-10's files", async () => {
  const changes = { ...cifar, layers: "resnet-20", batch: 8, epochs: 1, shift: 4, flip: true };
  const { result } = await smokeJob(reste, "reste", { changes, file: cifarFiles() });
  ok(Number.isFinite(result.metrics["gradient instability"]));
  // 40.6 million multiply-adds an image: sixteen images, forward and backward.
  ok(Math.abs((result.multiplyAdds ?? 0) / (3 * 16) - 40.6e6) < 0.1e6, `${result.multiplyAdds}`);
});
