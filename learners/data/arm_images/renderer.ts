/**
 * Draws a scene as a view sees it: colours, and which part each pixel shows. Every pixel is the mean of
 * 3×3 samples; a sample takes the topmost layer that covers it, shaded by Lambert's law with normals from
 * the layer's rounded edge.
 */
import type { Colour, Layer, Material, Part, Pattern, Scene } from "./scene.ts";
import { landmarks, partNames } from "./scene.ts";
import { boundingCircle, type EdgeProbe, probeEdge, type Vector } from "./shapes.ts";
import { type Camera, type Light, toImage, toPlane, type View, type Wave } from "./view.ts";

/** The parts that get a box, in this order. */
export const boxedParts = ["arm", "hand", "object"] as const satisfies readonly Part[];

/** Where a drawing goes. */
export interface Canvas {
  /** Pixels along each side. */
  readonly size: number;
  readonly channels: 1 | 3;
  /** [size, size, channels] */
  readonly image: Float32Array;
  /** [size, size], indices into `partNames` */
  readonly mask: Uint8Array;
  /** [boxedParts.length, 4] */
  readonly boxes: Float32Array;
  /** [landmarks.length, 3] */
  readonly keypoints: Float32Array;
}

const samplesAlongPixel = 3;
const samplesInPixel = samplesAlongPixel ** 2;

/** Rec. 709 luma: what a grey image makes of red, green and blue. */
const luma: Colour = [0.2126, 0.7152, 0.0722];

/** How dark a pattern's dark places are, relative to the others. */
const patternContrast = 0.4;

const backgroundMaterial: Material = { colour: [1, 1, 1], bevel: 0 };

/** A layer with what speeds up finding it. */
interface PlacedLayer extends Layer {
  readonly partIndex: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly radius: number;
}

/** Draws `scene` onto `canvas`, all of which it fills. */
export function render(scene: Scene, view: View, canvas: Canvas): void {
  const layers = [...view.occluders, ...scene.layers].map(placeLayer);
  const probe: EdgeProbe = { distance: 0, outwardX: 0, outwardY: 0 };
  const colour = new Float64Array(3);
  const boxes = new PartBoxes();
  const cover = new Uint8Array(partNames.length);
  const nearby: PlacedLayer[] = [];
  const { right, up } = view.camera;
  const pixelReach = (Math.hypot(...right) + Math.hypot(...up)) / 2 / canvas.size;

  for (let row = 0; row < canvas.size; row++) {
    for (let column = 0; column < canvas.size; column++) {
      colour.fill(0);
      cover.fill(0);
      const pixelMiddle = pixelToPlane(view.camera, canvas.size, column + 0.5, row + 0.5);
      findNearby(layers, pixelMiddle, pixelReach, probe, nearby);
      for (let sample = 0; sample < samplesInPixel; sample++) {
        const pixelX = column + (sample % samplesAlongPixel + 0.5) / samplesAlongPixel;
        const pixelY = row + (Math.floor(sample / samplesAlongPixel) + 0.5) / samplesAlongPixel;
        const [x, y] = pixelToPlane(view.camera, canvas.size, pixelX, pixelY);
        const layer = topmost(nearby, x, y, probe);
        const part = layer?.partIndex ?? 0;
        cover[part]++;
        boxes.include(part, pixelX, pixelY);
        const material = layer?.material ?? backgroundMaterial;
        const albedo = layer === undefined
          ? backdrop(scene.background, view.waves, x, y)
          : patternAt(material.pattern, x, y);
        addColour(colour, material, albedo * lightAt(view.light, scene, material, probe, x, y));
      }
      const pixel = row * canvas.size + column;
      canvas.mask[pixel] = indexOfLargest(cover);
      writeColour(canvas, pixel, colour);
    }
  }
  boxes.write(canvas.boxes);
  writeKeypoints(scene, view.camera, layers, canvas);
}

function placeLayer(layer: Layer): PlacedLayer {
  const { centre: [centreX, centreY], radius } = boundingCircle(layer.shape);
  const partIndex = partNames.indexOf(layer.part);
  return { ...layer, partIndex, centreX, centreY, radius };
}

function pixelToPlane(camera: Camera, size: number, pixelX: number, pixelY: number) {
  return toPlane(camera, pixelX / size - 0.5, 0.5 - pixelY / size);
}

/** The layers that may be seen within `reach` of a point, topmost first, into `nearby`. */
function findNearby(
  layers: readonly PlacedLayer[],
  [x, y]: Vector,
  reach: number,
  probe: EdgeProbe,
  nearby: PlacedLayer[],
): void {
  nearby.length = 0;
  for (const layer of layers) {
    const fromX = x - layer.centreX;
    const fromY = y - layer.centreY;
    if (fromX * fromX + fromY * fromY > (layer.radius + reach) ** 2) continue;
    probeEdge(layer.shape, x, y, probe);
    if (probe.distance <= reach) nearby.push(layer);
    // It hides all that lies below it.
    if (probe.distance <= -reach) return;
  }
}

/** The topmost layer at a point, and its edge as seen from there in `probe`. */
function topmost(
  layers: readonly PlacedLayer[],
  x: number,
  y: number,
  probe: EdgeProbe,
): PlacedLayer | undefined {
  for (const layer of layers) {
    probeEdge(layer.shape, x, y, probe);
    if (probe.distance <= 0) return layer;
  }
  return undefined;
}

/** The light that a surface sends back, relative to its albedo. */
function lightAt(
  { lamp, ambient, falloff }: Light,
  { centre }: Scene,
  { bevel }: Material,
  probe: EdgeProbe,
  x: number,
  y: number,
): number {
  // A circular edge: its normal lies in the plane at the very edge and points out of it at the bevel's end.
  const lean = bevel > 0 ? Math.max(0, 1 + probe.distance / bevel) : 0;
  const towardsLamp = lean * (probe.outwardX * lamp[0] + probe.outwardY * lamp[1]) +
    Math.sqrt(1 - lean * lean) * lamp[2];
  const brightness = 1 + falloff[0] * (x - centre[0]) + falloff[1] * (y - centre[1]);
  return Math.max(0, brightness) * (ambient + (1 - ambient) * Math.max(0, towardsLamp));
}

function backdrop(brightness: number, waves: readonly Wave[], x: number, y: number): number {
  let pattern = 1;
  for (const { waveVector, phase, amplitude } of waves) {
    pattern += amplitude * Math.cos(waveVector[0] * x + waveVector[1] * y + phase);
  }
  return Math.max(0, brightness * pattern);
}

/** Brightness of a pattern at a point, 1 where it is not dark. */
function patternAt(pattern: Pattern | undefined, x: number, y: number): number {
  if (pattern === undefined) return 1;
  const [cosine, sine] = pattern.axis;
  const fromX = (x - pattern.origin[0]) / pattern.period;
  const fromY = (y - pattern.origin[1]) / pattern.period;
  const along = fromX * cosine + fromY * sine;
  const across = fromY * cosine - fromX * sine;
  return isDark(pattern.kind, along, across) ? patternContrast : 1;
}

function isDark(kind: Pattern["kind"], along: number, across: number): boolean {
  const half = (value: number) => value - Math.floor(value) < 0.5;
  switch (kind) {
    case "stripes":
      return half(along);
    case "checks":
      return half(along) === half(across);
    case "dots": {
      const fromDotX = along - Math.round(along);
      const fromDotY = across - Math.round(across);
      return fromDotX * fromDotX + fromDotY * fromDotY < 0.32 ** 2;
    }
  }
}

function addColour(sum: Float64Array, { colour }: Material, brightness: number): void {
  sum[0] += colour[0] * brightness;
  sum[1] += colour[1] * brightness;
  sum[2] += colour[2] * brightness;
}

function writeColour({ image, channels }: Canvas, pixel: number, sum: Float64Array): void {
  if (channels === 1) {
    image[pixel] = (luma[0] * sum[0] + luma[1] * sum[1] + luma[2] * sum[2]) / samplesInPixel;
  } else {
    for (let channel = 0; channel < 3; channel++) {
      image[3 * pixel + channel] = sum[channel] / samplesInPixel;
    }
  }
}

function indexOfLargest(counts: Uint8Array): number {
  let largest = 0;
  for (let i = 1; i < counts.length; i++) if (counts[i] > counts[largest]) largest = i;
  return largest;
}

/** Grows a box round the samples of each part. */
class PartBoxes {
  readonly #bounds = partNames.map(() => [Infinity, Infinity, -Infinity, -Infinity]);

  include(part: number, x: number, y: number): void {
    const bounds = this.#bounds[part];
    const half = 0.5 / samplesAlongPixel;
    if (x - half < bounds[0]) bounds[0] = x - half;
    if (y - half < bounds[1]) bounds[1] = y - half;
    if (x + half > bounds[2]) bounds[2] = x + half;
    if (y + half > bounds[3]) bounds[3] = y + half;
  }

  write(boxes: Float32Array): void {
    boxedParts.forEach((part, i) => {
      const bounds = this.#bounds[partNames.indexOf(part)];
      boxes.set(bounds[0] < Infinity ? bounds : [0, 0, 0, 0], 4 * i);
    });
  }
}

function writeKeypoints(
  scene: Scene,
  camera: Camera,
  layers: readonly PlacedLayer[],
  { size, keypoints }: Canvas,
): void {
  const probe: EdgeProbe = { distance: 0, outwardX: 0, outwardY: 0 };
  scene.landmarks.forEach((point, i) => {
    const [x, y] = toImage(camera, point);
    const inside = Math.max(Math.abs(x), Math.abs(y)) < 0.5;
    const part = topmost(layers, point[0], point[1], probe)?.part ?? "background";
    const visible = inside && landmarks[i].seenOn.includes(part);
    keypoints.set([(x + 0.5) * size, (0.5 - y) * size, visible ? 1 : 0], 3 * i);
  });
}
