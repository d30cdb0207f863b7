/** The LINQS reader: nodes, citations, split, and lines that are wrong. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readLinqs, readLinqsSplit } from "../../../learners/data/linqs.ts";
import { refuses } from "./refused.ts";

const file = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
const content = "p9\t1\t0\tTheory\np2\t0\t1.5\tAgents\np5\t0\t0\tTheory\n";
const cites = "p9\tp2\np2\tp9\np5\tp5\np5\tp9\n";
const read = (nodes: string, edges: string, unknownNodes?: "refuse" | "ignore") =>
  readLinqs(file("c.content", nodes), file("c.cites", edges), { name: "toy", unknownNodes });

Deno.test("nodes keep their order, classes are numbered by name, citations become edges once", () => {
  const graph = read(content, cites);
  deepStrictEqual(graph.nodeNames, ["p9", "p2", "p5"]);
  deepStrictEqual(graph.classNames, ["Agents", "Theory"]);
  deepStrictEqual([...graph.labels], [1, 0, 1]);
  deepStrictEqual([...graph.features], [1, 0, 0, 1.5, 0, 0]);
  deepStrictEqual([...graph.edges], [0, 1, 0, 2]);
  deepStrictEqual([graph.nodes, graph.featureCount, graph.name], [3, 2, "toy"]);
});

Deno.test("gzip, the line ends of Windows and a missing last line end make no difference", () => {
  const packed = (text: string) => ({
    name: "packed",
    bytes: gzipSync(text.replaceAll("\n", "\r\n")),
  });
  deepStrictEqual(readLinqs(packed(content), packed(cites), { name: "toy" }), read(content, cites));
  deepStrictEqual(read(content.trimEnd(), cites.trimEnd()), read(content, cites));
});

Deno.test("an edge to an unknown node is refused at its line, or ignored where asked", () => {
  const dangling = `${cites}p9\tp7\n`;
  refuses(() => read(content, dangling), {
    file: "c.cites",
    place: { line: 5 },
    found: /^node "p7"$/,
    expected: /a node of the content file/,
  });
  deepStrictEqual(read(content, dangling, "ignore"), read(content, cites));
});

Deno.test("a malformed line is refused by its number", () => {
  const cases: [string, string, string, number, RegExp, RegExp][] = [
    ["", cites, "c.content", 1, /^0 tab-separated fields$/, /at least one feature/],
    ["p9 1 0 Theory\n", cites, "c.content", 1, /^1 tab-separated fields$/, /at least one feature/],
    [`${content}p3\t1\tTheory\n`, cites, "c.content", 4, /^3 tab-separated/, /^4 as in line 1$/],
    [`${content}p2\t1\t0\tTheory\n`, cites, "c.content", 4, /^node "p2" again$/, /once/],
    [`${content}p3\t1\tx\tTheory\n`, cites, "c.content", 4, /^"x" as feature 2$/, /^a number$/],
    [`${content}p3\t\t1\tTheory\n`, cites, "c.content", 4, /^"" as feature 1$/, /^a number$/],
    [content, "p9\tp2\np9 p5\n", "c.cites", 2, /^1 tab-separated fields$/, /two nodes/],
    [content, "p9\tp2\n\np5\tp9\n", "c.cites", 2, /^1 tab-separated fields$/, /two nodes/],
  ];
  for (const [nodes, edges, name, line, found, expected] of cases) {
    refuses(() => read(nodes, edges), { file: name, place: { line }, found, expected });
  }
});

Deno.test("bytes that are not UTF-8 are refused at the first of them", () => {
  const bytes = new TextEncoder().encode(content);
  bytes[20] = 0xff;
  refuses(() => readLinqs({ name: "c.content", bytes }, file("c.cites", cites), { name: "toy" }), {
    file: "c.content",
    place: { byte: 20 },
    found: /^byte value 255/,
    expected: /UTF-8/,
  });
});

Deno.test("a split names nodes by number or text and comes back in ascending order", () => {
  const names = ["0", "1", "p2", "3"];
  const split = readLinqsSplit(file("s", '{"train": [3, 0], "val": ["p2"], "test": [1]}'), names);
  deepStrictEqual([...split.train], [0, 3]);
  deepStrictEqual([...split.validation], [2]);
  deepStrictEqual([...split.test], [1]);
});

Deno.test("a split that is wrong is refused", () => {
  const split = (text: string) => () => readLinqsSplit(file("s.json", text), ["0", "1"]);
  const refusal = (text: string, found: RegExp, expected: RegExp) =>
    refuses(split(text), { file: "s.json", found, expected });
  refusal('{"train": [0', /^invalid JSON/, /^JSON$/);
  refusal('{"train": [0], "test": []}', /^a wrong value at val /, /"val": \[nodes\]/);
  refusal('{"train": [0.5], "val": [], "test": []}', /^a wrong value at train\.0 /, /nodes/);
  refusal(
    '{"train": [0], "val": [2], "test": []}',
    /^node "2" at val\[0\]$/,
    /a node of the graph/,
  );
  refusal(
    '{"train": [0], "val": [], "test": [1, 0]}',
    /^node "0" at test\[1\] a second/,
    /one place/,
  );
  strictEqual(split('{"train": [0], "val": [], "test": [1]}')().train.length, 1);
});
