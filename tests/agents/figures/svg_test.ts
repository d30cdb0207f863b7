/** Figures drawn as SVG: what is in the drawing, and what is refused. */
import { deepStrictEqual, doesNotMatch, match, ok, rejects, strictEqual } from "node:assert/strict";
import { type Document, DOMParser, type Element, onErrorStopParsing } from "@xmldom/xmldom";
import { FigureError, figureSvg } from "../../../agents/figures/svg.ts";
import type { Figure, Trace } from "../../../learners/figure.ts";

const named = { title: "A title", caption: "A caption" };
const axes = { xLabel: "Epoch", yLabel: "Loss (nat)" };
const trace: Trace = { name: "a", x: [1, 2, 3, 4], y: [4, 2, 1, 0.5], spread: [1, 1, 0.5, 0.1] };
const other: Trace = { name: "b", x: [1, 2, 3, 4], y: [3, 3, 2, 2] };

const line: Figure = { ...named, ...axes, kind: "line", traces: [trace, other] };
const scatter: Figure = { ...line, kind: "scatter" };
const bars = {
  ...named,
  ...axes,
  kind: "bars",
  names: ["one", "two", "two"],
  values: [1, -2, 3],
  spread: [0.1, 0.2, 0.3],
} as const;
const histogram = {
  ...named,
  ...axes,
  kind: "histogram",
  values: [1, 1, 2, 3, 5],
  bins: 4,
} as const;
const heatMap = {
  ...named,
  ...axes,
  kind: "heat-map",
  values: [[1, 2, 3], [4, 5, 6]],
  rows: ["r", "s"],
  columns: ["u", "v", "w"],
} as const;
const imageGrid = {
  ...named,
  kind: "image-grid",
  images: [[0, 0.25, 0.5, 1], [1, 1, 0, 0], [0, 1, 0, 1]],
  height: 2,
  width: 2,
  channels: 1,
  columns: 2,
  labels: ["x", "y", "z"],
} as const;
const graph = {
  ...named,
  kind: "graph",
  positions: [[0, 0], [1, 0], [0, 1]],
  edges: [[0, 1], [1, 2]],
  colours: [0, 1, 1],
} as const;

const groupedBars = {
  ...named,
  ...axes,
  kind: "grouped-bars",
  groups: ["g", "h", "i"],
  series: ["s", "t"],
  values: [[1, 2], [3, NaN], [2, 2]],
  intervals: [[[0.5, 1.5], [1, 3]], [[2, 4], [0, 1]], [[1, 3], undefined]],
  points: [[[0.5, 1.5], [2, 2]], [[3, 3], []], [[2], [2]]],
} as const;
const panels = {
  ...named,
  kind: "panels",
  columns: 2,
  panels: [
    { ...axes, kind: "line", title: "first", traces: [trace, other] },
    { ...axes, kind: "line", title: "second", traces: [{ ...other, name: "c" }, trace] },
    { ...groupedBars, title: "third" },
  ],
} as const;

const kinds: readonly Figure[] = [
  ...[line, scatter, bars, groupedBars, histogram, heatMap, imageGrid, graph, panels],
];

/** The drawing as a document; fails where it is no well-formed XML. */
async function drawn(figure: Figure): Promise<Document> {
  const svg = await figureSvg(figure);
  return new DOMParser({ onError: onErrorStopParsing }).parseFromString(svg, "image/svg+xml");
}

/** Elements in the groups that Vega marks as `mark`, such as "rect"; axes and legends have other roles. */
function marks(document: Document, mark: string): Element[] {
  return [...document.getElementsByTagName("g")]
    .filter((group) => group.getAttribute("class")?.startsWith(`mark-${mark} role-mark`))
    .flatMap((group) =>
      [...group.childNodes].filter((node): node is Element => node.nodeType === 1)
    );
}

const texts = (document: Document) =>
  [...document.getElementsByTagName("text")].map(({ textContent }) => textContent);

const count = (document: Document, mark: string) => marks(document, mark).length;

for (const figure of kinds) {
  Deno.test(`a ${figure.kind} is an image with its title and caption, the same every time`, async () => {
    const root = (await drawn(figure)).documentElement!;
    strictEqual(root.getAttribute("role"), "img");
    deepStrictEqual(
      [...root.childNodes].slice(0, 2).map(({ nodeName, textContent }) => [nodeName, textContent]),
      [["title", "A title"], ["desc", "A caption"]],
    );
    ok(texts(root.ownerDocument!).includes("A title"));
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => figureSvg(figure)));
    others.forEach((svg) => strictEqual(svg, first));
  });
}

Deno.test("what is referred to has a name of the figure's own", async () => {
  const identifiers = async (figure: Figure) =>
    [...(await figureSvg(figure)).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  const [id] = await identifiers(heatMap);
  const [otherId] = await identifiers({ ...heatMap, title: "Another title" });
  match(id, /^figure-[0-9a-f]{8}-0$/);
  ok(id !== otherId);
  ok((await figureSvg(heatMap)).includes(`url(#${id})`));
});

Deno.test("a line has a path for each trace, a band for each spread, a point for each sample", async () => {
  const document = await drawn(line);
  strictEqual(count(document, "line"), 2);
  strictEqual(count(document, "area"), 1);
  strictEqual(count(document, "symbol"), 8);
  ok(["a", "b", "Epoch", "Loss (nat)"].every((label) => texts(document).includes(label)));
});

Deno.test("a long line has no points, and a trace alone no legend", async () => {
  const x = Array.from({ length: 50 }, (_, i) => i);
  const document = await drawn({ ...line, kind: "line", traces: [{ name: "only", x, y: x }] });
  strictEqual(count(document, "symbol"), 0);
  ok(!texts(document).includes("only"));
});

Deno.test("numbers that are not finite break a line, and the figure tells how many", async () => {
  const y = [4, 2, NaN, 1, 0.5];
  const document = await drawn({
    ...line,
    kind: "line",
    traces: [{ name: "a", x: [1, 2, 3, 4, 5], y }],
  });
  strictEqual(count(document, "line"), 2);
  strictEqual(count(document, "symbol"), 4);
  ok(texts(document).some((text) => text?.startsWith("1 not shown")));
  ok(!texts(await drawn(line)).some((text) => text?.includes("not shown")));
});

Deno.test("a line that turns back is drawn as it runs", async () => {
  const traces = [{ name: "path", x: [0, 2, 1, 1], y: [0, 0, 1, -1] }];
  const [path] = marks(await drawn({ ...line, kind: "line", traces }), "line");
  const across = [...path.getAttribute("d")!.matchAll(/[ML](-?[\d.]+),/g)].map(([, x]) =>
    Number(x)
  );
  deepStrictEqual(across, [0, 440, 220, 220]);
});

Deno.test("traces of one name are drawn alike, each a line of its own, with one place in the legend", async () => {
  const traces = [trace, { ...other, name: "a" }, { ...other, name: "b" }];
  const document = await drawn({ ...line, kind: "line", traces });
  const colours = marks(document, "line").map((path) => path.getAttribute("stroke"));
  deepStrictEqual(colours, ["#0072B2", "#0072B2", "#D55E00"]);
  strictEqual(texts(document).filter((text) => text === "a").length, 1);
});

Deno.test("a band may have two unlike halves", async () => {
  const { spread: _, ...bare } = trace;
  const interval = bare.y.map((y) => [y - 0.1, y + 2] as const);
  const [band] = marks(await drawn({ ...line, traces: [{ ...bare, interval }] } as Figure), "area");
  const places = [...band.getAttribute("d")!.matchAll(/[ML]([\d.]+),([\d.]+)/g)]
    .map(([, x, y]) => [Number(x), Number(y)]);
  const atFirst = places.filter(([x]) => x === 0).map(([, y]) => y).sort((a, b) => a - b);
  // From 4 + 2, where the axis of 6 units and 280 pixels ends, to 4 − 0.1.
  deepStrictEqual(atFirst.map(Math.round), [0, 280 * 2.1 / 6]);
});

Deno.test("equal scales make a unit equally long on both axes", async () => {
  const square = { name: "square", x: [0, 2, 2, 0], y: [1, 1, 3, 3] };
  const figure: Figure = { ...line, kind: "line", traces: [square], equalScales: true };
  const [path] = marks(await drawn(figure), "line");
  const places = [...path.getAttribute("d")!.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map((
    [, x, y],
  ) => [Number(x), Number(y)]);
  const [across, upward] = [places[1][0] - places[0][0], places[1][1] - places[2][1]];
  ok(across > 200 && Math.abs(across - upward) < 1, `${across} and ${upward}`);
});

Deno.test("marks stand on the lines, with shapes and a legend of their own", async () => {
  const ends = [{ name: "start", x: [1, 1], y: [4, 3] }, { name: "target", x: [4], y: [0.5] }];
  const document = await drawn({ ...line, kind: "line", traces: [trace, other], marks: ends });
  strictEqual(count(document, "symbol"), 3);
  const [first, second, third] = marks(document, "symbol").map((mark) => mark.getAttribute("d"));
  ok(first === second && first !== third);
  ok(["a", "b", "start", "target"].every((name) => texts(document).includes(name)));
});

Deno.test("a scatter has a point for each pair, and a bar for each spread", async () => {
  const document = await drawn(scatter);
  strictEqual(count(document, "symbol"), 8);
  strictEqual(count(document, "rule"), 4);
});

Deno.test("bars stand beside each other though their names be alike, with their spreads", async () => {
  const document = await drawn(bars);
  const rectangles = marks(document, "rect").filter((bar) =>
    bar.getAttribute("fill") === "#0072B2"
  );
  strictEqual(rectangles.length, 3);
  strictEqual(texts(document).filter((text) => text === "two").length, 2);
  strictEqual(count(document, "rule"), 3);
  ok(["1", "-2", "3"].every((value) => texts(document).includes(value)));
});

Deno.test("grouped bars stand side by side, with their intervals and points", async () => {
  const document = await drawn(groupedBars);
  // The ends of the intervals are in ink.
  const colours = marks(document, "rect").map((bar) => bar.getAttribute("fill"))
    .filter((colour) => colour !== "#222222");
  deepStrictEqual(colours, ["#0072B2", "#D55E00", "#0072B2", "#0072B2", "#D55E00"]);
  strictEqual(count(document, "symbol"), 8);
  strictEqual(count(document, "rule"), 4);
  ok(["g", "h", "i", "s", "t"].every((name) => texts(document).includes(name)));
});

Deno.test("a bar that there is not leaves its place empty; one that cannot be drawn is told of", async () => {
  ok(!texts(await drawn(groupedBars)).some((text) => text?.includes("not shown")));
  const values = [[1, 0], [3, NaN], [2, Infinity]];
  const document = await drawn({ ...groupedBars, values, yLogarithmic: true });
  ok(texts(document).some((text) => text?.startsWith("2 not shown")));
});

Deno.test("every group is named, however many there are", async () => {
  const groups = Array.from({ length: 14 }, (_, group) => `group ${group}`);
  const values = groups.map((_, group) => [group, 1]);
  const { intervals: _, points: __, ...bare } = groupedBars;
  const document = await drawn({ ...bare, groups, values });
  ok(groups.every((group) => texts(document).includes(group)), `${texts(document)}`);
});

Deno.test("panels have their titles, one legend, and one colour for one name", async () => {
  const document = await drawn(panels);
  ok(["first", "second", "third"].every((title) => texts(document).includes(title)));
  for (const name of ["a", "b", "c", "s", "t"]) {
    strictEqual(texts(document).filter((text) => text === name).length, 1, name);
  }
  const colours = marks(document, "line").map((path) => path.getAttribute("stroke"));
  // a, b; c, a
  deepStrictEqual(colours, ["#0072B2", "#D55E00", "#009E73", "#0072B2"]);
});

Deno.test("panels have axes of their own, or one range for all", async () => {
  const [small, large] = [1, 10].map((factor) => ({
    ...axes,
    kind: "line" as const,
    title: `up to ${factor}`,
    traces: [{ name: "a", x: [0, factor], y: [0, factor] }],
  }));
  const ends = async (common?: "x" | "y" | "both") => {
    const document = await drawn({ ...panels, panels: [small, large], common });
    return marks(document, "line").map((path) =>
      [.../L([\d.]+),([\d.]+)/.exec(path.getAttribute("d")!)!].slice(1).map(Number)
    );
  };
  const [[ownX, ownY], largest] = await ends();
  deepStrictEqual([ownX, ownY], largest);
  const [[x, y], [lastX, lastY]] = await ends("both");
  ok(Math.abs(x - lastX / 10) < 1, `${x} and ${lastX}`);
  strictEqual(lastY, 0);
  ok(y > 100, `${y}`);
  const [[alongX, ofY]] = await ends("y");
  deepStrictEqual([alongX, ofY], [ownX, y]);
});

Deno.test("a histogram's bars are as high as its bins are full", async () => {
  const heights = marks(await drawn(histogram), "rect").map((bar) => {
    const [, height] = /^M[^h]*h[^v]*v(-?[\d.]+)/.exec(bar.getAttribute("d")!)!;
    return Math.abs(Number(height));
  });
  // Bins of 1 … 5: two values in the first, one in the second, one in the third, one in the last.
  const [first, ...others] = heights;
  strictEqual(heights.length, 4);
  others.forEach((height) => ok(Math.abs(first / height - 2) < 1e-3, `${first} and ${height}`));
});

Deno.test("a heat map has a cell for each number, and where they are few, writes them", async () => {
  const document = await drawn(heatMap);
  strictEqual(count(document, "rect"), 6);
  strictEqual(count(document, "text"), 6);
  const many = Array.from({ length: 20 }, (_, i) => Array.from({ length: 20 }, (_, j) => i * j));
  const names = many.map((_, i) => `n${i}`);
  const large = await drawn({ ...heatMap, values: many, rows: names, columns: names });
  deepStrictEqual([count(large, "rect"), count(large, "text")], [400, 0]);
});

Deno.test("numbers on a heat map are white on dark cells and black on light ones", async () => {
  const inks = marks(await drawn(heatMap), "text").map((text) => text.getAttribute("fill"));
  deepStrictEqual([inks[0], inks[5]], ["white", "black"]);
});

Deno.test("where a heat map's numbers have both signs, 0 has the middle colour", async () => {
  const values = [[-1, 0, 4]];
  const document = await drawn({ ...heatMap, values, rows: ["r"] });
  const [, middle] = marks(document, "rect").map((cell) => cell.getAttribute("fill")!);
  const channels = middle.match(/\d+/g)!.map(Number);
  ok(Math.max(...channels) - Math.min(...channels) < 10, `${middle} is no grey`);
});

Deno.test("an image grid carries each image, enlarged by a whole number", async () => {
  const document = await drawn(imageGrid);
  const images = marks(document, "image");
  strictEqual(images.length, 3);
  for (const image of images) {
    match(
      image.getAttribute("xlink:href") ?? image.getAttribute("href")!,
      /^data:image\/png;base64,/,
    );
    strictEqual(image.getAttribute("width"), "84");
  }
  ok(["x", "y", "z"].every((label) => texts(document).includes(label)));
});

Deno.test("a graph has a line for each edge and a point for each node, none distorted", async () => {
  const document = await drawn(graph);
  strictEqual(count(document, "rule"), 2);
  strictEqual(count(document, "symbol"), 3);
  const [a, b, c] = marks(document, "symbol").map((node) =>
    node.getAttribute("transform")!.match(/[\d.]+/g)!.map(Number)
  );
  ok(Math.abs((b[0] - a[0]) - (a[1] - c[1])) < 0.01, `${a}; ${b}; ${c}`);
});

Deno.test("a logarithmic axis names powers of ten, and leaves out what is not above 0", async () => {
  const y = [1000, 10, 0, -1, 0.01];
  const document = await drawn({
    ...line,
    kind: "line",
    traces: [{ name: "a", x: [1, 2, 3, 4, 5], y }],
    yLogarithmic: true,
  });
  ok(
    ["10³", "10⁰", "10⁻²"].every((label) => texts(document).includes(label)),
    `${texts(document)}`,
  );
  ok(texts(document).some((text) => text?.startsWith("2 not shown")));
  strictEqual(count(document, "symbol"), 3);
});

Deno.test("equal ratios are equally far apart on a logarithmic axis", async () => {
  const traces = [{ name: "a", x: [1, 10, 100], y: [1, 10, 100] }];
  const logarithmic = { xLogarithmic: true, yLogarithmic: true };
  const [a, b, c] = marks(await drawn({ ...line, kind: "line", traces, ...logarithmic }), "symbol")
    .map((point) => point.getAttribute("transform")!.match(/[\d.]+/g)!.map(Number));
  for (const axis of [0, 1]) ok(Math.abs((b[axis] - a[axis]) - (c[axis] - b[axis])) < 0.01);
});

Deno.test("a logarithmic axis over less than a decade has ticks, too", async () => {
  for (const y of [[3.1, 4.8], [2, 2]]) {
    const traces = [{ name: "a", x: [1, 2], y }];
    const document = await drawn({ ...line, kind: "line", traces, yLogarithmic: true });
    const [low, high] = [0.5 * y[0], 2 * y[1]];
    const ticks = texts(document).map(Number).filter((tick) => tick > low && tick < high);
    ok(ticks.length >= 2, `${texts(document)}`);
  }
});

Deno.test("labels may hold anything", async () => {
  const wild = `<b>"x" & 'y'</b> ]]> \u0000\ud800 \\ \${z} \n`;
  const shown = /^<b>"x" & 'y'<\/b> \]\]> ..? \\ \$\{z\}/u;
  for (const figure of kinds) {
    const document = await drawn({ ...figure, title: wild, caption: wild });
    for (const name of ["title", "desc"]) {
      match(document.getElementsByTagName(name)[0].textContent!, shown);
    }
  }
  const document = await drawn({ ...bars, names: [wild, "b", "c"], xLabel: wild });
  ok(texts(document).some((text) => shown.test(text!)));
  doesNotMatch(await figureSvg({ ...bars, names: [wild, "b", "c"] }), /<b>/);
});

const refused: readonly (readonly [string, Figure, RegExp])[] = [
  ["no traces", { ...line, traces: [] } as Figure, /line "A title" has nothing to draw/],
  ["no finite number", {
    ...line,
    kind: "line",
    traces: [{ name: "a", x: [1], y: [NaN] }],
  }, /nothing to draw/],
  ["no bars", { ...bars, names: [], values: [], spread: [] }, /bars "A title" has nothing to draw/],
  ["no values", { ...histogram, values: [] }, /histogram "A title" has nothing to draw/],
  ["no cells", { ...heatMap, values: [], rows: [] }, /heat-map "A title" has nothing to draw/],
  [
    "no images",
    { ...imageGrid, images: [], labels: [] },
    /image-grid "A title" has nothing to draw/,
  ],
  ["no nodes", { ...graph, positions: [], edges: [], colours: [] }, /graph "A title" has nothing/],
  ["traces of unequal arrays", {
    ...line,
    kind: "line",
    traces: [{ name: "a", x: [1, 2], y: [1] }],
  }, /trace "a" has arrays of unequal lengths: x 2, y 1/],
  ["a trace with two kinds of bands", {
    ...line,
    kind: "line",
    traces: [{ ...trace, interval: trace.y.map((y) => [y, y] as const) }],
  }, /trace "a" has a spread and an interval/],
  ["an interval for each point but one", {
    ...line,
    kind: "line",
    traces: [{ ...other, interval: [[1, 2]] }],
  }, /trace "b" has arrays of unequal lengths: x 4, y 4, interval 1/],
  ["equal scales with a logarithmic axis", {
    ...line,
    equalScales: true,
    yLogarithmic: true,
  } as Figure, /"A title" has equal scales, which are linear, and a logarithmic axis/],
  [
    "a group without all its bars",
    { ...groupedBars, values: [[1, 2], [3], [2, 2]] },
    /3 groups of 2/,
  ],
  ["points of too few groups", { ...groupedBars, points: [] }, /but 0 rows of 0 points/],
  ["no panels", { ...panels, panels: [] }, /panels "A title" has nothing to draw/],
  ["no column of panels", { ...panels, columns: 0 }, /panels "A title" have 0 columns/],
  ["bars without a name", { ...bars, names: ["a"] }, /1 names, 3 values and 3 spreads/],
  ["half a bin", { ...histogram, bins: 0.5 }, /0\.5 bins/],
  ["rows of unequal lengths", { ...heatMap, values: [[1, 2, 3], [4]] }, /2 rows of 3 and 1 values/],
  [
    "an image of another size",
    { ...imageGrid, images: [[1], [2], [3]] },
    /image 0 .* 1 values, not 2 × 2/,
  ],
  ["an image without a label", { ...imageGrid, labels: ["x"] }, /3 images, but 1 labels/],
  ["an edge to nowhere", { ...graph, edges: [[0, 3]] }, /edge 0,3 beyond its 3 nodes/],
  ["a node without colour", { ...graph, colours: [1] }, /3 positions, 1 colours/],
  ["a node nowhere", { ...graph, positions: [[0, 0], [NaN, 1], [1, 1]] }, /node 1 .* NaN,1/],
];

for (const [what, figure, message] of refused) {
  Deno.test(`${what}: refused, and said why`, async () => {
    await rejects(figureSvg(figure), (error: Error) => {
      ok(error instanceof FigureError, error.stack);
      match(error.message, message);
      return true;
    });
  });
}
