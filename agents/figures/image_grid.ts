/** Grids of images, each carried in the drawing as a PNG, with its label above it. */
import { encodePng } from "./png.ts";
import { type Drawing, FigureError, ink, type Kind, type Layer, requireSome } from "./drawing.ts";

/** Between images, in pixels. */
const gap = 6;

export function imageGrid(figure: Kind<"image-grid">): Drawing {
  const { images, labels, columns } = figure;
  check(figure);
  const zoom = imageZoom(Math.max(figure.height, figure.width));
  const [width, height] = [figure.width * zoom, figure.height * zoom];
  const labelHeight = labels ? 16 : 0;
  const [across, down] = [width + gap, height + gap + labelHeight];
  const size = {
    width: Math.min(columns, images.length) * across - gap,
    height: Math.ceil(images.length / columns) * down - gap,
  };
  const cells = images.map((image, index) => ({
    x: (index % columns) * across,
    y: Math.floor(index / columns) * down + labelHeight,
    url: dataUrl(image, figure),
    label: labels?.[index] ?? "",
  }));
  const [x, y] = [pixels("x", size.width), pixels("y", size.height)];
  const corner = { align: "left", baseline: "top" } as const;
  const above = { align: "center", baseline: "bottom", dx: width / 2, dy: -3 } as const;
  const layer: Layer[] = [
    {
      mark: { type: "image", width, height, ...corner, smooth: zoom < 1 },
      encoding: { x, y, url: { field: "url" } },
    },
    {
      mark: { type: "text", fontSize: 10, color: ink, ...above, limit: across },
      encoding: { x, y, text: { field: "label" } },
    },
  ];
  return { spec: { ...size, data: { values: cells }, layer } };
}

function check(figure: Kind<"image-grid">): void {
  const { title, images, height, width, channels, labels, columns } = figure;
  requireSome(images, figure);
  if (!Number.isInteger(columns) || columns < 1) {
    throw new FigureError(
      `image grid "${title}" has ${columns} columns; give a whole number from 1`,
    );
  }
  const size = height * width * channels;
  const odd = images.findIndex(({ length }) => length !== size);
  if (odd !== -1) {
    throw new FigureError(
      `image ${odd} of "${title}" has ${images[odd].length} values, not ${height} × ${width} × ` +
        `${channels} = ${size}`,
    );
  }
  if (labels && labels.length !== images.length) {
    throw new FigureError(
      `image grid "${title}" has ${images.length} images, but ${labels.length} labels`,
    );
  }
}

/** Small images are enlarged by a whole number, so that their pixels stay square. */
function imageZoom(side: number): number {
  const wanted = 84;
  return side <= wanted ? Math.floor(wanted / side) : Math.min(1, 2 * wanted / side);
}

/** An axis, not shown, that counts pixels from the upper left corner. */
function pixels(field: "x" | "y", extent: number) {
  return {
    field,
    type: "quantitative" as const,
    axis: null,
    scale: { domain: [0, extent], nice: false, reverse: field === "y" },
  };
}

/** The image as an address that carries it; values beyond 0 … 1 are cut off. */
function dataUrl(
  image: readonly number[],
  { height, width, channels }: Kind<"image-grid">,
): string {
  const data = Uint8Array.from(image, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return `data:image/png;base64,${encodePng({ width, height, channels, data }).toBase64()}`;
}
