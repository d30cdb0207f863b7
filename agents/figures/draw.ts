/** Which drawing belongs to which kind of figure. */
import type { Panel } from "../../learners/figure.ts";
import { bars } from "./bars.ts";
import type { Drawing, Frame } from "./drawing.ts";
import { graph } from "./graph.ts";
import { groupedBars } from "./grouped_bars.ts";
import { heatMap } from "./heat_map.ts";
import { histogram } from "./histogram.ts";
import { imageGrid } from "./image_grid.ts";
import { lines, scatter } from "./traces.ts";

/**
 * Draw a figure, or a panel of one, into a frame.
 * @throws {FigureError} when there is nothing to draw, or lengths do not fit each other
 */
export function draw(figure: Panel, frame: Frame): Drawing {
  switch (figure.kind) {
    case "line":
      return lines(figure, frame);
    case "scatter":
      return scatter(figure, frame);
    case "bars":
      return bars(figure, frame);
    case "grouped-bars":
      return groupedBars(figure, frame);
    case "histogram":
      return histogram(figure, frame);
    case "heat-map":
      return heatMap(figure, frame);
    case "image-grid":
      return imageGrid(figure);
    case "graph":
      return graph(figure, frame);
  }
}
