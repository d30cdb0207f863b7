/**
 * Figures as SVG, drawn by Vega (https://vega.github.io) without a browser. The same figure gives the same
 * text; identifiers in it are derived from it, so that many may stand in one page.
 */
import { createHash } from "node:crypto";
import { type Loader, parse, View } from "vega";
import { compile } from "vega-lite";
import type { Figure } from "../../learners/figure.ts";
import { figureSpec } from "./spec.ts";

export { FigureError } from "./drawing.ts";

/** Vega's way to other files, closed: the only addresses in a figure are the images that it carries. */
const loader: Loader = {
  load: (uri) => Promise.reject(new Error(`a figure loads nothing, but is asked for ${uri}`)),
  sanitize: (uri) => Promise.resolve({ href: uri }),
  http: (uri) => Promise.reject(new Error(`a figure loads nothing, but is asked for ${uri}`)),
  file: (path) => Promise.reject(new Error(`a figure loads nothing, but is asked for ${path}`)),
};

/**
 * Draw `figure`. Its title stands above it and, with the caption, in the elements that screen readers tell.
 *
 * What cannot be drawn (numbers that are not finite, or not above 0 on a logarithmic axis) is left out, and
 * the figure says how many there are.
 *
 * @throws {FigureError} when there is nothing to draw, or lengths do not fit each other
 */
export async function figureSvg(figure: Figure): Promise<string> {
  const { spec } = compile(figureSpec(figure));
  const view = new View(parse(spec), { renderer: "none", loader });
  try {
    const svg = await view.toSVG();
    return wellFormed(described(ownIdentifiers(svg, figure), figure));
  } finally {
    view.finalize();
  }
}

/** Vega numbers what it refers to throughout the process; here it is numbered throughout the figure. */
function ownIdentifiers(svg: string, figure: Figure): string {
  const digest = createHash("sha256").update(JSON.stringify(figure)).digest("hex").slice(0, 8);
  const names = new Map<string, string>();
  return svg.replace(/(\sid="|url\(#)((?:gradient_|clip)\d+)(?=["\)])/g, (_, before, id) => {
    if (!names.has(id)) names.set(id, `figure-${digest}-${names.size}`);
    return before + names.get(id);
  });
}

function described(svg: string, { title, caption }: Figure): string {
  return svg.replace(
    /^<svg ([^>]*)>/,
    (_, attributes) =>
      `<svg role="img" ${attributes}><title>${escapeXml(title)}</title>` +
      `<desc>${escapeXml(caption)}</desc>`,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Without the characters that XML 1.0 forbids (section 2.2), which a label may bring along. */
function wellFormed(xml: string): string {
  // deno-lint-ignore no-control-regex
  return xml.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
}
