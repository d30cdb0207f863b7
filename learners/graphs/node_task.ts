/**
 * The node-classification task that the methods of this family share, so that their numbers can be put
 * side by side: `contact-graphs` on the desk, Cora in full.
 */
import { z } from "zod";
import { contactGraph } from "../data/contact_graphs.ts";
import type { SplitGraph } from "../data/dataset.ts";
import { readLinqs, readLinqsSplit } from "../data/linqs.ts";
import { sourceFile } from "../data/source_file.ts";
import type { JobContext } from "../method.ts";
import { rowNormalised, type SparseMatrix, sparseOf } from "../nn/graphs/sparse_matrix.ts";

/** The part of a configuration that settles the task. */
export const nodeTaskSchema = z.object({
  data: z.enum(["contact-graphs", "cora"]).default("contact-graphs")
    .describe("the graph: zones of contact, one for each seed, or Cora from the data folder"),
  nodes: z.int().min(50).default(400).describe("nodes of contact-graphs"),
  radius: z.number().positive().default(0.085)
    .describe("distance below which nodes touch, in sides of the square that they lie in"),
  signal: z.number().min(0).default(0.25)
    .describe("deviation of the class means in contact-graphs' features, whose noise has 1"),
  labelsPerClass: z.int().min(1).default(5).describe("training nodes a class of contact-graphs"),
  validation: z.int().min(1).default(150).describe("validation nodes of contact-graphs"),
});

/** A graph to learn from. */
export interface NodeTask {
  readonly graph: SplitGraph;
  /** [nodes, features], scaled as networks want them. */
  readonly features: SparseMatrix;
}

/**
 * The task that a configuration describes: features of contact-graphs as they are, of Cora with rows
 * that sum to 1, and its public split.
 *
 * @throws {DataError} when a file of Cora is missing or damaged
 * @throws {RangeError} when contact-graphs cannot be had with these numbers
 */
export async function loadNodeTask(
  config: z.output<typeof nodeTaskSchema>,
  seed: number,
  context: Pick<JobContext, "file">,
): Promise<NodeTask> {
  if (config.data === "contact-graphs") {
    const graph = contactGraph({ ...config, seed });
    return { graph, features: featuresOf(graph) };
  }
  const graph = await citationGraph(config.data, context);
  return { graph, features: rowNormalised(featuresOf(graph)) };
}

function featuresOf({ nodes, featureCount, features }: SplitGraph): SparseMatrix {
  return sparseOf(nodes, featureCount, features);
}

/** The files of the data folder that a configuration's task is read from. */
export function nodeTaskFiles({ data }: z.output<typeof nodeTaskSchema>): readonly string[] {
  return data === "contact-graphs" ? [] : graphFiles(data);
}

/** A citation graph's nodes, edges and split. */
function graphFiles(name: string): readonly string[] {
  return ["content", "cites", "split.json"].map((end) => `${name}/${name}.${end}`);
}

async function citationGraph(
  name: string,
  context: Pick<JobContext, "file">,
): Promise<SplitGraph> {
  const [content, cites, split] = await Promise.all(
    graphFiles(name).map((path) => sourceFile((file) => context.file(file), path)),
  );
  const { nodeNames = [], ...graph } = readLinqs(content, cites, { name });
  return { ...graph, nodeNames, splits: readLinqsSplit(split, nodeNames) };
}
