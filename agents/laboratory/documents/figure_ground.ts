/** Pictures of figures on a dark ground: what is neutral in them is exchanged, what is coloured stays. */
import type { FigureTheme } from "../../../cluster/document_paths.ts";

const darkGround = "#14171c";

/**
 * Lightness turned over, for lines and letters on the ground. Written out in full they are the figures' own
 * (agents/figures); "black" and "white" are letters on coloured cells, which stay as they are.
 */
const darkNeutrals: Readonly<Record<string, string>> = {
  "#000000": "#f2f2f2",
  "#222222": "#e4e4e4",
  "#444444": "#c9c9c9",
  "#555555": "#a8a8a8",
  "#666666": "#a8a8a8",
  "#777777": "#8f8f8f",
  "#d9d9d9": "#4a4d52",
  "#ebebeb": "#2d3137",
};

/** The picture `svg`, which is drawn on white, in the colours of a theme. */
export function onGround(svg: string, theme: FigureTheme): string {
  if (theme === "light") return svg;
  return svg
    .replace(/(<rect\b[^>]*\bfill=")white("[^>]*>)/, `$1${darkGround}$2`)
    .replaceAll('stroke="white"', `stroke="${darkGround}"`)
    .replace(
      /\b(fill|stroke)="(#[0-9a-f]{6})"/gi,
      (whole, attribute, colour: string) => {
        const neutral = darkNeutrals[colour.toLowerCase()];
        return neutral === undefined ? whole : `${attribute}="${neutral}"`;
      },
    );
}
