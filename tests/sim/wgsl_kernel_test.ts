/** The text of kernels in WGSL. What they compute is tested on an adapter: tests/webgpu/kernels.ts. */
import assert from "node:assert/strict";
import { Graph, type Node } from "../../sim/expression/graph.ts";
import { wgslKernel } from "../../sim/expression/wgsl_kernel.ts";

type Build = (graph: Graph, x: Node, y: Node) => readonly Node[];

function source(build: Build): string {
  const graph = new Graph();
  const [x, y] = [graph.input(), graph.input()];
  const statement = {
    name: "test",
    inputs: [{ name: "before", rows: [x, y] }],
    outputs: [{ name: "after", rows: build(graph, x, y) }],
  };
  return wgslKernel(statement, (array) => array === "before" ? 0 : 7);
}

Deno.test("rows of arrays stand where they are said to, elements of a row side by side", () => {
  const text = source((graph, x, y) => [y, graph.add(x, y)]);
  for (const row of [0, 1, 7, 8]) assert.ok(text.includes(`numbers[${row}u * elements + i]`), text);
  assert.match(text, /override elements: u32;/);
});

Deno.test("constants are those of single precision", () => {
  const text = source((graph, x, y) => [
    graph.multiply(x, graph.constant(0.1)),
    graph.add(y, graph.constant(-2)),
    graph.minimum(x, graph.constant(1e21)),
  ]);
  for (const literal of [`${Math.fround(0.1)}f`, "(-2f)", `${Math.fround(1e21)}f`]) {
    assert.ok(text.includes(literal), `${literal} in ${text}`);
  }
});

Deno.test("a constant that is infinite in single precision is refused by its value", () => {
  for (const value of [Infinity, -Infinity, 1e39]) {
    assert.throws(() => source((graph, x) => [graph.add(x, graph.constant(value))]), {
      name: "RangeError",
      message: new RegExp(`${value}`.replace("+", "\\+")),
    });
  }
});
