/** The tasks of node classification. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { readDataFile } from "../../../agents/library/data_folder.ts";
import { loadNodeTask, nodeTaskSchema } from "../../../learners/graphs/node_task.ts";

const data = Deno.env.get("CALLOSUM_DATA");

const sizes = (splits: Readonly<Record<string, Int32Array>>) =>
  Object.entries(splits).map(([name, nodes]) => [name, nodes.length]);

Deno.test("contact-graphs differ by seed and follow the configuration", async () => {
  const config = nodeTaskSchema.parse({ nodes: 200, labelsPerClass: 3, validation: 60 });
  const noFiles = { file: (name: string) => Promise.reject(new Error(`${name} was asked for`)) };
  const [first, again, other] = await Promise.all(
    [1, 1, 2].map((seed) => loadNodeTask(config, seed, noFiles)),
  );
  deepStrictEqual(again, first);
  ok(other.graph.edges.join() !== first.graph.edges.join());
  strictEqual(first.features.rows, 200);
  deepStrictEqual(sizes({ ...first.graph.splits }), [
    ["train", 18],
    ["validation", 60],
    ["test", 122],
  ]);
});

Deno.test({
  name: "Cora comes with its public split and features that sum to 1",
  ignore: data === undefined,
  async fn() {
    const config = nodeTaskSchema.parse({ data: "cora" });
    const file = (name: string) => readDataFile(data, name);
    const { graph, features } = await loadNodeTask(config, 0, { file });
    deepStrictEqual([graph.nodes, graph.featureCount, graph.edges.length / 2], [2708, 1433, 5278]);
    deepStrictEqual(sizes({ ...graph.splits }), [
      ["train", 140],
      ["validation", 500],
      ["test", 1000],
    ]);
    for (let row = 0; row < graph.nodes; row++) {
      const values = features.values.subarray(features.starts[row], features.starts[row + 1]);
      const sum = values.reduce((total, value) => total + value, 0);
      ok(Math.abs(sum - 1) < 1e-12, `row ${row} sums to ${sum}`);
    }
  },
});

Deno.test("a missing file of Cora is asked for by its name", async () => {
  const config = nodeTaskSchema.parse({ data: "cora" });
  await rejects(
    loadNodeTask(config, 0, { file: (name) => Promise.reject(new Error(`no ${name}`)) }),
    /no cora\/cora\.content/,
  );
});
