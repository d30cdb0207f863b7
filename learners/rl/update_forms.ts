/**
 * Every form in which updates are computed, by name, and which of them a job takes. All compute the same
 * updates; one contract suite holds them to it.
 *
 * | name | on | for |
 * | --- | --- | --- |
 * | `compiled` | WebAssembly, one core | networks of a control loop: one call for what an engine does in hundreds |
 * | `tensors` | the job's tensor backend | large networks on GPUs, and an independent check |
 */
import { z } from "zod";
import type { JobContext } from "../method.ts";
import { type ComputingBackend, computingBackends, readyBackend } from "../nn/backend.ts";
import type { ActorCritic } from "./off_policy_update.ts";
import { CompiledPpoUpdate, type PpoLearner, type PpoUpdate } from "./ppo_update.ts";
import { CompiledSacUpdate, type SacUpdate, type SacUpdateSettings } from "./sac.ts";
import { CompiledTd3Update, type Td3Update, type Td3UpdateSettings } from "./td3.ts";

export type UpdateForm = "compiled" | "tensors";

/** Backends that compute on GPUs. */
const gpuBackends: readonly ComputingBackend[] = ["tensorflow-gpu", "webgpu"];

/**
 * Units of a layer from which a GPU is taken where the job has one. An update of narrower networks is over,
 * compiled, in the time in which an engine launches its operations.
 */
const unitsForGpu = 256;

/** The part of a configuration that says which form updates have. */
export const updatesSchema = z.object({
  updates: z.enum(["automatic", "compiled", "tensors"]).default("automatic").describe(
    "what computes updates: compiled networks, or tensors on the tensor backend; automatic: tensors on " +
      `GPUs, for networks of ${unitsForGpu} units a layer or more`,
  ),
});

/** The form that a job's updates have. */
export function updateFormOf(
  { updates, units }: z.output<typeof updatesSchema> & { readonly units: number },
  { backend }: Pick<JobContext, "backend">,
): UpdateForm {
  if (updates !== "automatic") return updates;
  const hasGpu = gpuBackends.some((name) => name === backend);
  return hasGpu && units >= unitsForGpu ? "tensors" : "compiled";
}

/** Make the backend of a job ready, or the first usable one if it has none. */
async function readyFor({ backend }: Pick<JobContext, "backend">): Promise<void> {
  await readyBackend(computingBackends.find((name) => name === backend) ?? "auto");
}

type OffPolicyConstructor<Settings, Update> = new (
  actorCritic: ActorCritic,
  settings: Settings,
) => Update;

/** SAC's update in a form. Tensors are loaded only when they are asked for. */
export async function sacUpdateOf(
  form: UpdateForm,
  context: Pick<JobContext, "backend">,
): Promise<OffPolicyConstructor<SacUpdateSettings, SacUpdate>> {
  if (form === "compiled") return CompiledSacUpdate;
  await readyFor(context);
  return (await import("./tensors/sac_update.ts")).TensorSacUpdate;
}

/** TD3's update in a form, likewise. */
export async function td3UpdateOf(
  form: UpdateForm,
  context: Pick<JobContext, "backend">,
): Promise<OffPolicyConstructor<Td3UpdateSettings, Td3Update>> {
  if (form === "compiled") return CompiledTd3Update;
  await readyFor(context);
  return (await import("./tensors/td3_update.ts")).TensorTd3Update;
}

/** PPO's update in a form, likewise. */
export async function ppoUpdateOf(
  form: UpdateForm,
  context: Pick<JobContext, "backend">,
): Promise<new (learner: PpoLearner, seed: number) => PpoUpdate> {
  if (form === "compiled") return CompiledPpoUpdate;
  await readyFor(context);
  return (await import("./tensors/ppo_update.ts")).TensorPpoUpdate;
}
