/** How one image sees its scene: camera, lamp, background pattern and whatever is in the way. */
import type { RandomStream } from "../../../sim/random.ts";
import type { Conditions } from "./conditions.ts";
import type { Layer, Scene } from "./scene.ts";
import type { Vector } from "./shapes.ts";

/**
 * A camera that looks straight or slantwise at the plane from far away: an affine map. Image coordinates
 * are shares of the image's side from its middle, x rightwards and y upwards, −½ … ½.
 */
export interface Camera {
  /** The point of the plane, m, at the image's middle. */
  readonly middle: Vector;
  /** Columns: where the image's x and y axes lead in the plane, m a side of the image. */
  readonly right: Vector;
  readonly up: Vector;
}

/** The light on the scene. */
export interface Light {
  /** Unit vector towards the lamp; z points out of the plane. */
  readonly lamp: readonly [x: number, y: number, z: number];
  /** 0 … 1 */
  readonly ambient: number;
  /** Change of brightness towards the lamp, a metre. */
  readonly falloff: Vector;
}

/** One wave of the background's pattern. */
export interface Wave {
  /** Angular wave numbers, rad/m. */
  readonly waveVector: Vector;
  readonly phase: number;
  readonly amplitude: number;
}

export interface View {
  readonly camera: Camera;
  readonly light: Light;
  readonly waves: readonly Wave[];
  readonly occluders: readonly Layer[];
}

const waveCount = 4;
/** Waves of the background a side of the image. */
const waveNumber = { least: 1, most: 5 };
const occluderWidth = 0.2;

/**
 * A view of `scene` drawn from `stream`. The draws are the same under all conditions, which only scale
 * them: a shifted image differs from its source image in nothing but the shift.
 */
export function drawView(scene: Scene, conditions: Conditions, stream: RandomStream): View {
  const camera = drawCamera(scene, conditions, stream);
  const light = drawLight(scene, conditions, stream);
  const waves = drawWaves(scene, conditions, stream);
  const occluder = drawOccluder(scene, stream);
  const occluded = stream.uniform() < conditions.occlusion;
  return {
    camera,
    light,
    waves: conditions.backgroundTexture > 0 ? waves : [],
    occluders: occluded ? [occluder] : [],
  };
}

/** The point of the plane that image coordinates show, m. */
export function toPlane({ middle, right, up }: Camera, x: number, y: number): Vector {
  return [middle[0] + x * right[0] + y * up[0], middle[1] + x * right[1] + y * up[1]];
}

/** The image coordinates that show a point of the plane. */
export function toImage({ middle, right, up }: Camera, [x, y]: Vector): Vector {
  const [fromX, fromY] = [x - middle[0], y - middle[1]];
  const determinant = right[0] * up[1] - right[1] * up[0];
  return [
    (fromX * up[1] - fromY * up[0]) / determinant,
    (fromY * right[0] - fromX * right[1]) / determinant,
  ];
}

function drawCamera(scene: Scene, conditions: Conditions, stream: RandomStream): Camera {
  const shiftX = conditions.translation * stream.uniform(-1, 1);
  const shiftY = conditions.translation * stream.uniform(-1, 1);
  const roll = scene.up - Math.PI / 2 + conditions.viewpoint * stream.uniform(-1, 1);
  const tilt = conditions.viewpoint * stream.uniform(-1, 1);
  const tiltAxis = stream.uniform(0, Math.PI);
  const centred: Camera = {
    middle: scene.centre,
    right: tilted([Math.cos(roll), Math.sin(roll)], tilt, tiltAxis, scene.width),
    up: tilted([-Math.sin(roll), Math.cos(roll)], tilt, tiltAxis, scene.width),
  };
  return { ...centred, middle: toPlane(centred, shiftX, shiftY) };
}

/** A slanted view squeezes what lies along the slant by cos(tilt): as much more of the plane is seen. */
function tilted([x, y]: Vector, tilt: number, axis: number, width: number): Vector {
  const [axisX, axisY] = [Math.cos(axis), Math.sin(axis)];
  const stretch = (1 / Math.cos(tilt) - 1) * (x * axisX + y * axisY);
  return [width * (x + stretch * axisX), width * (y + stretch * axisY)];
}

function drawLight(scene: Scene, conditions: Conditions, stream: RandomStream): Light {
  const azimuth = stream.uniform(0, 2 * Math.PI);
  const elevation = stream.uniform(...conditions.lampElevation);
  const [x, y] = [Math.cos(azimuth), Math.sin(azimuth)];
  const slope = conditions.lightFalloff / (scene.width / 2);
  return {
    lamp: [x * Math.cos(elevation), y * Math.cos(elevation), Math.sin(elevation)],
    ambient: conditions.ambientLight,
    falloff: [slope * x, slope * y],
  };
}

function drawWaves(scene: Scene, conditions: Conditions, stream: RandomStream): Wave[] {
  return Array.from({ length: waveCount }, () => {
    const direction = stream.uniform(0, 2 * Math.PI);
    const turns = stream.uniform(waveNumber.least, waveNumber.most) / scene.width;
    const phase = stream.uniform(0, 2 * Math.PI);
    const length = 2 * Math.PI * turns;
    return {
      waveVector: [length * Math.cos(direction), length * Math.sin(direction)],
      phase,
      amplitude: conditions.backgroundTexture / Math.sqrt(waveCount),
    };
  });
}

/** A bar right across the scene that passes near its centre. */
function drawOccluder(scene: Scene, stream: RandomStream): Layer {
  const direction = stream.uniform(0, 2 * Math.PI);
  const offset = scene.width * stream.uniform(-0.2, 0.2);
  const brightness = stream.uniform(0.2, 0.9);
  const [x, y] = [Math.cos(direction), Math.sin(direction)];
  const corner = (along: number, across: number): Vector => [
    scene.centre[0] + scene.width * along * x - (offset + scene.width * across) * y,
    scene.centre[1] + scene.width * along * y + (offset + scene.width * across) * x,
  ];
  const half = occluderWidth / 2;
  return {
    part: "occluder",
    shape: {
      kind: "polygon",
      corners: [corner(-2, -half), corner(2, -half), corner(2, half), corner(-2, half)],
    },
    material: { colour: [brightness, brightness, brightness], bevel: 0.02 * scene.width },
  };
}
