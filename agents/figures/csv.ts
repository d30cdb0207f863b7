/** What figures show as comma-separated values: a line for each thing that is drawn. */
import type { Figure, Panel, Trace } from "../../learners/figure.ts";
import { type CsvField, csvRecords } from "../csv.ts";
import type { Kind } from "./drawing.ts";

type CsvRecord = Readonly<Record<string, CsvField>>;

/** The data of `figure` as a CSV file, numbers in full. */
export function figureCsv(figure: Figure): string {
  if (figure.kind !== "panels") return csvRecords(records(figure));
  return csvRecords(
    figure.panels.flatMap((panel) =>
      records(panel).map((record) => ({ panel: panel.title, ...record }))
    ),
  );
}

function records(figure: Panel): CsvRecord[] {
  switch (figure.kind) {
    case "line":
      return lineRecords(figure);
    case "scatter":
      return figure.traces.flatMap((trace) => traceRecords(trace, figure));
    case "bars":
      return barRecords(figure);
    case "grouped-bars":
      return groupedBarRecords(figure);
    case "histogram":
      return figure.values.map((value) => ({ [figure.xLabel || "value"]: value }));
    case "heat-map":
      return figure.values.flatMap((cells, row) =>
        cells.map((value, column) => ({
          row: figure.rows[row],
          column: figure.columns[column],
          value,
        }))
      );
    case "image-grid":
      return imageRecords(figure);
    case "graph":
      return graphRecords(figure);
  }
}

function lineRecords(figure: Kind<"line">): CsvRecord[] {
  const { traces, marks } = figure;
  const lines = numbered(traces).flatMap(({ trace, line }) =>
    traceRecords(trace, figure).map((record) => ({ ...line && { line }, ...record }))
  );
  if (!marks) return lines;
  return [
    ...lines.map((record) => ({ drawn: "line", ...record })),
    ...marks.flatMap((mark) =>
      traceRecords(mark, figure).map((record) => ({ drawn: "mark", ...record }))
    ),
  ];
}

/** Lines that share a name have a number besides. */
function numbered(traces: readonly Trace[]): { readonly trace: Trace; readonly line?: number }[] {
  if (new Set(traces.map(({ name }) => name)).size === traces.length) {
    return traces.map((trace) => ({ trace }));
  }
  return traces.map((trace, index) => ({ trace, line: index + 1 }));
}

function traceRecords(
  { name, x, y, spread, interval }: Trace,
  { xLabel, yLabel }: Kind<"line"> | Kind<"scatter">,
): CsvRecord[] {
  const distinct = xLabel !== "" && yLabel !== "" && xLabel !== yLabel;
  const [across, upward] = distinct ? [xLabel, yLabel] : ["x", "y"];
  return y.map((value, index) => ({
    name,
    [across]: x[index],
    [upward]: value,
    ...spread && { spread: spread[index] },
    ...interval && { low: interval[index][0], high: interval[index][1] },
  }));
}

function barRecords({ names, values, spread }: Kind<"bars">): CsvRecord[] {
  return values.map((value, bar) => ({
    name: names[bar],
    value,
    ...spread && { spread: spread[bar] },
  }));
}

function groupedBarRecords(figure: Kind<"grouped-bars">): CsvRecord[] {
  const { groups, series, values, intervals, points } = figure;
  return values.flatMap((row, group) =>
    row.map((value, index) => {
      const interval = intervals?.[group][index];
      const own = points?.[group][index] ?? [];
      return {
        group: groups[group],
        series: series[index],
        value,
        ...interval && { low: interval[0], high: interval[1] },
        ...Object.fromEntries(own.map((point, at) => [`point ${at + 1}`, point])),
      };
    })
  );
}

function imageRecords({ images, width, channels, labels }: Kind<"image-grid">): CsvRecord[] {
  return images.flatMap((pixels, image) =>
    pixels.map((value, at) => ({
      image: image + 1,
      ...labels && { label: labels[image] },
      row: Math.floor(at / (width * channels)) + 1,
      column: Math.floor(at / channels) % width + 1,
      ...channels > 1 && { channel: at % channels + 1 },
      value,
    }))
  );
}

/** Nodes by number, and then edges by the numbers of their ends. */
function graphRecords({ positions, edges, colours, sizes }: Kind<"graph">): CsvRecord[] {
  return [
    ...positions.map(([x, y], node) => ({
      node: node + 1,
      x,
      y,
      colour: colours[node],
      ...sizes && { size: sizes[node] },
    })),
    ...edges.map(([from, to]) => ({ from: from + 1, to: to + 1 })),
  ];
}
