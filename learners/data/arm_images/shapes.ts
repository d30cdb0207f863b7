/**
 * Shapes in the plane by their signed distance: negative inside, positive outside, in metres. Everything
 * in an arm image is a capsule (all points within a radius of a line segment; a disc if the segment is a
 * point) or a polygon. Distances after Quilez, "2D distance functions".
 */

/** A point or vector in the plane, m. */
export type Vector = readonly [x: number, y: number];

export type Shape =
  | {
    readonly kind: "capsule";
    readonly from: Vector;
    readonly to: Vector;
    readonly radius: number;
  }
  | { readonly kind: "polygon"; readonly corners: readonly Vector[] };

/** Where the edge of a shape is, seen from a point. */
export interface EdgeProbe {
  /** Signed distance from the edge, m. */
  distance: number;
  /** Unit vector away from the shape's inside: the direction in which the distance grows. */
  outwardX: number;
  outwardY: number;
}

export function disc(centre: Vector, radius: number): Shape {
  return { kind: "capsule", from: centre, to: centre, radius };
}

/** A circle round the whole shape, which tells cheaply that a point is outside. */
export function boundingCircle(shape: Shape): { readonly centre: Vector; readonly radius: number } {
  const points = shape.kind === "capsule" ? [shape.from, shape.to] : shape.corners;
  const middle = (axis: 0 | 1) =>
    points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const centre: Vector = [middle(0), middle(1)];
  const reach = Math.max(...points.map(([x, y]) => Math.hypot(x - centre[0], y - centre[1])));
  return { centre, radius: reach + (shape.kind === "capsule" ? shape.radius : 0) };
}

/** Measures the edge of `shape` from (x, y), into `probe`. */
export function probeEdge(shape: Shape, x: number, y: number, probe: EdgeProbe): void {
  if (shape.kind === "capsule") probeCapsule(shape.from, shape.to, shape.radius, x, y, probe);
  else probePolygon(shape.corners, x, y, probe);
}

function probeCapsule(
  [fromX, fromY]: Vector,
  [toX, toY]: Vector,
  radius: number,
  x: number,
  y: number,
  probe: EdgeProbe,
): void {
  const share = shareAlong(fromX, fromY, toX, toY, x, y);
  const awayX = x - fromX - share * (toX - fromX);
  const awayY = y - fromY - share * (toY - fromY);
  const axisDistance = Math.sqrt(awayX * awayX + awayY * awayY);
  probe.distance = axisDistance - radius;
  probe.outwardX = axisDistance > 0 ? awayX / axisDistance : 0;
  probe.outwardY = axisDistance > 0 ? awayY / axisDistance : 0;
}

function probePolygon(corners: readonly Vector[], x: number, y: number, probe: EdgeProbe): void {
  let nearest = Infinity;
  let nearestX = 0;
  let nearestY = 0;
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[j];
    const [bx, by] = corners[i];
    const share = shareAlong(ax, ay, bx, by, x, y);
    const awayX = x - ax - share * (bx - ax);
    const awayY = y - ay - share * (by - ay);
    const distance = awayX * awayX + awayY * awayY;
    if (distance < nearest) {
      nearest = distance;
      nearestX = awayX;
      nearestY = awayY;
    }
    // Even-odd rule: does this side cross the ray from the point to the right?
    if ((ay > y) !== (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay)) inside = !inside;
  }
  const sign = inside ? -1 : 1;
  const distance = Math.sqrt(nearest);
  probe.distance = sign * distance;
  probe.outwardX = distance > 0 ? sign * nearestX / distance : 0;
  probe.outwardY = distance > 0 ? sign * nearestY / distance : 0;
}

/** Where on the segment a … b the point nearest to (x, y) lies: 0 at a, 1 at b. */
function shareAlong(ax: number, ay: number, bx: number, by: number, x: number, y: number): number {
  const alongX = bx - ax;
  const alongY = by - ay;
  const squaredLength = alongX * alongX + alongY * alongY;
  if (squaredLength === 0) return 0;
  const share = ((x - ax) * alongX + (y - ay) * alongY) / squaredLength;
  return share < 0 ? 0 : share > 1 ? 1 : share;
}
