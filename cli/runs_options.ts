/** The flags of `runs`: parsed and checked. */
import { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { pathFromUser, readArguments } from "./options.ts";
import { addTableOptions, type TableFlags, type TableFormat, tableFormat } from "./plain_table.ts";

/** What can be done with runs: looked at here or on a cluster, and, the later ones, on a cluster only. */
const actions = ["list", "show", "cancel", "pause", "continue", "retry", "export"] as const;

export type RunAction = (typeof actions)[number];

/** What can be done with the run folders of this machine. */
const localActions: readonly RunAction[] = ["list", "show"];

/** What the command line asks for. */
export type RunsOptions =
  & {
    /** The cluster; without it the run folders of this machine are meant. */
    readonly access?: Access;
    /** The folder that holds the run folders. */
    readonly out: string;
    readonly format: TableFormat;
  }
  & (
    | { readonly action: "list" }
    | {
      readonly action: Exclude<RunAction, "list">;
      readonly run: string;
      /** Only these jobs of it. */
      readonly jobs?: readonly string[];
    }
  );

interface Flags extends NatsFlags, TableFlags {
  job?: string[];
  out: string;
}

function runsCommand(): Command {
  const command = new Command("deno task runs")
    .description(
      "Look at runs, on this machine or, with --nats, on a cluster, where they can be told to " +
        "pause, continue, try again or end, and from where they can be fetched.",
    )
    .argument("[action]", `${actions.join(", ")} (default: list)`)
    .argument("[run]", "the run's name")
    .option("--job <name...>", "only these jobs of the run")
    .option("--out <folder>", "where run folders are, or export makes them", pathFromUser, "runs")
    .allowExcessArguments(false);
  return addTableOptions(addNatsOptions(command));
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming what is wrong, its value and what is allowed
 */
export function parseRunsOptions(args: readonly string[]): RunsOptions | undefined {
  const command = runsCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const [given = "list", run] = command.args as (string | undefined)[];
  const action = actions.find((known) => known === given);
  if (action === undefined) {
    throw new UsageError(`runs cannot ${given}; it can ${actions.join(", ")}`);
  }
  const access = natsAccess(flags);
  const common = { access, out: flags.out, format: tableFormat(flags) };
  if (access === undefined && !localActions.includes(action)) {
    throw new UsageError(`${action} is about a cluster's runs: name its server with --nats URL`);
  }
  if (access === undefined && flags.job !== undefined) {
    throw new UsageError("--job is about a cluster's run: name its server with --nats URL");
  }
  if (action === "list") {
    if (run === undefined && flags.job === undefined) return { action, ...common };
    throw new UsageError(`runs list lists all runs; runs show ${run ?? "RUN"} shows one`);
  }
  if (action === "export" && flags.job !== undefined) {
    throw new UsageError("runs export fetches the whole run; leave --job out");
  }
  if (run === undefined) {
    throw new UsageError(`${action} which run? deno task runs list names them`);
  }
  return { action, run, jobs: flags.job, ...common };
}
