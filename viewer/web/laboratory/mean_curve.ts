/** The mean of several curves that need not have been measured at the same places. */

/** Numbers over growing places. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * The mean of `curves` where all of them are, at the places of the one with the most points; between its
 * own places a curve is taken as straight. Curves without points have not begun and do not count.
 */
export function meanCurve(curves: readonly Points[]): Points {
  const begun = curves.filter(({ x }) => x.length > 0);
  if (begun.length <= 1) return begun[0] ?? { x: [], y: [] };
  const from = Math.max(...begun.map(({ x }) => x[0]));
  const to = Math.min(...begun.map(({ x }) => x[x.length - 1]));
  const densest = begun.reduce((best, curve) => curve.x.length > best.x.length ? curve : best);
  const places = densest.x.filter((place) => place >= from && place <= to);
  // The end that all have reached is no place of the densest, unless it is the one that is behind.
  if (from <= to && places.at(-1) !== to) places.push(to);
  const sums = new Float64Array(places.length);
  for (const curve of begun) {
    let next = 0;
    places.forEach((place, i) => {
      while (curve.x[next] < place) next++;
      sums[i] += valueAt(curve, next, place);
    });
  }
  return { x: places, y: Array.from(sums, (sum) => sum / begun.length) };
}

/** The value at `place`, which lies not beyond point `next` and beyond the one before. */
function valueAt({ x, y }: Points, next: number, place: number): number {
  if (x[next] === place) return y[next];
  const share = (place - x[next - 1]) / (x[next] - x[next - 1]);
  return y[next - 1] + share * (y[next] - y[next - 1]);
}
