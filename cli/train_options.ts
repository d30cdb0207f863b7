/** The flags of `train`: parsed and checked. */
import { Command, InvalidArgumentError } from "commander";
import { library } from "../learners/library.ts";
import { type Method, type ProfileName, profileNames } from "../learners/method.ts";
import { type BackendName, backendNames } from "../learners/nn/backend.ts";
import { chosenMethod } from "./chosen_method.ts";
import { configWith } from "./config_values.ts";
import { UsageError } from "./failure.ts";
import { choice, givenFlags, integerFrom, pathFromUser, readArguments } from "./options.ts";

/** A run to begin. */
export interface NewRun {
  readonly method: Method;
  readonly profile: ProfileName;
  readonly backend: BackendName;
  readonly variants: readonly string[];
  readonly seeds: readonly number[];
  /** The method's whole configuration. */
  readonly config: Record<string, unknown>;
}

/** A run to go on with. */
export interface KeptRun {
  /** Its folder, or the folder's name. */
  readonly resume: string;
  /** The method's id, where it was given. */
  readonly id?: string;
}

/** What the command line asks for. */
export interface TrainOptions {
  readonly source: NewRun | KeptRun;
  /** Jobs at a time, where it was given. */
  readonly workers?: number;
  /** The folder of data files, where there is one. */
  readonly data?: string;
  /** The folder that holds the runs. */
  readonly out: string;
  readonly json: boolean;
}

interface Flags {
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
const runFlags = new Set(["workers", "data", "out", "resume", "json"]);

const longestRun = { seeds: 1000, workers: 256 } as const;

/** Where data files are, unless `--data` says. */
const dataVariable = "CALLOSUM_DATA";

function existingFolder(text: string): string {
  const path = pathFromUser(text);
  try {
    if (Deno.statSync(path).isDirectory) return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new InvalidArgumentError("There is no such folder.");
}

function trainCommand(): Command {
  return new Command("deno task train")
    .description("Train a method of the library beside its baselines, and judge its paper's claim.")
    .argument("[id]", "the method (deno task methods lists them)")
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
    .option(
      "--data <folder>",
      `data files (default: the environment's ${dataVariable})`,
      existingFolder,
    )
    .option("--out <folder>", "where run folders are made", pathFromUser, "runs")
    .option("--resume <run>", "go on with the run in this folder", pathFromUser)
    .option("--json", "print the result as one JSON object on the last line")
    .allowExcessArguments(false);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming what is wrong, its value and what is allowed
 */
export function parseTrainOptions(args: readonly string[]): TrainOptions | undefined {
  const command = trainCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const [id] = command.args as (string | undefined)[];
  const { workers, out, json = false, resume } = flags;
  const common = { workers, out, json, data: flags.data ?? dataOfEnvironment() };
  if (resume === undefined) return { source: newRun(id, flags), ...common };
  const fixed = givenFlags(command).find(({ name }) => !runFlags.has(name));
  if (fixed) {
    throw new UsageError(
      `${fixed.flag} cannot go with --resume: the run's configuration is kept in it`,
    );
  }
  return { source: { resume, id }, ...common };
}

function dataOfEnvironment(): string | undefined {
  const folder = Deno.env.get(dataVariable);
  if (!folder) return undefined;
  try {
    return existingFolder(folder);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${dataVariable} is ${folder}: there is no such folder`);
  }
}

function newRun(id: string | undefined, flags: Flags): NewRun {
  if (id === undefined) {
    const ids = library.map((method) => method.id).join(", ");
    throw new UsageError(`name a method, or a run with --resume; there are ${ids}`);
  }
  const method = chosenMethod(id);
  const { config, seeds, variants } = method.profiles[flags.profile];
  return {
    method,
    profile: flags.profile,
    backend: flags.backend,
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
