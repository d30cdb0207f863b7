/** Whether a figure has anything to draw: variants that have no results yet leave none. */
import type { Figure, Panel } from "../../learners/figure.ts";

/** Whether there is something to draw; of panels, in every one. */
export function hasContent(figure: Figure): boolean {
  return figure.kind === "panels"
    ? figure.panels.length > 0 && figure.panels.every(panelHasContent)
    : panelHasContent(figure);
}

function panelHasContent(panel: Panel | Exclude<Figure, { kind: "panels" }>): boolean {
  switch (panel.kind) {
    case "line":
      return panel.traces.length + (panel.marks ?? []).length > 0;
    case "scatter":
      return panel.traces.length > 0;
    case "bars":
    case "histogram":
    case "heat-map":
      return panel.values.length > 0;
    case "grouped-bars":
      return panel.groups.length > 0 && panel.series.length > 0;
    case "image-grid":
      return panel.images.length > 0;
    case "graph":
      return panel.positions.length > 0;
  }
}
