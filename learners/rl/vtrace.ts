/**
 * V-trace: "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner Architectures".
 * Espeholt, Soyer, Munos, Simonyan, Mnih, Ward, Doron, Firoiu, Harley, Dunning, Legg, Kavukcuoglu. 2018,
 * https://arxiv.org/abs/1802.01561
 *
 * Targets of the value, and advantages of the policy, from trajectories that an older policy μ has acted:
 *
 *     v_s = V(x_s) + Σ_{t=s}^{s+n−1} γ^{t−s} (Π_{i=s}^{t−1} c_i) δ_t              (1)
 *     δ_t = ρ_t (r_t + γ V(x_{t+1}) − V(x_t)),  ρ_t = min(ρ̄, π/μ),  c_i = λ min(c̄, π/μ)
 *
 * ρ̄ says what is learnt: the value of the policy that has min(ρ̄ μ, π), normalised, as its probabilities, which
 * is π for ρ̄ = ∞ (section 4.1). c̄ and λ say how fast (remark 2), ρ̄ ≥ c̄. Under μ = π and λ = 1 the targets are
 * the n-step Bellman ones. The policy follows (section 4.2)
 *
 *     ρ_s (r_s + γ v_{s+1} − V(x_s)) ∇ log π(a_s|x_s)
 */
import type { AdvantageOptions, RolloutValues } from "./advantages.ts";

/** Trajectories of N copies, [step][copy], with what the policies think of their actions. */
export interface OffPolicyTrajectories extends RolloutValues {
  /** log π(a|x), of the policy that learns. */
  readonly logDensities: Float64Array;
  /** log μ(a|x), of the policy that has acted. */
  readonly actedLogDensities: Float64Array;
}

/** What is made of the ratio π/μ, at the three places where it occurs. */
export interface ImportanceWeights {
  /** ρ_t of the temporal differences. */
  difference(ratio: number): number;
  /** c_i of the traces, before λ. */
  trace(ratio: number): number;
  /** ρ_s of the policy's gradient; `logDensity` is log π(a_s|x_s). */
  policy(ratio: number, logDensity: number): number;
}

/** Where ratios are truncated. */
export interface Truncations {
  /** ρ̄ */
  readonly importanceLimit: number;
  /** c̄ */
  readonly traceLimit: number;
}

/** The corrections for actions of an older policy that the paper compares (section 5.2.2). */
export const corrections = {
  vtrace: "truncated importance weights in differences, traces and the policy's gradient: V-trace",
  "one-step": "the policy's gradient is weighted, but the value's targets are not corrected",
  epsilon: "no weights but that of the gradient of log(π + ε), which fades where π does",
  none: "no correction: older actions count as the present policy's",
} as const;

export type CorrectionName = keyof typeof corrections;

/** ε of the ε-correction, as in GA3C (Babaeizadeh et al. 2017, arXiv 1611.06256). */
const smallDensity = 1e-6;

/**
 * The weights of a correction.
 * @throws {RangeError} when a limit is not above 0, or ρ̄ below c̄
 */
export function importanceWeights(
  correction: CorrectionName,
  { importanceLimit, traceLimit }: Truncations,
): ImportanceWeights {
  if (!(traceLimit > 0 && importanceLimit >= traceLimit)) {
    throw new RangeError(
      `importance weights are truncated at ${importanceLimit} and traces at ${traceLimit}; ` +
        `expected limits above 0, that of the traces not above the other`,
    );
  }
  const truncated = (ratio: number) => Math.min(importanceLimit, ratio);
  const one = () => 1;
  switch (correction) {
    case "vtrace":
      return {
        difference: truncated,
        trace: (ratio) => Math.min(traceLimit, ratio),
        policy: truncated,
      };
    case "one-step":
      return { difference: one, trace: one, policy: truncated };
    case "epsilon": {
      // ∇ log(π + ε) = π/(π + ε) ∇ log π
      const fading = (_ratio: number, logDensity: number) =>
        1 / (1 + smallDensity * Math.exp(-logDensity));
      return { difference: one, trace: one, policy: fading };
    }
    case "none":
      return { difference: one, trace: one, policy: one };
  }
}

/**
 * Fill `targets` with v_s and `advantages` with ρ_s (r_s + γ v_{s+1} − V(x_s)), by remark 1:
 * v_s = V(x_s) + δ_s + γ c_s (v_{s+1} − V(x_{s+1})).
 *
 * Traces go no further than an episode. v_{s+1} is 0 after an end, V of the last observation at a time limit
 * (or 0, see the options) and at the end of the trajectories.
 *
 * @param targets [step][copy], written
 * @param advantages [step][copy], written
 */
export function estimateVtrace(
  trajectories: OffPolicyTrajectories,
  weights: ImportanceWeights,
  { discount, traceDecay, bootstrapTimeLimits }: AdvantageOptions,
  targets: Float64Array,
  advantages: Float64Array,
): void {
  const { steps, copies, rewards, values, finalValues, terminated, truncated } = trajectories;
  const { logDensities, actedLogDensities } = trajectories;
  for (let copy = 0; copy < copies; copy++) {
    let beyond = 0; // v_{s+1} − V(x_{s+1})
    for (let at = (steps - 1) * copies + copy; at >= 0; at -= copies) {
      const ended = terminated[at] === 1 || (truncated[at] === 1 && !bootstrapTimeLimits);
      if (terminated[at] === 1 || truncated[at] === 1) beyond = 0;
      const ratio = Math.exp(logDensities[at] - actedLogDensities[at]);
      const difference = rewards[at] + discount * (ended ? 0 : finalValues[at]) - values[at];
      const weight = weights.policy(ratio, logDensities[at]);
      advantages[at] = weight * (difference + discount * beyond);
      beyond = weights.difference(ratio) * difference +
        discount * traceDecay * weights.trace(ratio) * beyond;
      targets[at] = values[at] + beyond;
    }
  }
}
