/// <reference lib="dom" />
/** How a category is drawn, and the swatch that stands for it in words. */
import { seriesCount } from "../theme.ts";

/** Beyond as many categories as there are colours, they come again dashed. */
export interface SeriesStyle {
  /** 1 … `seriesCount` */
  readonly colour: number;
  readonly dashed: boolean;
}

export function seriesStyle(index: number): SeriesStyle {
  return { colour: index % seriesCount + 1, dashed: index % (2 * seriesCount) >= seriesCount };
}

/** Have `swatch` be of the colour and kind of a category's line. */
export function showSwatch(swatch: HTMLElement, index: number): void {
  const { colour, dashed } = seriesStyle(index);
  swatch.style.setProperty("--swatch", `var(--series-${colour})`);
  swatch.dataset.dashed = String(dashed);
}
