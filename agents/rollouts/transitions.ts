/**
 * Transitions of whole trials, and how a piece holds them. T steps of N arms:
 *
 * | tensor | type | shape |
 * | --- | --- | --- |
 * | `observations` | f32 | [T + 1][row][arm], the last one after the last step |
 * | `actions` | f32 | [T][actuator][arm], as the policy gave them |
 * | `rewards` | f32 | [T][arm] |
 * | `terminated`, `truncated` | u8 | [T][arm], 0 or 1 |
 * | `channel.<name>` | f32 | [T][arm], what the policy told of its actions |
 *
 * Single precision: learners compute in it, and a piece has half the size.
 */
import type { VectorEnv } from "../../sim/env.ts";
import type { RandomStream } from "../../sim/random.ts";
import type { TrialBatch } from "../../sim/tasks/trial.ts";
import { requireFiniteMotion } from "../../learners/motor/evaluation/trials.ts";
import type { ActingPolicy } from "./acting.ts";
import { type PieceContents, PieceError, pieceTensor } from "./piece.ts";

/** Transitions; the layouts are those of the table above. */
export interface Transitions {
  readonly arms: number;
  readonly steps: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly channels: Readonly<Record<string, Float32Array>>;
}

/**
 * Let `policy` do `trials` in `env` from start to end.
 * @param noise of the policy
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function rollOut(
  env: VectorEnv,
  policy: ActingPolicy,
  trials: TrialBatch,
  noise: RandomStream,
): Transitions {
  const { arms, layout, plant } = env;
  const { steps } = trials;
  const observed = layout.size * arms;
  const acted = plant.actuator.count * arms;
  const told = policy.channels.map(() => new Float64Array(arms));
  const actions = new Float64Array(acted);
  const into: Transitions = {
    arms,
    steps,
    observations: new Float32Array((steps + 1) * observed),
    actions: new Float32Array(steps * acted),
    rewards: new Float32Array(steps * arms),
    terminated: new Uint8Array(steps * arms),
    truncated: new Uint8Array(steps * arms),
    channels: Object.fromEntries(
      policy.channels.map((name) => [name, new Float32Array(steps * arms)]),
    ),
  };
  let { observation } = env.reset({ seed: 0, trials });
  policy.reset(arms, noise);
  into.observations.set(observation);
  for (let step = 0; step < steps; step++) {
    policy.act(observation, actions, told);
    into.actions.set(actions, step * acted);
    policy.channels.forEach((name, k) => into.channels[name].set(told[k], step * arms));
    const next = env.step(actions);
    requireFiniteMotion(plant, step + 1);
    observation = next.observation;
    into.observations.set(observation, (step + 1) * observed);
    into.rewards.set(next.reward, step * arms);
    into.terminated.set(next.terminated, step * arms);
    into.truncated.set(next.truncated, step * arms);
  }
  return into;
}

const channelPrefix = "channel.";

/** `transitions` as they are sent. */
export function packTransitions(transitions: Transitions): PieceContents {
  const { arms, steps, observations, actions, channels } = transitions;
  const { rewards, terminated, truncated } = transitions;
  const rows = [steps, arms];
  const told = Object.entries(channels)
    .map(([name, data]) => [channelPrefix + name, { shape: rows, data }] as const);
  return {
    labels: {},
    tensors: {
      observations: {
        shape: [steps + 1, observations.length / ((steps + 1) * arms), arms],
        data: observations,
      },
      actions: { shape: [steps, actions.length / (steps * arms), arms], data: actions },
      rewards: { shape: rows, data: rewards },
      terminated: { shape: rows, data: terminated },
      truncated: { shape: rows, data: truncated },
      ...Object.fromEntries(told),
    },
  };
}

/**
 * The transitions in `contents`.
 * @throws {PieceError} when tensors are missing or do not fit each other
 */
export function unpackTransitions(contents: PieceContents): Transitions {
  const { tensors } = contents;
  const [steps, arms] = tensors.rewards?.shape ?? [];
  const rowsOf = (name: string) => tensors[name]?.shape[1] ?? 0;
  if (!(steps > 0 && arms > 0)) {
    throw new PieceError(`rewards of shape [${tensors.rewards?.shape}], expected [steps, arms]`);
  }
  const rows = [steps, arms];
  const channels = Object.keys(tensors).filter((name) => name.startsWith(channelPrefix));
  const { Float32Array: single, Uint8Array: flags } = globalThis;
  return {
    arms,
    steps,
    observations: pieceTensor(contents, "observations", single, [
      steps + 1,
      rowsOf("observations"),
      arms,
    ]),
    actions: pieceTensor(contents, "actions", single, [steps, rowsOf("actions"), arms]),
    rewards: pieceTensor(contents, "rewards", single, rows),
    terminated: pieceTensor(contents, "terminated", flags, rows),
    truncated: pieceTensor(contents, "truncated", flags, rows),
    channels: Object.fromEntries(
      channels.map((name) => [
        name.slice(channelPrefix.length),
        pieceTensor(contents, name, single, rows),
      ]),
    ),
  };
}
