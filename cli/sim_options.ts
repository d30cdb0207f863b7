/** The flags of `sim`: parsed, checked, and turned into a run's configuration. */
import { basename } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import {
  controllerNames,
  largest,
  numericsVersion,
  type RunConfig,
  runConfig,
} from "../agents/sim/run_config.ts";
import { callosumNames } from "../controllers/callosum.ts";
import { cellNames, defaultCell } from "../controllers/cells.ts";
import { backendNames, readyBackend } from "../learners/nn/backend.ts";
import { objectiveNames } from "../learners/motor/objectives.ts";
import { defaultRollout, rolloutNames } from "../learners/motor/rollouts.ts";
import { actuatorNames } from "../sim/actuators/actuator.ts";
import { defaultActuator, findActuator } from "../sim/actuators/catalogue.ts";
import { arms, findArm } from "../sim/arms/catalogue.ts";
import { engineNames } from "../sim/physics/catalogue.ts";
import { tasks } from "../sim/tasks/catalogue.ts";
import manifest from "../deno.json" with { type: "json" };
import { UsageError } from "./failure.ts";
import { choice, givenFlags, integerFrom, pathFromUser, readArguments } from "./options.ts";
import {
  addPageOptions,
  pageFlagNames,
  type PageFlags,
  type PageOptions,
  pageOptions,
} from "./page_options.ts";
import {
  addSubmissionOptions,
  submissionFlagNames,
  type SubmissionFlags,
  type SubmissionOptions,
  submissionOptions,
} from "./submission_options.ts";

/** A run to begin. */
export interface NewRun {
  readonly config: RunConfig;
  /** Whether its tensor backend is left to a cluster; that in `config` only holds its place then. */
  readonly isBackendOpen: boolean;
}

/** What the command line asks for. */
export interface SimOptions {
  /** A new run, or the folder of a run to go on with. */
  readonly source: NewRun | { readonly resume: string };
  /** What does the run, if not this program. */
  readonly cluster?: SubmissionOptions;
  /** The page; none where none is wanted. */
  readonly page?: PageOptions;
  /** Threads that measure held-out trials beside the training; 0 for none. */
  readonly actors: number;
  /** The folder that holds the runs. */
  readonly out: string;
  readonly json: boolean;
  /** Flags that were given but have no effect here, in words. */
  readonly notes: readonly string[];
}

/** The flags as commander gives them. */
interface Flags extends SubmissionFlags, PageFlags {
  arm: string;
  actuator?: string;
  task: string;
  controller: string;
  engine: string;
  batches: number;
  batchSize: number;
  units: number;
  layers: number;
  callosum: string;
  hemispheres: string;
  objective?: string;
  learningRate: number;
  trainer: string;
  backend: string;
  evaluationTrials: number;
  seed: number;
  headless?: boolean;
  actors: number;
  out: string;
  resume?: string;
  json?: boolean;
}

/** Flags that say how to run, not what: they may go with `--resume`. */
const runFlags = new Set([
  ...["headless", "actors", "json", "resume", "out"],
  ...pageFlagNames,
  ...submissionFlagNames,
]);

/** Flags of a run that this program does. */
const localFlags = new Set(["headless", "actors", ...pageFlagNames]);

/** More threads than that is a slip of the keyboard. */
const mostActors = 64;

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("It must be positive.");
  return value;
};

function simCommand(): Command {
  const command = new Command("deno task sim")
    .description(
      "Simulate an arm, train a two-hemisphere controller on it, and watch it in the page.",
    )
    .addOption(choice("--arm <name>", "the arm", Object.keys(arms)).default("arm26"))
    .addOption(choice("--task <name>", "the task", Object.keys(tasks)).default("random-reach"))
    .addOption(
      choice("--controller <name>", "what controls it", controllerNames).default("bilateral"),
    )
    .addOption(
      choice("--engine <name>", "where trials are shown and measured", engineNames)
        .default("cannon"),
    )
    .option("--batches <n>", "training updates", integerFrom(0, largest.updates), 2000)
    .option("--seed <n>", "seed of every random stream", integerFrom(0), 1)
    .option("--headless", "without the page; ends when the training does")
    .option(
      "--actors <n>",
      "threads that measure held-out trials beside the training",
      integerFrom(0, mostActors),
      0,
    )
    .option("--out <folder>", "where run folders are made", pathFromUser, "runs")
    .option("--resume <run>", "go on with the run in this folder", pathFromUser)
    .option("--json", "print the result as one JSON object on the last line")
    .addOption(
      choice("--actuator <name>", "what drives the joints (default: the arm's own)", actuatorNames),
    )
    .option(
      "--units <n>",
      "units of a layer of the whole network",
      integerFrom(2, largest.units),
      32,
    )
    .option("--layers <n>", "hidden layers", integerFrom(1, largest.layers), 2)
    .addOption(
      choice("--callosum <name>", "the cross-connection", callosumNames).default("maxpool-pad"),
    )
    .addOption(
      choice("--hemispheres <name>", "what the hidden layers are made of", cellNames)
        .default(defaultCell),
    )
    .addOption(
      choice(
        "--objective <name>",
        "losses and what they train (default: specialised; unilateral: balanced)",
        objectiveNames,
      ),
    )
    .option("--batch-size <n>", "trials of an update", integerFrom(1, largest.batch), 64)
    .option("--learning-rate <x>", "of Adam", positive, 1e-3)
    .option(
      "--evaluation-trials <n>",
      "held-out trials",
      integerFrom(1, largest.evaluationTrials),
      512,
    )
    .addOption(
      choice("--trainer <name>", "what differentiates the roll-outs", rolloutNames)
        .default(defaultRollout),
    )
    .addOption(
      choice("--backend <name>", "tensor backend of --trainer tensors", backendNames)
        .default("auto"),
    )
    .allowExcessArguments(false);
  return addSubmissionOptions(addPageOptions(command));
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export async function parseSimOptions(
  args: readonly string[],
): Promise<SimOptions | undefined> {
  const command = simCommand();
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  const { actors, out, json = false, resume } = flags;
  const page = flags.headless ? undefined : pageOptions(flags);
  const given = givenFlags(command);
  const cluster = submissionOptions(flags, given);
  const notes = given.flatMap(({ flag, name }) => {
    const reason = whyIdle(name, flags);
    return reason ? [`${flag} has no effect: ${reason}`] : [];
  });
  const common = { cluster, page, actors, out, json };
  if (resume === undefined) {
    const isBackendOpen = flags.cluster === true && !isBackendChosen(flags);
    const backend = isBackendOpen ? idleBackend : await chosenBackend(flags);
    const source = { config: configOf(flags, backend), isBackendOpen };
    return { source, ...common, notes };
  }
  const fixed = given.find(({ name }) => !runFlags.has(name));
  if (fixed) {
    throw new UsageError(
      `${fixed.flag} cannot go with --resume: the run's configuration is kept in it`,
    );
  }
  if (given.some(({ name }) => name === "out") && basename(resume) !== resume) {
    notes.push("--out has no effect: --resume names the run's folder");
  }
  return { source: { resume }, ...common, notes };
}

/** Flags of the training. */
const trainingFlags = new Set([
  "batches",
  "batchSize",
  "units",
  "layers",
  "callosum",
  "hemispheres",
  "objective",
  "learningRate",
  "trainer",
  "backend",
]);

/** Why the flag decides nothing beside the others, if it does not. */
function whyIdle(
  name: string,
  { controller, trainer, cluster }: Flags,
): string | undefined {
  if (cluster && localFlags.has(name)) return "with --cluster, page and actors are the cluster's";
  if (controller === "minimum-jerk" && trainingFlags.has(name)) {
    return "--controller minimum-jerk does not learn";
  }
  if (controller === "unilateral" && name === "callosum") {
    return "--controller unilateral has one stream";
  }
  if (trainer !== "tensors" && name === "backend") return "it belongs to --trainer tensors";
  return undefined;
}

/** The backend of a run that computes with none: every machine has it. */
const idleBackend = "wasm";

/** Whether the flags alone say which tensor backend it is. */
function isBackendChosen({ trainer, backend }: Flags): boolean {
  return backend !== "auto" || trainer !== "tensors";
}

/** The tensor backend in so many words: `auto` would mean another one on another machine. */
async function chosenBackend(flags: Flags): Promise<string> {
  if (isBackendChosen(flags)) return flags.backend === "auto" ? idleBackend : flags.backend;
  const { name, detail, passedOver } = await readyBackend("auto");
  console.error(`tensor backend ${name}: ${detail}`);
  for (const better of passedOver) console.error(`  not ${better.name}: ${better.reason}`);
  return name;
}

function configOf(flags: Flags, backend: string): RunConfig {
  const arm = findArm(flags.arm);
  const learned = flags.controller !== "minimum-jerk";
  const unilateral = flags.controller === "unilateral";
  const objective = flags.objective ?? (unilateral ? "balanced" : "specialised");
  if (unilateral && objective === "specialised") {
    throw new UsageError(
      "--objective specialised needs two hemispheres: use --controller bilateral, " +
        "or balanced, accuracy or economy",
    );
  }
  try {
    const actuator = flags.actuator ? findActuator(flags.actuator, arm) : defaultActuator(arm);
    return runConfig.parse({
      versions: { callosum: manifest.version, deno: Deno.version.deno },
      numerics: numericsVersion,
      seed: flags.seed,
      arm: arm.name,
      actuator: actuator.name,
      task: flags.task,
      controller: flags.controller,
      engine: flags.engine,
      updates: learned ? flags.batches : 0,
      batch: flags.batchSize,
      units: flags.units,
      layers: flags.layers,
      callosum: unilateral ? "none" : flags.callosum,
      // Left out where it is the paper's, so that such a configuration is what it was before the choice.
      ...learned && flags.hemispheres !== defaultCell && { hemispheres: flags.hemispheres },
      objective,
      learningRate: flags.learningRate,
      trainer: flags.trainer,
      backend,
      evaluationTrials: flags.evaluationTrials,
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
