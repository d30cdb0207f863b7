/** The flags of `cluster`: parsed and checked. */
import { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { natsWords } from "./nats_words.ts";
import { integerFrom, pathFromUser, readArguments } from "./options.ts";
import { addPageOptions, type PageFlags, type PageOptions, pageOptions } from "./page_options.ts";
import {
  addPoolOptions,
  type PoolFlags,
  poolOptions,
  usualFolder,
  type WorkerPoolOptions,
} from "./worker_options.ts";
import type { TrainOptions } from "./train_options.ts";

/** Where a laboratory is. */
export type Place =
  /** On a NATS server that runs already; `words` are the flags that lead there, without secrets. */
  | { readonly kind: "joined"; readonly access: Access; readonly words: readonly string[] }
  /** On one that is started here, on this port of 127.0.0.1; 0 takes a free one. */
  | { readonly kind: "started"; readonly port: number; readonly folder: string }
  /** Within one process; nothing of it is left afterwards. */
  | { readonly kind: "in-process" };

/** What the command line asks for. */
export interface ClusterOptions extends WorkerPoolOptions {
  readonly place: Place;
  /** The page; none where none is wanted. */
  readonly page?: PageOptions;
  /** Where the folders of runs are made that the page queues. */
  readonly out: string;
  /** What a cluster within one process is to train. */
  readonly training?: TrainOptions;
}

interface Flags extends NatsFlags, PoolFlags, PageFlags {
  natsPort?: number;
  folder: string;
  inProcess?: boolean;
  headless?: boolean;
  out: string;
}

const highestPort = 65_535;

/** An end of the command line that says what to train. */
export const trainExample = "-- train dagnn --profile smoke";

function clusterCommand(): Command {
  const command = new Command("deno task cluster")
    .description(
      "Make a laboratory of this machine: a NATS server, workers, and a page that shows all of it. " +
        "Started again, it goes on with its jobs.",
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
    .option("--out <folder>", "where runs are kept that the page queues", pathFromUser, "runs")
    .addHelpText("after", `\n  -- train …  (with --in-process) what to train: ${trainExample}`)
    .allowExcessArguments(false);
  return addPoolOptions(addNatsOptions(addPageOptions(command)), 0);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export async function parseClusterOptions(
  args: readonly string[],
): Promise<ClusterOptions | undefined> {
  const command = clusterCommand();
  const end = args.indexOf(ownEnd);
  const own = end < 0 ? args : args.slice(0, end);
  if (!readArguments(command, own)) return undefined;
  const flags = command.opts<Flags>();
  const pool = poolOptions(flags, flags.folder);
  const page = flags.headless ? undefined : pageOptions(flags);
  const common = { place: placeOf(flags), page, out: flags.out };
  if (end < 0) return { ...pool, ...common };
  const training = await trainingOf(args.slice(end + 1), flags);
  return training && { ...pool, ...common, data: training.data, training };
}

/** What comes after it is not the cluster's own. */
const ownEnd = "--";

/** In the words of `deno task train`. Undefined when help was asked for and has been printed. */
async function trainingOf(
  [task, ...words]: readonly string[],
  { inProcess, workers, data }: Flags,
): Promise<TrainOptions | undefined> {
  if (task !== "train") {
    throw new UsageError(`after -- there should be what to train, such as ${trainExample}`);
  }
  if (!inProcess) {
    throw new UsageError(
      "-- train is for --in-process; a cluster on a server takes work from " +
        "deno task train … --cluster --nats URL",
    );
  }
  if (workers === 0) throw new UsageError("--workers 0: there would be nobody to train");
  // The whole library, which a cluster without a training does not need.
  const { parseTrainOptions } = await import("./train_options.ts");
  const training = parseTrainOptions(words);
  if (!training) return undefined;
  if (training.cluster) {
    throw new UsageError("after -- train, --cluster names another one; leave it out");
  }
  if (training.workers !== undefined || (data !== undefined && data !== training.data)) {
    throw new UsageError("--workers belongs before the --, and --data after it");
  }
  return training;
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
  return access
    ? { kind: "joined", access, words: natsWords(flags) }
    : { kind: "started", port: natsPort ?? 4222, folder };
}
