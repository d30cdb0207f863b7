/// <reference lib="dom" />
/**
 * The three.js stage: renderer, camera, light and floor. The workspace is a table on which x points right,
 * y away from the reader and z up, in metres, as in the simulation. What is to be seen is given as a box;
 * every view point shows all of it.
 */
import {
  AmbientLight,
  Color,
  DirectionalLight,
  Group,
  HemisphereLight,
  Mesh,
  NeutralToneMapping,
  PCFShadowMap,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  ShadowMaterial,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { SceneExtent } from "../../cluster/scene_protocol.ts";
import { pixelRatio } from "./dom.ts";
import type { Theme } from "./theme.ts";

/** From where the scene is seen. */
export type ViewPoint = "three-quarter" | "top" | "front" | "side";

const fieldOfView = 30;
/** Elevation and turn of the camera, rad: over what is flat, and over what is about as tall as wide. */
const viewPoints: Readonly<
  Record<ViewPoint, { readonly flat: number; readonly tall: number; readonly turn: number }>
> = {
  "three-quarter": { flat: 0.95, tall: 0.42, turn: 0.32 },
  top: { flat: Math.PI / 2 - 1e-4, tall: Math.PI / 2 - 1e-4, turn: 0 },
  front: { flat: 0.3, tall: 0.12, turn: 0 },
  side: { flat: 0.3, tall: 0.12, turn: Math.PI / 2 },
};
/** From this height on, as a share of the width, a box is tall. */
const tallFrom = 0.3;

/** Room that is left around what is to be seen, as a share of it. */
const margin = 0.05;
/** How often the aim is mended: each round leaves a small part of what was amiss. */
const aimingRounds = 6;
/** Side of the floor, in half sides of what stands on it. */
const floorExtent = 3;
/** Lines of the grid from its middle to the edge of what stands on it, at the most. */
const gridLines = 8;
/** Texels along a side of the shadow map: of one robot, and of many. */
const shadowTexels = { few: 1024, many: 2048 } as const;
/** Half the side of what many robots stand on, m. */
const manyFrom = 2;

/** Scene, camera and the loop that draws only when there is something new. */
export class Stage {
  /** Everything that lies in the scene's own coordinates. */
  readonly workspace = new Group();
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(fieldOfView, 1, 0.01, 30);
  readonly #controls: OrbitControls;
  readonly #light = new DirectionalLight(0xffffff, 2.4);
  readonly #shadow = new ShadowMaterial({ transparent: true });
  readonly #grid = gridMaterial();
  readonly #floor = new Group();
  readonly #resized: ResizeObserver;
  #extent: SceneExtent = { low: [-0.65, -0.1, 0], high: [0.65, 0.6, 0.1] };
  #viewPoint: ViewPoint = "three-quarter";
  #touched = false;
  #stale = true;

  /** @throws {Error} when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.toneMapping = NeutralToneMapping;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;

    this.workspace.rotation.x = -Math.PI / 2;
    this.#scene.add(this.workspace, new AmbientLight(0xffffff, 0.5));
    this.#scene.add(new HemisphereLight(0xffffff, 0x8d99a6, 1.3), this.#light, this.#light.target);
    this.#light.castShadow = true;
    this.#light.shadow.radius = 3;
    this.#light.shadow.intensity = 1;
    this.#light.shadow.normalBias = 0.002;
    this.#addFloor();

    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.maxPolarAngle = Math.PI / 2 - 0.02;
    this.#controls.listenToKeyEvents(canvas);
    this.#controls.addEventListener("start", () => this.#touched = true);
    this.#controls.addEventListener("change", () => this.redraw());
    this.#resized = new ResizeObserver(() => this.#fit());
    this.#resized.observe(canvas.parentElement ?? canvas);
    this.frame(this.#extent);
  }

  /** Something has changed: draw again. */
  redraw(): void {
    this.#stale = true;
  }

  /** Draw if something has changed; to be called once a display frame. */
  render(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#renderer.render(this.#scene, this.#camera);
  }

  /** Make room for what is within a box of the workspace, m. */
  frame(extent: SceneExtent): void {
    this.#extent = extent;
    const { centre, half } = middleOf(extent);
    const size = half.length();
    const footprint = Math.max(half.x, half.y);
    this.#illuminate(this.#inWorld(centre), size, footprint);
    const { uniforms } = this.#grid;
    uniforms.footprint.value = footprint;
    uniforms.centre.value.set(centre.x, centre.y);
    uniforms.step.value = gridStep(footprint);
    // No larger than what is seen of it: without a graphics card every pixel counts.
    this.#floor.scale.set(floorExtent * footprint, floorExtent * footprint, 1);
    this.#floor.position.set(centre.x, centre.y, 0);
    Object.assign(this.#camera, { near: 0.01 * size, far: 40 * size });
    this.#camera.updateProjectionMatrix();
    this.look(this.#viewPoint);
  }

  /** Go to one of the view points. */
  look(from: ViewPoint): void {
    this.#viewPoint = from;
    this.#touched = false;
    const { centre, half } = middleOf(this.#extent);
    const isTall = half.z > tallFrom * Math.max(half.x, half.y);
    const { flat, tall, turn } = viewPoints[from];
    const direction = new Vector3()
      .setFromSphericalCoords(1, Math.PI / 2 - (isTall ? tall : flat), turn);
    const { target, distance } = this.#aim(direction, this.#inWorld(centre));
    this.#controls.minDistance = 0.2 * half.length();
    this.#controls.maxDistance = 3 * distance;
    this.#controls.target.copy(target);
    this.#camera.position.copy(direction).multiplyScalar(distance).add(target);
    this.#controls.update();
    this.redraw();
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    this.#shadow.color.setRGB(...theme.shadow, "srgb");
    this.#shadow.opacity = theme.dark ? 0.55 : 0.2;
    this.#grid.uniforms.colour.value.setRGB(...theme.grid, "srgb");
    this.redraw();
  }

  /** Free what the graphics card holds, and listen no more. */
  dispose(): void {
    this.#resized.disconnect();
    this.#controls.dispose();
    this.#renderer.dispose();
  }

  #inWorld(place: Vector3): Vector3 {
    return place.clone().applyEuler(this.workspace.rotation);
  }

  /**
   * Where to look, and from how far, so that all corners of the box are within the picture and as much
   * room is left on one side as on the other.
   */
  #aim(direction: Vector3, middle: Vector3): { target: Vector3; distance: number } {
    const right = new Vector3(0, 1, 0).cross(direction).normalize();
    const up = direction.clone().cross(right);
    const slope = Math.tan(fieldOfView * Math.PI / 360) / (1 + margin);
    const slopes = [slope * this.#camera.aspect, slope];
    const corners = cornersOf(this.#extent).map((corner) => this.#inWorld(corner));
    const target = middle.clone();
    let distance = 0;
    for (let round = 0; round < aimingRounds; round++) {
      const seen = corners.map((corner) => {
        const offset = corner.clone().sub(target);
        return { across: [offset.dot(right), offset.dot(up)], nearer: offset.dot(direction) };
      });
      distance = Math.max(
        ...seen.flatMap(({ across, nearer }) =>
          across.map((away, i) => Math.abs(away) / slopes[i] + nearer)
        ),
      );
      [right, up].forEach((axis, i) => {
        const shares = seen.map(({ across, nearer }) => across[i] / (distance - nearer));
        const shift = (Math.max(...shares) + Math.min(...shares)) / 2 * distance;
        target.addScaledVector(axis, shift);
      });
    }
    return { target, distance };
  }

  /** Light from the left, whose shadows fall on all that is seen. */
  #illuminate(centre: Vector3, size: number, footprint: number): void {
    const { shadow, target, position } = this.#light;
    Object.assign(shadow.camera, { left: -size, right: size, top: size, bottom: -size });
    Object.assign(shadow.camera, { near: 0.1 * size, far: 6 * size });
    shadow.camera.updateProjectionMatrix();
    const texels = footprint < manyFrom ? shadowTexels.few : shadowTexels.many;
    if (shadow.mapSize.x !== texels) {
      shadow.mapSize.set(texels, texels);
      // three.js makes another one of the new size.
      shadow.map?.dispose();
      shadow.map = null;
    }
    target.position.copy(centre);
    position.set(-0.9, 2.6, 0.75).multiplyScalar(size).add(centre);
  }

  #addFloor(): void {
    const shadow = new Mesh(new PlaneGeometry(1, 1), this.#shadow);
    shadow.receiveShadow = true;
    shadow.position.z = 0.0005;
    this.#floor.add(new Mesh(new PlaneGeometry(1, 1), this.#grid), shadow);
    this.workspace.add(this.#floor);
  }

  #fit(): void {
    const canvas = this.#renderer.domElement;
    const { clientWidth: width, clientHeight: height } = canvas.parentElement ?? canvas;
    if (width === 0 || height === 0) return;
    this.#renderer.setPixelRatio(pixelRatio());
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    // A reader who has turned the view keeps it; otherwise all stays in the picture.
    if (this.#touched) this.redraw();
    else this.look(this.#viewPoint);
  }
}

/** The middle of a box and half its sides. */
function middleOf(
  { low, high }: SceneExtent,
): { readonly centre: Vector3; readonly half: Vector3 } {
  const [from, to] = [new Vector3(...low), new Vector3(...high)];
  return {
    centre: from.clone().add(to).multiplyScalar(0.5),
    half: to.sub(from).multiplyScalar(0.5),
  };
}

function cornersOf({ low, high }: SceneExtent): Vector3[] {
  return [low[0], high[0]].flatMap((x) =>
    [low[1], high[1]].flatMap((y) => [low[2], high[2]].map((z) => new Vector3(x, y, z)))
  );
}

/** Distance between grid lines, m: 1, 2 or 5 times a power of ten. */
function gridStep(footprint: number): number {
  const least = footprint / gridLines;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** Thin lines that fade away from the middle, even at every zoom. */
function gridMaterial(): ShaderMaterial {
  return new ShaderMaterial({
    transparent: true,
    depthWrite: false,
    uniforms: {
      colour: { value: new Color() },
      step: { value: 0.1 },
      footprint: { value: 1 },
      centre: { value: new Vector2() },
    },
    vertexShader: `
      uniform float footprint;
      uniform vec2 centre;
      varying vec2 place;
      varying vec2 offset;
      void main() {
        offset = ${floorExtent.toFixed(2)} * position.xy;
        place = centre + footprint * offset;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      uniform vec3 colour;
      uniform float step;
      varying vec2 place;
      varying vec2 offset;
      void main() {
        vec2 cell = place / step;
        vec2 distanceToLine = abs(fract(cell - 0.5) - 0.5) / fwidth(cell);
        float line = 1.0 - min(min(distanceToLine.x, distanceToLine.y), 1.0);
        float fade = 1.0 - smoothstep(0.5, 1.45, length(offset));
        gl_FragColor = vec4(colour, line * fade);
        #include <colorspace_fragment>
      }`,
  });
}
