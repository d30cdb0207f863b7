/** Learning-rate schedules: the rate at an epoch (or step), counted from 0. */

/**
 * Linear warm-up over `warmUp` epochs, then half a cosine down to 0 at the end:
 * base (e + 1)/warmUp while e < warmUp, afterwards base (1 + cos(π (e − warmUp)/(epochs − warmUp)))/2.
 */
export function warmUpCosine(base: number, epoch: number, epochs: number, warmUp: number): number {
  if (epoch < warmUp) return base * (epoch + 1) / warmUp;
  return base * (1 + Math.cos(Math.PI * (epoch - warmUp) / (epochs - warmUp))) / 2;
}
