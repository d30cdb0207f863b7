/** Where the time of a training update goes, by parts of the vector roll-out. */
import type { Trainer } from "../learners/motor/trainer.ts";
import { type Frame, stackShares } from "./cpu_profile.ts";

/** A part, and the functions of which it consists with all that they call. */
interface Part {
  readonly name: string;
  readonly has: (frame: Frame) => boolean;
}

const kernel = (...names: readonly string[]) => ({ name, url }: Frame) =>
  url.startsWith("wasm:") && names.includes(name);

const within = (...places: readonly string[]) => ({ url }: Frame) =>
  places.some((place) => url.includes(place));

/** Time belongs to the part of the innermost function that has one. */
const parts: readonly Part[] = [
  { name: "arm and muscles, forward", has: kernel("reset", "step") },
  { name: "arm and muscles, adjoint for both losses", has: kernel("adjoint") },
  { name: "network, forward", has: within("/vector/forward_network.ts") },
  {
    name: "network, reverse for both losses",
    has: within("/vector/reverse_network.ts", "/vector/network_gradient.ts"),
  },
  { name: "clipping and Adam", has: within("/nn/adam.ts") },
  { name: "drawing trials", has: within("/sim/tasks/", "/sim/random.ts") },
];

const rest = "all else: losses, moving data, collecting garbage";

/** Percent of the time of updates, by part; the last thing that is measured in a process. */
export async function updateShares(
  trainer: Trainer,
  milliseconds: number,
): Promise<Record<string, { percent: number }>> {
  const sums = new Map([...parts.map(({ name }) => name), rest].map((name) => [name, 0]));
  const stacks = await stackShares(async () => void await trainer.update(), milliseconds);
  for (const { stack, share } of stacks) {
    const name = stack.map(partOf).find((found) => found !== undefined) ?? rest;
    sums.set(name, sums.get(name)! + share);
  }
  return Object.fromEntries(
    [...sums].map(([name, share]) => [name, { percent: Math.round(1000 * share) / 10 }]),
  );
}

function partOf(frame: Frame): string | undefined {
  return parts.find(({ has }) => has(frame))?.name;
}
