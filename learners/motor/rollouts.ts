/**
 * Every form in which roll-outs are differentiated, by name. All compute the same losses and gradients;
 * one contract suite holds them to it.
 *
 * | name | precision | speed | for |
 * | --- | --- | --- | --- |
 * | `vector` | single | fastest | training |
 * | `scalar` | double | about a tenth | checks |
 * | `tensors` | single | less than a hundredth on a processor | an independent check, and GPUs |
 */
import type { BackendName } from "../nn/backend.ts";
import type { DifferentiableRollout, RolloutProblem } from "./rollout.ts";
import { scalarRollout } from "./scalar_rollout.ts";
import { vectorRollout } from "./vector_rollout.ts";

export const rolloutNames = ["vector", "scalar", "tensors"] as const;

export type RolloutName = (typeof rolloutNames)[number];

/** What trains unless something else is asked for. */
export const defaultRollout: RolloutName = "vector";

/**
 * The roll-out called `name`. Tensors are loaded only when they are asked for.
 *
 * @param backend the tensor backend of `tensors`; `auto` unless given, idle in the other forms
 * @throws {RangeError} when the form does not know what the problem regularises
 */
export async function createRollout(
  name: RolloutName,
  problem: RolloutProblem,
  backend: BackendName = "auto",
): Promise<DifferentiableRollout> {
  if (problem.bodySignals !== undefined && name !== "scalar") {
    throw new RangeError(
      `roll-out ${name} regularises hidden activity only; use scalar for signals of the body`,
    );
  }
  switch (name) {
    case "vector":
      return vectorRollout(problem);
    case "scalar":
      return scalarRollout(problem);
    case "tensors": {
      const { readyBackend } = await import("../nn/backend.ts");
      await readyBackend(backend);
      const { tensorRollout } = await import("./tensor_rollout.ts");
      return tensorRollout(problem);
    }
  }
}
