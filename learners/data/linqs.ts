/**
 * The text format of the LINQS citation graphs: Cora, CiteSeer (Sen et al. 2008).
 *
 *     *.content     one node a line, tab-separated: its name, its features, its class
 *     *.cites       one edge a line, tab-separated: the names of two nodes
 *     *.split.json  {"train": [names], "val": [names], "test": [names]}
 */
import { z } from "zod";
import { DataError } from "./data_error.ts";
import type { Graph, Splits } from "./dataset.ts";
import { undirectedEdges } from "./graph.ts";
import { lines, type SourceFile, text } from "./source_file.ts";

/** How a graph is to be read. */
export interface LinqsOptions {
  /** The name of the resulting graph. */
  readonly name: string;
  /**
   * What to do with an edge to a node that the content file does not list: `refuse` (the default), or
   * `ignore` it. CiteSeer has 17 such edges.
   */
  readonly unknownNodes?: "refuse" | "ignore";
}

/**
 * The graph in a content and a cites file. Citations become undirected edges; repeated ones count once,
 * a node's citation of itself not at all. Classes are numbered in the alphabetical order of their names.
 *
 * @throws {DataError} when a line is malformed, a node is listed twice, or an edge leads to nowhere
 */
export function readLinqs(
  contentFile: SourceFile,
  citesFile: SourceFile,
  { name, unknownNodes = "refuse" }: LinqsOptions,
): Graph & { readonly nodeNames: readonly string[] } {
  const nodes = readNodes(contentFile);
  const pairs = readCitations(citesFile, nodes.index, unknownNodes);
  const classNames = [...new Set(nodes.classes)].sort();
  return {
    name,
    nodes: nodes.names.length,
    featureCount: nodes.featureCount,
    features: nodes.features,
    labels: Int32Array.from(nodes.classes, (className) => classNames.indexOf(className)),
    classNames,
    edges: undirectedEdges(nodes.names.length, pairs),
    nodeNames: nodes.names,
  };
}

function readNodes(file: SourceFile) {
  const rows = lines(file).map((line) => line.split("\t"));
  const columns = rows[0]?.length ?? 0;
  if (columns < 3) {
    throw new DataError(
      file.name,
      { line: 1 },
      `${columns} tab-separated fields`,
      "a node's name, at least one feature, and its class",
    );
  }
  const featureCount = columns - 2;
  const features = new Float32Array(rows.length * featureCount);
  const index = new Map<string, number>();
  rows.forEach((fields, node) => {
    const line = node + 1;
    if (fields.length !== columns) {
      throw new DataError(
        file.name,
        { line },
        `${fields.length} tab-separated fields`,
        `${columns} as in line 1`,
      );
    }
    if (index.has(fields[0])) {
      throw new DataError(file.name, { line }, `node "${fields[0]}" again`, "every node once");
    }
    index.set(fields[0], node);
    for (let feature = 0; feature < featureCount; feature++) {
      const value = Number(fields[feature + 1].trim() || NaN);
      if (!Number.isFinite(value)) {
        const found = `"${fields[feature + 1]}" as feature ${feature + 1}`;
        throw new DataError(file.name, { line }, found, "a number");
      }
      features[node * featureCount + feature] = value;
    }
  });
  const names = rows.map(([name]) => name);
  return { names, index, features, featureCount, classes: rows.map((row) => row[columns - 1]) };
}

function readCitations(
  file: SourceFile,
  index: ReadonlyMap<string, number>,
  unknownNodes: "refuse" | "ignore",
): [number, number][] {
  const pairs: [number, number][] = [];
  lines(file).forEach((text, i) => {
    const names = text.split("\t");
    if (names.length !== 2) {
      const found = `${names.length} tab-separated fields`;
      throw new DataError(file.name, { line: i + 1 }, found, "the names of two nodes");
    }
    const [from, to] = names.map((name) => index.get(name));
    if (from !== undefined && to !== undefined) {
      pairs.push([from, to]);
    } else if (unknownNodes === "refuse") {
      const stranger = from === undefined ? names[0] : names[1];
      throw new DataError(
        file.name,
        { line: i + 1 },
        `node "${stranger}"`,
        "a node of the content file (unknownNodes: ignore leaves such edges out)",
      );
    }
  });
  return pairs;
}

const nodeName = z.union([z.string(), z.number().int()]).transform(String);
const splitSchema = z.object({
  train: z.array(nodeName),
  val: z.array(nodeName),
  test: z.array(nodeName),
});

/**
 * Which nodes serve for what, by a split file that names them.
 *
 * @param nodeNames the graph's nodes in order
 * @throws {DataError} when it is not such a file, names a node that there is not, or names one twice
 */
export function readLinqsSplit(file: SourceFile, nodeNames: readonly string[]): Splits {
  const named = parseSplit(file);
  const index = new Map(nodeNames.map((name, node) => [name, node]));
  const seen = new Set<number>();
  const nodesOf = (part: keyof typeof named) =>
    Int32Array.from(named[part], (name, place) => {
      const node = index.get(name);
      if (node === undefined || seen.has(node)) {
        throw new DataError(
          file.name,
          undefined,
          `node "${name}" at ${part}[${place}]${node === undefined ? "" : " a second time"}`,
          node === undefined ? "a node of the graph" : "every node in at most one place",
        );
      }
      seen.add(node);
      return node;
    }).sort();
  return { train: nodesOf("train"), validation: nodesOf("val"), test: nodesOf("test") };
}

function parseSplit(file: SourceFile): z.output<typeof splitSchema> {
  const json = text(file);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(file.name, undefined, `invalid JSON (${reason})`, "JSON", { cause });
  }
  const parsed = splitSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new DataError(
      file.name,
      undefined,
      `a wrong value at ${path.join(".") || "the top"} (${message})`,
      '{"train": [nodes], "val": [nodes], "test": [nodes]}',
    );
  }
  return parsed.data;
}
