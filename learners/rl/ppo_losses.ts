/** The two clipped losses of PPO (Schulman et al. 2017, arXiv 1707.06347), for one sample, and their slopes. */

const within = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/**
 * The clipped surrogate, equation 7, as a loss: max(−A r, −A clip(r, 1 ± ε)).
 * @param ratio r = π_new(a|s)/π_old(a|s)
 * @param advantage A
 * @param range ε
 */
export function surrogateLoss(ratio: number, advantage: number, range: number): number {
  const clipped = within(ratio, 1 - range, 1 + range);
  return Math.max(-advantage * ratio, -advantage * clipped);
}

/** Its derivative with respect to the ratio: 0 where clipping has made it constant. */
export function surrogateSlope(ratio: number, advantage: number, range: number): number {
  const clipped = within(ratio, 1 - range, 1 + range);
  return -advantage * ratio >= -advantage * clipped ? -advantage : 0;
}

/**
 * The value's loss, ½ max((V − R)², (V_old + clip(V − V_old, ±ε) − R)²).
 * @param range ε; Infinity for ½ (V − R)²
 */
export function valueLoss(value: number, old: number, target: number, range: number): number {
  const clipped = old + within(value - old, -range, range);
  return 0.5 * Math.max((value - target) ** 2, (clipped - target) ** 2);
}

/** Its derivative with respect to the value. */
export function valueSlope(value: number, old: number, target: number, range: number): number {
  const clipped = old + within(value - old, -range, range);
  return (value - target) ** 2 >= (clipped - target) ** 2 ? value - target : 0;
}
