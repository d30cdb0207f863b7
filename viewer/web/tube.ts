/**
 * A tube of varying width along a smooth curve in a plane z = constant, rebuilt in place: the form of a
 * muscle.
 */
import { BufferAttribute, BufferGeometry, CatmullRomCurve3, Color, Vector3 } from "three";
import type { Point } from "./kinematics.ts";

const rings = 40;
const sides = 12;

/** How a tube looks at a share of its length. */
export interface TubeProfile {
  /** m */
  radius(share: number): number;
  colour(share: number, into: Color): void;
}

/** The geometry of one tube; colours are per vertex. */
export class TubeGeometry extends BufferGeometry {
  readonly #positions = new Float32Array(rings * sides * 3);
  readonly #normals = new Float32Array(rings * sides * 3);
  readonly #colours = new Float32Array(rings * sides * 3);

  constructor() {
    super();
    this.setAttribute("position", new BufferAttribute(this.#positions, 3));
    this.setAttribute("normal", new BufferAttribute(this.#normals, 3));
    this.setAttribute("color", new BufferAttribute(this.#colours, 3));
    const index: number[] = [];
    for (let ring = 0; ring + 1 < rings; ring++) {
      for (let side = 0; side < sides; side++) {
        const [a, b] = [ring * sides + side, ring * sides + (side + 1) % sides];
        index.push(a, b, a + sides, b, b + sides, a + sides);
      }
    }
    this.setIndex(index);
  }

  /**
   * @param path the points that the curve passes, m
   * @param height their z, m
   */
  follow(path: readonly Point[], height: number, profile: TubeProfile): void {
    const points = path.map(([x, y]) => new Vector3(x, y, height));
    const curve = new CatmullRomCurve3(points, false, "centripetal");
    const centre = new Vector3();
    const tangent = new Vector3();
    const colour = new Color();
    for (let ring = 0; ring < rings; ring++) {
      const share = ring / (rings - 1);
      curve.getPointAt(share, centre);
      curve.getTangentAt(share, tangent);
      const width = profile.radius(share);
      profile.colour(share, colour);
      for (let side = 0; side < sides; side++) {
        const angle = 2 * Math.PI * side / sides;
        const [across, up] = [Math.cos(angle), Math.sin(angle)];
        const offset = 3 * (ring * sides + side);
        const normal = [-tangent.y * across, tangent.x * across, up];
        this.#normals.set(normal, offset);
        this.#positions[offset] = centre.x + width * normal[0];
        this.#positions[offset + 1] = centre.y + width * normal[1];
        this.#positions[offset + 2] = centre.z + width * normal[2];
        colour.toArray(this.#colours, offset);
      }
    }
    for (const name of ["position", "normal", "color"]) this.getAttribute(name).needsUpdate = true;
    this.computeBoundingSphere();
  }
}
