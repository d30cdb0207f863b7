/** The flags of `cluster`: parsed and checked. */
import { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { integerFrom, pathFromUser, readArguments } from "./options.ts";
import {
  addPoolOptions,
  type PoolFlags,
  poolOptions,
  usualFolder,
  type WorkerPoolOptions,
} from "./worker_options.ts";

/** Where a laboratory is. */
export type Place =
  /** On a NATS server that runs already. */
  | { readonly kind: "joined"; readonly access: Access }
  /** On one that is started here, on this port of 127.0.0.1; 0 takes a free one. */
  | { readonly kind: "started"; readonly port: number; readonly folder: string }
  /** Within one process; nothing of it is left afterwards. */
  | { readonly kind: "in-process" };

/** What the command line asks for. */
export interface ClusterOptions extends WorkerPoolOptions {
  readonly place: Place;
  readonly headless: boolean;
  /** Of the page on 127.0.0.1. */
  readonly port: number;
}

interface Flags extends NatsFlags, PoolFlags {
  natsPort?: number;
  folder: string;
  inProcess?: boolean;
  headless?: boolean;
  port: number;
}

const highestPort = 65_535;

function clusterCommand(): Command {
  const command = new Command("deno task cluster")
    .description(
      "Make a laboratory of this machine: a NATS server, workers, and a page that shows all of it. " +
        "Started again, it goes on with its jobs.",
    )
    .option(
      "--port <n>",
      "port of the page on 127.0.0.1; 0 takes a free one",
      integerFrom(0, highestPort),
      8420,
    )
    .option("--headless", "without the page")
    .option(
      "--nats-port <n>",
      "port of the server that is started (default: 4222); 0 takes a free one",
      integerFrom(0, highestPort),
    )
    .option(
      "--folder <dir>",
      "where the server that is started keeps everything",
      pathFromUser,
      usualFolder,
    )
    .option(
      "--in-process",
      "without a NATS server: workers are threads, and nothing survives the process",
    )
    .allowExcessArguments(false);
  return addPoolOptions(addNatsOptions(command), 0);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function parseClusterOptions(args: readonly string[]): ClusterOptions | undefined {
  const command = clusterCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const { headless = false, port } = flags;
  return { ...poolOptions(flags, flags.folder), place: placeOf(flags), headless, port };
}

function placeOf(flags: Flags): Place {
  const { inProcess, natsPort, folder } = flags;
  const access = natsAccess(flags);
  if (inProcess && (access || natsPort !== undefined)) {
    throw new UsageError(
      "--in-process does without a NATS server; --nats and --nats-port ask for one",
    );
  }
  if (access && natsPort !== undefined) {
    throw new UsageError(
      "--nats-port is that of a server that is started here; --nats names another",
    );
  }
  if (inProcess) return { kind: "in-process" };
  return access ? { kind: "joined", access } : { kind: "started", port: natsPort ?? 4222, folder };
}
