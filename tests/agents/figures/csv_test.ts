/** Figures as CSV: everything that is drawn, under the names that are drawn with it. */
import { strictEqual } from "node:assert/strict";
import { figureCsv } from "../../../agents/figures/csv.ts";
import type { Figure } from "../../../learners/figure.ts";

const named = { title: "A title", caption: "A caption" };
const axes = { xLabel: "update", yLabel: "loss, nat" };

const cases: readonly (readonly [what: string, figure: Figure, lines: readonly string[]])[] = [
  ["a line, its band, and a gap", {
    ...named,
    ...axes,
    kind: "line",
    traces: [
      { name: "a", x: [1, 2], y: [0.1, NaN], interval: [[0, 0.5], [1, 2]] },
      { name: "b", x: [1], y: [3], spread: [0.25] },
    ],
  }, [
    'name,update,"loss, nat",low,high,spread',
    "a,1,0.1,0,0.5,",
    "a,2,,1,2,",
    "b,1,3,,,0.25",
  ]],
  ["lines of one name, and marks on them", {
    ...named,
    xLabel: "x (m)",
    yLabel: "y (m)",
    kind: "line",
    traces: [{ name: "a", x: [1], y: [2] }, { name: "a", x: [3], y: [4] }],
    marks: [{ name: "target", x: [5], y: [6] }],
  }, [
    "drawn,line,name,x (m),y (m)",
    "line,1,a,1,2",
    "line,2,a,3,4",
    "mark,,target,5,6",
  ]],
  ["points whose axes have one name", {
    ...named,
    xLabel: "error",
    yLabel: "error",
    kind: "scatter",
    traces: [{ name: "a", x: [1], y: [2] }],
  }, ["name,x,y", "a,1,2"]],
  ["bars", { ...named, ...axes, kind: "bars", names: ["a", "b"], values: [1, 2], spread: [0, 1] }, [
    "name,value,spread",
    "a,1,0",
    "b,2,1",
  ]],
  ["grouped bars, some without interval or points", {
    ...named,
    ...axes,
    kind: "grouped-bars",
    groups: ["g", "h"],
    series: ["s"],
    values: [[1], [2]],
    intervals: [[[0, 2]], [undefined]],
    points: [[[0.5, 1.5]], [[]]],
  }, ["group,series,value,low,high,point 1,point 2", "g,s,1,0,2,0.5,1.5", "h,s,2,,,,"]],
  ["a histogram", { ...named, ...axes, kind: "histogram", values: [3, 1], bins: 2 }, [
    "update",
    "3",
    "1",
  ]],
  ["a heat map", {
    ...named,
    ...axes,
    kind: "heat-map",
    values: [[1, 2]],
    rows: ["r"],
    columns: ["u", "v"],
  }, ["row,column,value", "r,u,1", "r,v,2"]],
  ["an image", {
    ...named,
    kind: "image-grid",
    images: [[0, 0.25, 0.5, 1, 0.75, 0]],
    height: 1,
    width: 2,
    channels: 3,
    columns: 1,
    labels: ["x"],
  }, [
    "image,label,row,column,channel,value",
    ...["1,x,1,1,1,0", "1,x,1,1,2,0.25", "1,x,1,1,3,0.5"],
    ...["1,x,1,2,1,1", "1,x,1,2,2,0.75", "1,x,1,2,3,0"],
  ]],
  ["a graph", {
    ...named,
    kind: "graph",
    positions: [[0, 0.5], [1, 1]],
    edges: [[0, 1]],
    colours: [3, 4],
    sizes: [1, 2],
  }, ["node,x,y,colour,size,from,to", "1,0,0.5,3,1,,", "2,1,1,4,2,,", ",,,,,1,2"]],
  ["panels, each with columns of its own", {
    ...named,
    kind: "panels",
    columns: 2,
    panels: [
      { ...axes, kind: "scatter", title: "first", traces: [{ name: "a", x: [1], y: [2] }] },
      { ...axes, kind: "bars", title: "second", names: ["b"], values: [3] },
    ],
  }, ['panel,name,update,"loss, nat",value', "first,a,1,2,", "second,b,,,3"]],
];

for (const [what, figure, lines] of cases) {
  Deno.test(`${what}: a line for each thing that is drawn`, () => {
    strictEqual(figureCsv(figure), lines.map((line) => `${line}\r\n`).join(""));
  });
}
