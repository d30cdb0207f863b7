/** Published sets: found by their publishers' names, and, where they are at hand, what is known of them. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DataError } from "../../../learners/data/data_error.ts";
import { dataDirectory } from "../../../learners/data/files.ts";
import { homophily } from "../../../learners/data/graph.ts";
import {
  cifar10,
  cifar100,
  citationGraph,
  fashionMnist,
  mnist,
} from "../../../learners/data/published.ts";

const directory = Deno.env.get("CALLOSUM_DATA");
const has = async (name: string) =>
  directory !== undefined && await Deno.stat(`${directory}/${name}`).then(() => true, () => false);
const read = dataDirectory(directory ?? "no data folder");

Deno.test({
  name: "Cora (CALLOSUM_DATA): 2708 nodes, 5278 edges, 1433 features, 7 classes, the public split",
  ignore: !await has("cora"),
  async fn() {
    const graph = await citationGraph(read, "cora");
    deepStrictEqual(
      [graph.nodes, graph.edges.length / 2, graph.featureCount, graph.classNames.length],
      [2708, 5278, 1433, 7],
    );
    const { train, validation, test } = graph.splits;
    deepStrictEqual([train.length, validation.length, test.length], [140, 500, 1000]);
    const perClass = new Int32Array(7);
    train.forEach((node) => perClass[graph.labels[node]]++);
    deepStrictEqual([...perClass], Array(7).fill(20));
    ok(graph.features.every((value) => value === 0 || value === 1));
    // 0.81 by Zhu et al. 2020, "Beyond homophily in graph neural networks", table 5.
    ok(Math.abs(homophily(graph) - 0.81) < 0.005, `homophily ${homophily(graph)}`);
  },
});

Deno.test({
  name: "MNIST (CALLOSUM_DATA): 60,000 and 10,000 digits of 28×28, the first a 5 and a 7",
  ignore: !await has("mnist"),
  async fn() {
    const train = await mnist(read, "train");
    deepStrictEqual([train.count, train.height, train.width, train.channels], [60000, 28, 28, 1]);
    strictEqual(train.labels[0], 5);
    // The mean pixel by which MNIST is commonly normalised.
    let sum = 0;
    for (const value of train.images) sum += value;
    const mean = sum / train.images.length;
    ok(Math.abs(mean - 0.1307) < 1e-4, `mean pixel ${mean}`);
    const test = await mnist(read, "test", { count: 10000 });
    deepStrictEqual([test.count, test.labels[0]], [10000, 7]);
  },
});

Deno.test("every set is found under its publisher's names, compressed or not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const put = async (name: string, bytes: Uint8Array) => {
      await Deno.mkdir(`${folder}/${name.slice(0, name.indexOf("/"))}`, { recursive: true });
      await Deno.writeFile(`${folder}/${name}`, bytes);
    };
    const text = (value: string) => new TextEncoder().encode(value);
    const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 9);
    const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 255);
    await put("fashion-mnist/t10k-labels-idx1-ubyte", labels);
    await put("fashion-mnist/t10k-images-idx3-ubyte.gz", gzipSync(images));
    const record = (...label: number[]) => Uint8Array.of(...label, ...new Uint8Array(3072));
    for (let batch = 1; batch <= 5; batch++) {
      await put(`cifar-10-batches-bin/data_batch_${batch}.bin`, record(batch - 1));
    }
    await put("cifar-10-batches-bin/batches.meta.txt", text("a\nb\nc\nd\ne\n\n"));
    await put("cifar-100-binary/test.bin", record(0, 1));
    await put("cifar-100-binary/coarse_label_names.txt", text("fish\n"));
    await put("cifar-100-binary/fine_label_names.txt", text("ray\nshark\n"));
    await put("citeseer/citeseer.content", text("a\t1\tAI\nb\t0\tML\n"));
    await put("citeseer/citeseer.cites", text("a\tb\na\tnowhere\n"));
    await put("citeseer/citeseer.split.json", text('{"train":["a"],"val":[],"test":["b"]}'));

    const here = dataDirectory(folder);
    const boot = await fashionMnist(here, "test");
    deepStrictEqual([boot.classNames[boot.labels[0]], boot.images[0]], ["ankle boot", 1]);
    const batches = await cifar10(here, "train");
    deepStrictEqual([[...batches.labels], batches.classNames.join("")], [[0, 1, 2, 3, 4], "abcde"]);
    deepStrictEqual([...(await cifar100(here, "test")).labels], [1]);
    const graph = await citationGraph(here, "citeseer");
    deepStrictEqual([[...graph.edges], [...graph.splits.test]], [[0, 1], [1]]);
    await rejects(cifar10(here, "test"), (error: unknown) => {
      ok(error instanceof DataError);
      ok(error.file.endsWith("cifar-10-batches-bin/test_batch.bin"), error.file);
      ok(error.message.includes(folder) && error.message.includes("CALLOSUM_DATA"));
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("names that lead out of the data folder are refused", async () => {
  const here = dataDirectory(".");
  for (
    const name of ["../secret", "mnist/../../secret", "/etc/passwd", "C:\\x", "a\\..\\b", "x\0"]
  ) {
    await rejects(here(name), { name: "DataError", message: /out of the data folder/ });
  }
});

Deno.test("a file that may not be read is not taken for a missing one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/mnist`);
    await rejects(
      dataDirectory(folder)("mnist"),
      (error: unknown) => error instanceof DataError && !/no such file/.test(error.message),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
