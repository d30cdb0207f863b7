/** The flags of `runs`: parsed and checked. */
import { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { pathFromUser, readArguments } from "./options.ts";
import { addTableOptions, type TableFlags, type TableFormat, tableFormat } from "./plain_table.ts";

/** What can be done with runs: looked at here or on a cluster, and, the later ones, on a cluster only. */
const actions = [
  "list",
  "show",
  "cancel",
  "pause",
  "continue",
  "retry",
  "export",
  "delete",
  "sweep",
] as const;

export type RunAction = (typeof actions)[number];

/** What can be done with the run folders of this machine. */
const localActions: readonly RunAction[] = ["list", "show"];

/** What an action is about. */
type RunsObject =
  | { readonly action: "list" }
  | { readonly action: "sweep" }
  | {
    readonly action: "delete";
    readonly runs: readonly string[];
    /** Whether jobs that are not at their end are cancelled first. */
    readonly force: boolean;
  }
  | {
    readonly action: Exclude<RunAction, "list" | "sweep" | "delete">;
    readonly run: string;
    /** Only these jobs of it. */
    readonly jobs?: readonly string[];
  };

/** What the command line asks for. */
export type RunsOptions = RunsObject & {
  /** The cluster; without it the run folders of this machine are meant. */
  readonly access?: Access;
  /** The folder that holds the run folders. */
  readonly out: string;
  readonly format: TableFormat;
};

interface Flags extends NatsFlags, TableFlags {
  job?: string[];
  force?: boolean;
  out: string;
}

function runsCommand(): Command {
  const command = new Command("deno task runs")
    .description(
      "Look at runs, on this machine or, with --nats, on a cluster, where they can be told to " +
        "pause, continue, try again or end, from where they can be fetched, and where they can be deleted.",
    )
    .argument("[action]", `${actions.join(", ")} (default: list)`)
    .argument("[runs...]", "the run's name; delete takes several")
    .option("--job <name...>", "only these jobs of the run")
    .option("--force", "with delete: cancel jobs that are not at their end first")
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
  const [given = "list", ...runs] = command.args;
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
  if (flags.force && action !== "delete") {
    throw new UsageError(`--force is about runs delete; runs ${action} does without`);
  }
  return { ...objectOf(action, runs, flags), ...common };
}

function objectOf(
  action: RunAction,
  runs: readonly string[],
  { job, force = false }: Flags,
): RunsObject {
  const [run, another] = runs;
  if (action === "list") {
    if (run === undefined && job === undefined) return { action };
    throw new UsageError(`runs list lists all runs; runs show ${run ?? "RUN"} shows one`);
  }
  if (action === "sweep") {
    if (run === undefined && job === undefined) return { action };
    throw new UsageError("runs sweep removes what belongs to no run; runs delete RUN deletes one");
  }
  const wholeRuns: readonly RunAction[] = ["export", "delete"];
  if (wholeRuns.includes(action) && job !== undefined) {
    throw new UsageError(`runs ${action} is about whole runs; leave --job out`);
  }
  if (run === undefined) {
    throw new UsageError(`${action} which run? deno task runs list names them`);
  }
  if (action === "delete") return { action, runs, force };
  if (another !== undefined) {
    throw new UsageError(`runs ${action} takes one run, but was given ${runs.join(" and ")}`);
  }
  return { action, run, jobs: job };
}
