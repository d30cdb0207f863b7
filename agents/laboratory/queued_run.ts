/**
 * Runs of the library that a page queues: checked against the method's own configuration, and submitted as
 * `train --cluster --no-wait` does, with a run folder on this machine.
 */
import type { Backbone } from "../../cluster/backbone.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { LaboratoryCommand } from "../../cluster/protocol.ts";
import { explainMismatch } from "../../cluster/run_store_error.ts";
import { type Method, type ProfileName, profileNames } from "../../learners/method.ts";
import { startingConfig } from "../../learners/recipes.ts";
import { dataNeeds } from "../desk/data_needs.ts";
import { clusterBackend, codeVersion, libraryClusterRun, submitRun } from "../desk/submission.ts";
import { createLibraryRun, currentVersions } from "../library/run.ts";
import type { LibraryRunConfig } from "../library/run_config.ts";
import { liveWorkers } from "./live_workers.ts";
import { OrderError } from "./order_error.ts";

/** What is to be queued. */
export type QueueOrder = LaboratoryCommand & { readonly type: "queue" };

/** Where runs are queued from. */
export interface QueueDesk {
  readonly backbone: Backbone;
  /** The folder in which run folders are made. */
  readonly out: string;
  /** The folder of data files, where there is one. */
  readonly data?: string;
}

/** What people wait for; urgent work has room before it. */
const usualPriority = 5;

/** A run as its order, its method and its profile have it. */
type PlannedRun = Pick<LibraryRunConfig, "method" | "profile" | "variants" | "seeds" | "config">;

/**
 * Queue a run.
 * @returns the run's name
 * @throws {OrderError} when there is no such method, variant or setting, or nobody who could compute it
 * @throws {DataError} when a file of its data is not there
 */
export async function queueRun(
  order: QueueOrder,
  { backbone, out, data }: QueueDesk,
  ledger: Ledger,
): Promise<string> {
  // The whole library, which a laboratory that is only watched does not need.
  const { library } = await import("../../learners/library.ts");
  const method = library.find(({ id }) => id === order.method);
  if (!method) {
    const ids = library.map(({ id }) => id).join(", ");
    throw new OrderError(`There is no method ${order.method}; there are ${ids}.`);
  }
  const planned = plannedRun(order, method);
  const config: LibraryRunConfig = {
    kind: "library",
    ...planned,
    ...await offeredBackend(backbone),
    versions: currentVersions(),
  };
  const time = new Date();
  const needs = await dataNeeds(method, planned.config, data);
  const run = libraryClusterRun(config, { code: codeVersion(), data: needs, time });
  const mark = crypto.randomUUID().slice(0, 4);
  await using folder = await createLibraryRun(out, config, time, mark);
  await submitRun(ledger, folder, run, usualPriority);
  return folder.id;
}

/**
 * What an order asks of a method.
 * @throws {OrderError} naming what there is not, and what there is
 */
export function plannedRun(order: QueueOrder, method: Method): PlannedRun {
  const profile = profileOf(order.profile ?? "desk");
  const standard = method.profiles[profile];
  return {
    method: method.id,
    profile,
    variants: variantsOf(order.variants ?? standard.variants, method),
    seeds: Array.from({ length: order.seeds ?? standard.seeds }, (_, index) => index + 1),
    config: configOf(
      { ...startingConfig(method, profile, order.config ?? {}), ...order.config },
      method,
    ),
  };
}

function profileOf(name: string): ProfileName {
  const profile = profileNames.find((each) => each === name);
  if (profile) return profile;
  throw new OrderError(`There is no profile ${name}; there are ${profileNames.join(", ")}.`);
}

function variantsOf(names: readonly string[], { id, variants }: Method): string[] {
  const unknown = names.find((name) => !Object.hasOwn(variants, name));
  if (unknown === undefined) return [...new Set(names)];
  const known = Object.keys(variants).join(", ");
  throw new OrderError(`${id} has no variant ${unknown}; it has ${known}.`);
}

function configOf(
  config: Readonly<Record<string, unknown>>,
  { id, config: schema }: Method,
): Record<string, unknown> {
  const unknown = Object.keys(config).find((key) => !Object.hasOwn(schema.shape, key));
  if (unknown !== undefined) {
    const keys = Object.keys(schema.shape).join(", ");
    throw new OrderError(`${id} has no setting ${unknown}; it has ${keys}.`);
  }
  const checked = schema.safeParse(config);
  if (checked.success) return checked.data;
  throw new OrderError(`${id} refuses the configuration: ${explainMismatch(checked.error)}.`);
}

/** The fastest that the workers of this version have. */
async function offeredBackend(
  backbone: Backbone,
): Promise<Pick<LibraryRunConfig, "backend" | "device">> {
  const code = codeVersion();
  const workers = [...(await liveWorkers(backbone)).values()]
    .filter(({ version }) => version === code);
  const offered = clusterBackend("auto", workers);
  if (offered) return { backend: offered.name, device: offered.devices.join("; ") };
  throw new OrderError(
    `There is no worker of this version (${code}), so that no backend can be chosen; ` +
      "start one with deno task worker.",
  );
}
