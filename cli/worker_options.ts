/** The flags of `worker`, and those that `cluster` shares with it: parsed and checked. */
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { type ComputingBackend, computingBackends } from "../learners/nn/backend.ts";
import { dataMeaning, dataOfEnvironment, existingFolder } from "./data_option.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { integerFrom, pathFromUser, readArguments } from "./options.ts";

/** What the workers of a machine are to be. */
export interface WorkerPoolOptions {
  /** Of the machine's workers, for people; the machine's own name unless given. */
  readonly name?: string;
  /** The backends to offer; those that work and are worth it unless given. */
  readonly backends?: readonly ComputingBackend[];
  /** Worker processes on the machine's cores; one a core unless given. */
  readonly workers?: number;
  /** The folder of data files, where there is one. */
  readonly data?: string;
  /** The folder for what must survive a crash. */
  readonly state: string;
  /** The longest that a job's step may take, s. */
  readonly stallSeconds: number;
  /** How long a worker must have been dead until nobody remembers it, h. */
  readonly forgetHours: number;
}

/** What the command line asks for. */
export interface WorkerOptions extends WorkerPoolOptions {
  readonly access: Access;
}

/** The flags as commander gives them. */
export interface PoolFlags {
  name?: string;
  backends?: ComputingBackend[];
  workers?: number;
  data?: string;
  state?: string;
  stall: number;
  forget: number;
}

const mostWorkers = 1024;

/** Where a laboratory of this machine keeps what it has. */
export const usualFolder = "runs/cluster";

function backendList(text: string): ComputingBackend[] {
  return text.split(",").map((name) => {
    const backend = computingBackends.find((known) => known === name);
    if (backend) return backend;
    throw new InvalidArgumentError(
      `There is no backend "${name}"; there are ${computingBackends.join(", ")}.`,
    );
  });
}

/** Names stand in the names of workers, which tables have as their keys. */
const unfitForNames = /[^A-Za-z0-9_-]+/g;

/** This machine's own name, as far as it fits into the names of workers. */
export function machineName(): string {
  const [host] = Deno.hostname().split(".");
  return host.replaceAll(unfitForNames, "-").slice(0, 60) || "machine";
}

function fittingName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,60}$/.test(text)) return text;
  throw new InvalidArgumentError("It must have 1 to 60 letters, digits, dashes and underscores.");
}

/** Add what `worker` and `cluster` have in common to `command`. */
export function addPoolOptions(command: Command, lowestWorkers: number): Command {
  return command
    .option(
      "--name <name>",
      "what this machine's workers are called (default: its own name)",
      fittingName,
    )
    .option(
      "--backends <list>",
      "tensor backends to offer, such as wasm,webgpu (default: all that work)",
      backendList,
    )
    .option(
      "--workers <n>",
      "worker processes on the cores (default: one a core; each GPU has one more)",
      integerFrom(lowestWorkers, mostWorkers),
    )
    .option("--data <dir>", dataMeaning, existingFolder)
    .option(
      "--state <dir>",
      "where finished results wait for the server (default: runs/cluster/workers)",
      pathFromUser,
    )
    .option(
      "--stall <seconds>",
      "the longest that a job's step may take",
      integerFrom(1, 86_400),
      120,
    )
    .option(
      "--forget <hours>",
      "how long a worker must have been dead until nobody remembers it",
      integerFrom(1, 8_760),
      24,
    );
}

/**
 * What the shared flags ask for.
 * @param folder where a laboratory of this machine keeps what it has
 */
export function poolOptions(
  { stall, forget, data, ...flags }: PoolFlags,
  folder = usualFolder,
): WorkerPoolOptions {
  const { name, backends, workers, state = join(folder, "workers") } = flags;
  const common = { data: data ?? dataOfEnvironment(), stallSeconds: stall, forgetHours: forget };
  return { name, backends, workers, state, ...common };
}

function workerCommand(): Command {
  const command = new Command("deno task worker")
    .description("Have this machine work for a laboratory until Ctrl-C.")
    .allowExcessArguments(false);
  return addPoolOptions(addNatsOptions(command), 1);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function parseWorkerOptions(args: readonly string[]): WorkerOptions | undefined {
  const command = workerCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<NatsFlags & PoolFlags>();
  const access = natsAccess(flags);
  if (!access) {
    throw new UsageError(
      "which laboratory? name its NATS server with --nats, such as nats://127.0.0.1:4222; " +
        "deno task cluster starts one",
    );
  }
  return { access, ...poolOptions(flags) };
}
