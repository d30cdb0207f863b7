/** The roll-outs of PPO on a task of the platform, described so that any process can do their pieces. */
import { z } from "zod";
import type { Network } from "../nn/network.ts";
import { largestPiece } from "../actors.ts";
import { GaussianPolicy } from "./gaussian_policy.ts";
import type { RollOutPlan } from "./roll_out.ts";
import { environmentOf, policies, type PolicyName, policyNetwork, studySchema } from "./study.ts";

const policyNames = Object.keys(policies.values) as [PolicyName, ...PolicyName[]];

/** What a plan of roll-outs is made of: all that a process must know of it. */
export const ppoWork = studySchema
  .pick({ task: true, units: true, layers: true, activation: true, callosum: true })
  .extend({
    kind: z.literal("ppo"),
    policy: z.enum(policyNames),
    copies: z.int().min(1).max(65_536),
    copiesOfPiece: z.int().min(1).max(65_536),
    rolloutLength: z.int().min(1),
    seed: z.int().min(0),
  });

export type PpoWork = z.output<typeof ppoWork>;

/** What a piece has beside the copies' numbers: names, shapes, the message's own heading. */
const headingBytes = 10_000;

/** The state of a copy, its step and its episode, with room to spare. */
const stateBytes = 4_000;

/** What a copy takes in a piece at the most: every step may be the last one of an episode. */
function bytesOfCopy({ inputs, outputs }: Network, rolloutLength: number): number {
  const { BYTES_PER_ELEMENT: single } = Float32Array;
  const { BYTES_PER_ELEMENT: double } = Float64Array;
  return stateBytes + rolloutLength * (single * (2 * inputs + outputs) + 2 * double + 2);
}

/** Whether actors can help: there is more than one piece, and a piece fits into a message. */
export function canBeShared({ policy: { network }, copies, ...plan }: RollOutPlan): boolean {
  const bytes = headingBytes + plan.copiesOfPiece * bytesOfCopy(network, plan.rolloutLength);
  return copies > plan.copiesOfPiece && bytes <= largestPiece;
}

/**
 * The plan that `work` describes. A piece has fewer copies where those asked for do not fit into a message.
 * @throws {RangeError} when a motor network, whose commands are −1 … 1, is to act in another space
 */
export function planOf(work: PpoWork): RollOutPlan {
  const { copies, rolloutLength, seed } = work;
  const environments = (count: number) => environmentOf(work, count);
  const environment = environments(1);
  const { specification, actionSpace: { low, high } } = environment;
  const isUnit = low.every((bound) => bound === -1) && high.every((bound) => bound === 1);
  if (work.policy !== "plain" && !isUnit) {
    throw new RangeError(
      `the actions of ${specification.name} are not −1 … 1, as a motor network's commands are; ` +
        `use the variant plain`,
    );
  }
  const head = { outputs: specification.action.length, activation: "none" } as const;
  const network = policyNetwork(work.policy, environment, work, head);
  const room = Math.floor((largestPiece - headingBytes) / bytesOfCopy(network, rolloutLength));
  const copiesOfPiece = Math.max(1, Math.min(work.copiesOfPiece, room));
  const policy = new GaussianPolicy(network);
  return { environments, policy, copies, copiesOfPiece, rolloutLength, seed };
}
