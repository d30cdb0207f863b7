/** Targets that follow what is learnt slowly (Lillicrap et al. 2016, arXiv 1509.02971, algorithm 1). */

/**
 * θ′ ← (1 − τ) θ′ + τ θ
 * @param target θ′, changed
 * @param source θ
 * @param share τ, 0 … 1
 */
export function polyakAverage(target: Float64Array, source: Float64Array, share: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (1 - share) * target[i] + share * source[i];
}
