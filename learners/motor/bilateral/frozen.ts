/** Roll-outs under which some of a network's tensors do not learn. */
import { type ParameterLayout, viewOf } from "../../nn/parameters.ts";
import type { DifferentiableRollout } from "../rollout.ts";

/**
 * `rollout` with a gradient of 0 for the tensors of `layout` that are frozen. An optimiser that has never
 * had another gradient of them leaves them where they are.
 */
export function withFrozen(
  rollout: DifferentiableRollout,
  layout: ParameterLayout,
  isFrozen: (tensor: string) => boolean,
): DifferentiableRollout {
  const frozen = layout.tensors.filter(({ name }) => isFrozen(name));
  if (frozen.length === 0) return rollout;
  return {
    name: rollout.name,
    async gradient(weights, batch, gradient, noise) {
      const outcome = await rollout.gradient(weights, batch, gradient, noise);
      for (const tensor of frozen) viewOf(gradient, tensor).fill(0);
      return outcome;
    },
  };
}
