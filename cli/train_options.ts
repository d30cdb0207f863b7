/** The flags of `train`: parsed and checked. */
import { Command, CommanderError } from "commander";
import { library } from "../learners/library.ts";
import { type Method, type ProfileName, profileNames } from "../learners/method.ts";
import { startingConfig } from "../learners/recipes.ts";
import { type BackendName, backendNames } from "../learners/nn/backend.ts";
import { type ChosenMethods, chosenMethods, everyMethod } from "./chosen_method.ts";
import { chosenVariants } from "./chosen_variants.ts";
import { configWith, readSetting } from "./config_values.ts";
import { dataMeaning, dataOfEnvironment, existingFolder } from "./data_option.ts";
import { UsageError } from "./failure.ts";
import { MethodFlags, type MethodWords } from "./method_flags.ts";
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
      "Train methods of the library beside their baselines, and judge their papers' claims. " +
        "A method has flags of its own: deno task train <method> --help",
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
 * @param methods those there are, the whole library unless told otherwise
 * @throws {UsageError} naming what is wrong, its value and what is allowed
 */
export function parseTrainOptions(
  args: readonly string[],
  methods: readonly Method[] = library,
): TrainOptions | undefined {
  const command = trainCommand();
  const named = namedWork(args, methods);
  const chosen = named?.name === undefined ? undefined : chosenMethods(named.name, methods);
  const ofMethod = chosen && "method" in chosen
    ? new MethodFlags(chosen.method, command, chosen.method.profiles[named!.profile].config)
    : undefined;
  ofMethod?.addTo(command);
  if (named) refuseForeignFlags(args, command, methods, chosen);
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const [name] = command.args as (string | undefined)[];
  const { workers, out, json = false, resume } = flags;
  const cluster = submissionOptions(flags, givenFlags(command));
  if (cluster && workers !== undefined) {
    throw new UsageError("--workers is about this machine; --cluster has the workers that it has");
  }
  const common = { cluster, workers, out, json, data: flags.data ?? dataOfEnvironment() };
  if (resume !== undefined) {
    const fixed = givenFlags(command).find(({ name }) => !runFlags.has(name));
    if (fixed) throw new UsageError(keptInTheRun(fixed.flag));
    return { source: { resume, name }, ...common };
  }
  if (!chosen) {
    const ids = methods.map(({ id }) => id).join(", ");
    throw new UsageError(
      `name a method, a family or ${everyMethod}, or a run with --resume; the methods are ${ids}`,
    );
  }
  const words = ofMethod?.read(command) ?? { values: new Map(), settings: [] };
  return { source: newWork(chosen, flags, givenFlags(command), words), ...common };
}

const keptInTheRun = (flag: string) =>
  `${flag} cannot go with --resume: the run's configuration is kept in it`;

/**
 * What is to be trained, and how large, as it can be told before it is known which flags there are;
 * `undefined` where a flag is wrong that there is in any case, which whoever reads them all will tell.
 */
function namedWork(
  args: readonly string[],
  methods: readonly Method[],
): { readonly name?: string; readonly profile: ProfileName } | undefined {
  const probe = trainCommand().helpOption(false).allowUnknownOption().allowExcessArguments();
  try {
    probe.exitOverride().configureOutput({ writeErr: () => {} }).parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return undefined;
    throw error;
  }
  const names = new Set([everyMethod, ...methods.flatMap(({ id, family }) => [id, family])]);
  // Before unknown flags there are no values of theirs.
  const first = probe.args.slice(0, 1).find((word) => !word.startsWith("-"));
  const name = probe.args.find((word) => names.has(word)) ?? first;
  return { name, profile: probe.opts<Flags>().profile };
}

/**
 * Refuse flags that another method has, and say so: they are no slips of the pen.
 * @throws {UsageError}
 */
function refuseForeignFlags(
  args: readonly string[],
  command: Command,
  methods: readonly Method[],
  chosen: ChosenMethods | undefined,
): void {
  const known = new Set(["--help", ...command.options.map(({ long }) => long)]);
  for (const [flag] of args.map((word) => word.split("="))) {
    if (!flag.startsWith("--") || known.has(flag)) continue;
    const owners = methods
      .filter((method) => new MethodFlags(method, trainCommand()).names.includes(flag))
      .map(({ id }) => id);
    if (owners.length === 0) continue;
    if (chosen && "set" in chosen) throw new UsageError(forOneMethod(flag, chosen.set));
    if (args.some((word) => /^--resume(=|$)/.test(word))) throw new UsageError(keptInTheRun(flag));
    throw new UsageError(
      `${flag} is a flag of ${owners.join(", ")}` +
        (chosen ? `, not of ${chosen.method.id} (see --help)` : `: name the method`),
    );
  }
}

const forOneMethod = (flag: string, set: string) =>
  `${flag} is for one method only; it cannot go with ${set}`;

function newWork(
  chosen: ChosenMethods,
  flags: Flags,
  given: ReturnType<typeof givenFlags>,
  words: MethodWords,
): NewWork {
  const { profile, backend } = flags;
  if ("method" in chosen) {
    return { profile, backend, runs: [plannedRun(chosen.method, flags, words)] };
  }
  const ofOneMethod = given.find((each) => methodFlags.has(each.name));
  if (ofOneMethod) throw new UsageError(forOneMethod(ofOneMethod.flag, chosen.set));
  const runs = chosen.methods.map((method) => plannedRun(method, flags, words));
  return { profile, backend, runs, set: chosen.set };
}

function plannedRun(method: Method, flags: Flags, { values, settings }: MethodWords): PlannedRun {
  const { seeds, variants } = method.profiles[flags.profile];
  const standardFor = (chosen: Readonly<Record<string, unknown>>) =>
    startingConfig(method, flags.profile, chosen);
  const set = (flags.set ?? []).map(readSetting);
  const twice = settings.find(({ key }) => set.some((each) => each.key === key));
  if (twice) {
    throw new UsageError(`${twice.words} and --set ${twice.key}=…: give one of the two`);
  }
  return {
    method,
    variants: chosenVariants(method, variants, { names: flags.variant, values }),
    seeds: Array.from({ length: flags.seeds ?? seeds }, (_, index) => index + 1),
    config: configWith(method.config, standardFor, [...set, ...settings]),
  };
}
