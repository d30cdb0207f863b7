/** What Vega-Lite (https://vega.github.io/vega-lite) is to draw of a figure, and in which style. */
import type { Config, TopLevelSpec } from "vega-lite";
import type { Figure } from "../../learners/figure.ts";
import { draw } from "./draw.ts";
import { ink, plot, wrap } from "./drawing.ts";
import { panelsDrawing } from "./panels.ts";

const style: Config = {
  aria: false,
  background: "white",
  font: "Helvetica, Arial, 'Liberation Sans', sans-serif",
  padding: 10,
  title: {
    anchor: "start",
    frame: "group",
    fontSize: 14,
    fontWeight: 600,
    color: ink,
    offset: 12,
    lineHeight: 18,
    subtitleColor: "#666666",
    subtitleFontSize: 11,
    subtitlePadding: 4,
  },
  axis: {
    labelFontSize: 11,
    labelColor: ink,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titleColor: ink,
    titlePadding: 8,
    gridColor: "#ebebeb",
    domainColor: "#555555",
    tickColor: "#555555",
    tickSize: 4,
    tickCount: 6,
  },
  axisBand: { grid: false, tickSize: 0, labelPadding: 6 },
  legend: {
    labelFontSize: 11,
    labelColor: ink,
    labelLimit: 260,
    symbolSize: 80,
    symbolStrokeWidth: 2,
    gradientLength: 160,
    gradientThickness: 12,
    tickCount: 5,
    rowPadding: 5,
    offset: 14,
  },
  view: { stroke: null },
  // Nothing reaches Vega that cannot be shown.
  mark: { invalid: null },
};

/** The whole specification of `figure`. */
export function figureSpec(figure: Figure): TopLevelSpec {
  const { spec, width, leftOut = 0 } = drawn(figure);
  const subtitle = leftOut === 0
    ? undefined
    : `${leftOut} not shown: not finite, or not above 0 where the axis is logarithmic`;
  return {
    ...spec,
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: {
      text: wrap(figure.title, width),
      ...(subtitle && { subtitle: wrap(subtitle, 1.2 * width) }),
    },
    config: style,
  };
}

function drawn(figure: Figure) {
  if (figure.kind === "panels") return panelsDrawing(figure);
  const { spec, leftOut } = draw(figure, plot);
  return { spec, leftOut, width: typeof spec.width === "number" ? spec.width : plot.width };
}
