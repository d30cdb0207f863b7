/** The flags of `train`: parsed and checked. */
import { Command } from "commander";
import { library } from "../learners/library.ts";
import { type Method, type ProfileName, profileNames } from "../learners/method.ts";
import { type BackendName, backendNames } from "../learners/nn/backend.ts";
import { chosenMethods, everyMethod } from "./chosen_method.ts";
import { configWith } from "./config_values.ts";
import { dataMeaning, dataOfEnvironment, existingFolder } from "./data_option.ts";
import { UsageError } from "./failure.ts";
import { choice, givenFlags, integerFrom, pathFromUser, readArguments } from "./options.ts";
import {
  addSubmissionOptions,
  submissionFlagNames,
  type SubmissionFlags,
  type SubmissionOptions,
  submissionOptions,
} from "./submission_options.ts";

/** A run to begin. */
export interface PlannedRun {
  readonly method: Method;
  readonly variants: readonly string[];
  readonly seeds: readonly number[];
  /** The method's whole configuration. */
  readonly config: Record<string, unknown>;
}

/** One run to begin, or a set of them. */
export interface NewWork {
  readonly profile: ProfileName;
  readonly backend: BackendName;
  readonly runs: readonly PlannedRun[];
  /** The set's name, where it is one: a family, or "all". */
  readonly set?: string;
}

/** A run, or a set of runs, to go on with. */
export interface KeptWork {
  /** Its folder, or the folder's name. */
  readonly resume: string;
  /** The method's id, or the set's name, where it was given. */
  readonly name?: string;
}

/** What the command line asks for. */
export interface TrainOptions {
  readonly source: NewWork | KeptWork;
  /** Where the jobs are done, if not by this program. */
  readonly cluster?: SubmissionOptions;
  /** Jobs at a time, where it was given. */
  readonly workers?: number;
  /** The folder of data files, where there is one. */
  readonly data?: string;
  /** The folder that holds the runs. */
  readonly out: string;
  readonly json: boolean;
}

interface Flags extends SubmissionFlags {
  variant?: string[];
  seeds?: number;
  profile: ProfileName;
  backend: BackendName;
  set?: string[];
  workers?: number;
  data?: string;
  out: string;
  resume?: string;
  json?: boolean;
}

/** Flags that say how to run, not what: they may go with `--resume`. */
const runFlags = new Set([
  ...["workers", "data", "out", "resume", "json"],
  ...submissionFlagNames,
]);

/** Flags that mean something to one method only. */
const methodFlags = new Set(["variant", "set"]);

const longestRun = { seeds: 1000, workers: 256 } as const;

function trainCommand(): Command {
  const command = new Command("deno task train")
    .description(
      "Train methods of the library beside their baselines, and judge their papers' claims.",
    )
    .argument("[method]", `a method, a family, or ${everyMethod} (deno task methods lists them)`)
    .option("--variant <name...>", "only these variants (default: the profile's)")
    .option(
      "--seeds <n>",
      "seeds 1 to n (default: the profile's)",
      integerFrom(1, longestRun.seeds),
    )
    .addOption(choice("--profile <name>", "size of the experiment", profileNames).default("desk"))
    .addOption(choice("--backend <name>", "what computes", backendNames).default("auto"))
    .option("--set <key=value...>", "change the configuration (deno task methods <id> shows it)")
    .option(
      "--workers <n>",
      "jobs at a time (default: the number of cores; 1 on a GPU)",
      integerFrom(1, longestRun.workers),
    )
    .option("--data <folder>", dataMeaning, existingFolder)
    .option("--out <folder>", "where run folders are made", pathFromUser, "runs")
    .option(
      "--resume <run>",
      "go on with the run, or the set of runs, in this folder",
      pathFromUser,
    )
    .option(
      "--json",
      "print the result as JSON on the last line: an object, or an array of a set's",
    )
    .allowExcessArguments(false);
  return addSubmissionOptions(command);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming what is wrong, its value and what is allowed
 */
export function parseTrainOptions(args: readonly string[]): TrainOptions | undefined {
  const command = trainCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const [name] = command.args as (string | undefined)[];
  const { workers, out, json = false, resume } = flags;
  const cluster = submissionOptions(flags, givenFlags(command));
  if (cluster && workers !== undefined) {
    throw new UsageError("--workers is about this machine; --cluster has the workers that it has");
  }
  const common = { cluster, workers, out, json, data: flags.data ?? dataOfEnvironment() };
  if (resume === undefined) return { source: newWork(name, flags, givenFlags(command)), ...common };
  const fixed = givenFlags(command).find(({ name }) => !runFlags.has(name));
  if (fixed) {
    throw new UsageError(
      `${fixed.flag} cannot go with --resume: the run's configuration is kept in it`,
    );
  }
  return { source: { resume, name }, ...common };
}

function newWork(
  name: string | undefined,
  flags: Flags,
  given: ReturnType<typeof givenFlags>,
): NewWork {
  if (name === undefined) {
    const ids = library.map(({ id }) => id).join(", ");
    throw new UsageError(
      `name a method, a family or ${everyMethod}, or a run with --resume; the methods are ${ids}`,
    );
  }
  const { profile, backend } = flags;
  const chosen = chosenMethods(name);
  if ("method" in chosen) return { profile, backend, runs: [plannedRun(chosen.method, flags)] };
  const ofOneMethod = given.find((each) => methodFlags.has(each.name));
  if (ofOneMethod) {
    throw new UsageError(`${ofOneMethod.flag} is for one method only; it cannot go with ${name}`);
  }
  const runs = chosen.methods.map((method) => plannedRun(method, flags));
  return { profile, backend, runs, set: chosen.set };
}

function plannedRun(method: Method, flags: Flags): PlannedRun {
  const { config, seeds, variants } = method.profiles[flags.profile];
  return {
    method,
    variants: chosenVariants(method, flags.variant ?? variants),
    seeds: Array.from({ length: flags.seeds ?? seeds }, (_, index) => index + 1),
    config: configWith(method.config, config, flags.set ?? []),
  };
}

function chosenVariants(method: Method, names: readonly string[]): string[] {
  const unknown = names.find((name) => !Object.hasOwn(method.variants, name));
  if (unknown === undefined) return [...new Set(names)];
  const known = Object.keys(method.variants).join(", ");
  throw new UsageError(`--variant ${unknown}: ${method.id} has no such variant; it has ${known}`);
}
