/// <reference lib="dom" />
/**
 * The three.js stage: renderer, camera, light and floor. The workspace is a table that is tilted a
 * little towards the reader; on it x points right, y away and z up, in metres, as in the simulation.
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
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { pixelRatio } from "./dom.ts";
import type { Theme } from "./theme.ts";

/** From where the arm is seen. */
export type ViewPoint = "three-quarter" | "top";

const fieldOfView = 30;
const tilt = 0.07;
/** Elevation and turn of the camera, rad. */
const viewPoints: Readonly<Record<ViewPoint, { elevation: number; turn: number }>> = {
  "three-quarter": { elevation: 0.88, turn: 0.32 },
  top: { elevation: Math.PI / 2 - tilt - 1e-4, turn: 0 },
};

/** Side of the floor and its middle before the shoulder, in reaches of the arm. */
const floorExtent = 3;
const floorCentre = 0.35;
/** Distance between grid lines, m. */
const gridStep = 0.1;

/** Scene, camera and the loop that draws only when there is something new. */
export class Stage {
  /** Everything that lies in the arm's own coordinates. */
  readonly workspace = new Group();
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(fieldOfView, 1, 0.01, 30);
  readonly #controls: OrbitControls;
  readonly #light = new DirectionalLight(0xffffff, 2.4);
  readonly #shadow = new ShadowMaterial({ transparent: true });
  readonly #grid = gridMaterial();
  readonly #floor = new Group();
  #viewPoint: ViewPoint = "three-quarter";
  #reach = 0.65;
  #touched = false;
  #stale = true;

  /** @throws {Error} when the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.toneMapping = NeutralToneMapping;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;

    this.workspace.rotation.x = tilt - Math.PI / 2;
    this.#scene.add(this.workspace, new AmbientLight(0xffffff, 0.5));
    this.#scene.add(new HemisphereLight(0xffffff, 0x8d99a6, 1.3), this.#light, this.#light.target);
    this.#light.castShadow = true;
    this.#light.shadow.mapSize.set(1024, 1024);
    this.#light.shadow.radius = 3;
    this.#light.shadow.intensity = 1;
    this.#light.shadow.normalBias = 0.002;
    this.#addFloor();

    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.maxPolarAngle = Math.PI / 2 - 0.08;
    this.#controls.listenToKeyEvents(canvas);
    this.#controls.addEventListener("start", () => this.#touched = true);
    this.#controls.addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.#fit()).observe(canvas.parentElement ?? canvas);
    this.frame(this.#reach);
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

  /** Make room for an arm of that reach, m. */
  frame(reach: number): void {
    this.#reach = reach;
    const extent = 1.25 * reach;
    const { camera } = this.#light.shadow;
    Object.assign(camera, { left: -extent, right: extent, top: extent, bottom: -extent });
    Object.assign(camera, { near: 0.1, far: 6 * reach });
    camera.updateProjectionMatrix();
    this.#light.position.set(-0.9 * reach, 2.6 * reach, 0.35 * reach);
    this.#light.target.position.set(0, 0, -0.4 * reach);
    this.#grid.uniforms.reach.value = reach;
    // No larger than what is seen of it: without a graphics card every pixel counts.
    this.#floor.scale.set(floorExtent * reach, floorExtent * reach, 1);
    this.#floor.position.y = floorCentre * reach;
    this.look(this.#viewPoint);
  }

  /** Go to one of the view points. */
  look(from: ViewPoint): void {
    this.#viewPoint = from;
    this.#touched = false;
    const { elevation, turn } = viewPoints[from];
    const target = new Vector3(-0.02, 0.34, 0).multiplyScalar(this.#reach)
      .applyEuler(this.workspace.rotation);
    // Width and height of what must be seen, as seen from there.
    const halfWidth = 1.06 * this.#reach;
    const halfHeight = (0.27 + 0.41 * Math.sin(elevation)) * this.#reach;
    const slope = Math.tan(fieldOfView * Math.PI / 360);
    const distance = Math.max(halfHeight / slope, halfWidth / (slope * this.#camera.aspect)) +
      0.25 * this.#reach * Math.cos(elevation);
    this.#controls.minDistance = 0.3 * this.#reach;
    this.#controls.maxDistance = 3 * distance;
    this.#controls.target.copy(target);
    this.#camera.position.setFromSphericalCoords(distance, Math.PI / 2 - elevation, turn)
      .add(target);
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
    // A reader who has turned the view keeps it; otherwise the arm stays framed.
    if (this.#touched) this.redraw();
    else this.look(this.#viewPoint);
  }
}

/** Thin lines that fade away from the arm, even at every zoom. */
function gridMaterial(): ShaderMaterial {
  return new ShaderMaterial({
    transparent: true,
    depthWrite: false,
    uniforms: {
      colour: { value: new Color() },
      step: { value: gridStep },
      reach: { value: 1 },
    },
    vertexShader: `
      uniform float reach;
      varying vec2 place;
      void main() {
        place = reach * ${floorExtent.toFixed(2)} * position.xy +
          vec2(0.0, reach * ${floorCentre.toFixed(2)});
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      uniform vec3 colour;
      uniform float step;
      uniform float reach;
      varying vec2 place;
      void main() {
        vec2 cell = place / step;
        vec2 distanceToLine = abs(fract(cell - 0.5) - 0.5) / fwidth(cell);
        float line = 1.0 - min(min(distanceToLine.x, distanceToLine.y), 1.0);
        float fade = 1.0 - smoothstep(0.5 * reach, 1.45 * reach, length(place - vec2(0.0, reach * ${
      floorCentre.toFixed(2)
    })));
        gl_FragColor = vec4(colour, line * fade);
        #include <colorspace_fragment>
      }`,
  });
}
