/**
 * The published data sets that the library knows: which files each consists of, under the names and in
 * the folders that their publishers give them, below the user's data folder.
 *
 * | set | folder | files |
 * | --- | --- | --- |
 * | MNIST | `mnist` | `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…` |
 * | Fashion-MNIST | `fashion-mnist` | the same |
 * | CIFAR-10 | `cifar-10-batches-bin` | `data_batch_1.bin` … `data_batch_5.bin`, `test_batch.bin`, `batches.meta.txt` |
 * | CIFAR-100 | `cifar-100-binary` | `train.bin`, `test.bin`, `coarse_label_names.txt`, `fine_label_names.txt` |
 * | Cora | `cora` | `cora.content`, `cora.cites`, `cora.split.json` |
 * | CiteSeer | `citeseer` | `citeseer.content`, `citeseer.cites`, `citeseer.split.json` |
 *
 * All may be gzip-compressed. Every function throws `DataError` when a file is missing or damaged.
 */
import { readCifar10, readCifar100 } from "./cifar.ts";
import type { ImageSet, SplitGraph } from "./dataset.ts";
import { readIdxImages } from "./idx.ts";
import { readLinqs, readLinqsSplit } from "./linqs.ts";
import { type FileReader, lines, sourceFile } from "./source_file.ts";

/** The publishers' own split. */
export type PublishedSplit = "train" | "test";

/** How much of a set is wanted. */
export interface PublishedOptions {
  /** Keep only this many images, from the first; all unless given. */
  readonly count?: number;
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The classes of Fashion-MNIST in the order of their labels (Xiao, Rasul & Vollgraf 2017). */
const clothes = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/** Handwritten digits, 28×28 grey: 60,000 to train on, 10,000 to test. */
export function mnist(
  read: FileReader,
  split: PublishedSplit,
  options: PublishedOptions = {},
): Promise<ImageSet> {
  return idxFolder(read, "mnist", `MNIST, ${split}`, split, digits, options);
}

/** Articles of clothing in the same format and numbers as MNIST. */
export function fashionMnist(
  read: FileReader,
  split: PublishedSplit,
  options: PublishedOptions = {},
): Promise<ImageSet> {
  return idxFolder(read, "fashion-mnist", `Fashion-MNIST, ${split}`, split, clothes, options);
}

async function idxFolder(
  read: FileReader,
  folder: string,
  name: string,
  split: PublishedSplit,
  classNames: readonly string[],
  options: PublishedOptions,
): Promise<ImageSet> {
  const prefix = `${folder}/${split === "train" ? "train" : "t10k"}`;
  const images = await sourceFile(read, `${prefix}-images-idx3-ubyte`);
  const labels = await sourceFile(read, `${prefix}-labels-idx1-ubyte`);
  return readIdxImages(images, labels, { name, classNames, ...options });
}

/** Photographs of ten kinds of things, 32×32 in colour: 50,000 to train on, 10,000 to test. */
export async function cifar10(read: FileReader, split: PublishedSplit): Promise<ImageSet> {
  const folder = "cifar-10-batches-bin";
  const batches = split === "train"
    ? [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`)
    : ["test_batch.bin"];
  const files = await Promise.all(batches.map((batch) => sourceFile(read, `${folder}/${batch}`)));
  const classNames = await namesIn(read, `${folder}/batches.meta.txt`);
  return readCifar10(files, classNames, `CIFAR-10, ${split}`);
}

/** The same with 100 classes in 20 superclasses. */
export async function cifar100(read: FileReader, split: PublishedSplit): Promise<ImageSet> {
  const folder = "cifar-100-binary";
  const file = await sourceFile(read, `${folder}/${split}.bin`);
  const coarse = await namesIn(read, `${folder}/coarse_label_names.txt`);
  const fine = await namesIn(read, `${folder}/fine_label_names.txt`);
  return readCifar100([file], { coarse, fine }, `CIFAR-100, ${split}`);
}

/** Class names, one a line; CIFAR's own file ends with empty lines. */
async function namesIn(read: FileReader, name: string): Promise<string[]> {
  return lines(await sourceFile(read, name)).filter((line) => line !== "");
}

/**
 * Scientific papers, the words that they use, and their citations, with the public split of Yang, Cohen &
 * Salakhutdinov 2016. Cora has 2,708 nodes, 1,433 features, 7 classes and 5,278 edges. Features are as the
 * files have them; Planetoid-style training divides each row by its sum.
 */
export async function citationGraph(
  read: FileReader,
  name: "cora" | "citeseer",
): Promise<SplitGraph> {
  const file = (ending: string) => sourceFile(read, `${name}/${name}.${ending}`);
  const unknownNodes = name === "citeseer" ? "ignore" : "refuse";
  const graph = readLinqs(await file("content"), await file("cites"), { name, unknownNodes });
  return { ...graph, splits: readLinqsSplit(await file("split.json"), graph.nodeNames) };
}
