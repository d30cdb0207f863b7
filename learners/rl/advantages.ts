/**
 * Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, equations 11 to 16), with
 * time limits told from ends of the task's own (Pardo et al. 2018, arXiv 1712.00378).
 */

/** A roll-out of N copies; arrays are [step][copy], steps · copies long. */
export interface RolloutValues {
  readonly steps: number;
  readonly copies: number;
  readonly rewards: Float64Array;
  /** V of the observation that each step started from. */
  readonly values: Float64Array;
  /** V of the observation that each step ended in, before any reset; only read where it is needed. */
  readonly finalValues: Float64Array;
  /** 0 or 1: the episode ended in this step. */
  readonly terminated: Uint8Array;
  /** 0 or 1: the episode was cut off after this step. */
  readonly truncated: Uint8Array;
}

/** How advantages are estimated. */
export interface AdvantageOptions {
  /** γ */
  readonly discount: number;
  /** λ */
  readonly traceDecay: number;
  /**
   * Whether what would have followed a time limit counts, by V of the last observation. Without it a
   * truncated episode is treated as if it had ended, as OpenAI's baselines do.
   */
  readonly bootstrapTimeLimits: boolean;
}

/**
 * Fill `advantages` with A_t = δ_t + γ λ n_t A_{t+1}, δ_t = r_t + γ v_{t+1} − V(s_t).
 *
 * n_t is 0 where the episode is over after step t, in either way. v_{t+1} is 0 after an end, V of the last
 * observation at a time limit (or 0, see the options), otherwise V of the next observation; `finalValues`
 * of the last step are therefore what the roll-out is bootstrapped from.
 *
 * @param advantages [step][copy], written
 */
export function estimateAdvantages(
  rollout: RolloutValues,
  { discount, traceDecay, bootstrapTimeLimits }: AdvantageOptions,
  advantages: Float64Array,
): void {
  const { steps, copies, rewards, values, finalValues, terminated, truncated } = rollout;
  for (let copy = 0; copy < copies; copy++) {
    let advantage = 0;
    for (let at = (steps - 1) * copies + copy; at >= 0; at -= copies) {
      const ended = terminated[at] === 1 || (truncated[at] === 1 && !bootstrapTimeLimits);
      const next = ended ? 0 : finalValues[at];
      const delta = rewards[at] + discount * next - values[at];
      const goesOn = terminated[at] === 0 && truncated[at] === 0;
      advantage = delta + (goesOn ? discount * traceDecay * advantage : 0);
      advantages[at] = advantage;
    }
  }
}

/** (A − mean)/(deviation + 10⁻⁸), in place; the deviation is that of the population. */
export function normaliseAdvantages(advantages: Float64Array): void {
  const { mean, variance } = momentsOf(advantages);
  const scale = 1 / (Math.sqrt(variance) + 1e-8);
  for (let i = 0; i < advantages.length; i++) advantages[i] = (advantages[i] - mean) * scale;
}

/** 1 − Var(R − V)/Var(R): how much of the variance of the targets is foretold; NaN if they do not vary. */
export function explainedVariance(values: Float64Array, targets: Float64Array): number {
  const { variance } = momentsOf(targets);
  const left = momentsOf(targets.map((target, i) => target - values[i])).variance;
  return variance === 0 ? NaN : 1 - left / variance;
}

function momentsOf(values: Float64Array): { readonly mean: number; readonly variance: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / values.length };
}
