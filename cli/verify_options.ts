/** The flags of `verify`: parsed and checked. */
import { Command, InvalidArgumentError } from "commander";
import { type BackendName, backendNames } from "../learners/nn/backend.ts";
import { dataMeaning, dataOfEnvironment, existingFolder } from "./data_option.ts";
import { choice, integerFrom, pathFromUser, readArguments } from "./options.ts";

const checkpointNames = ["latest", "previous"] as const;

/** One of the last two checkpoints, which are kept. */
export type CheckpointName = (typeof checkpointNames)[number];

/** What the command line asks for. */
export interface VerifyOptions {
  /** The run's folder, or the folder's name. */
  readonly run: string;
  /** Only these jobs of it. */
  readonly jobs?: readonly string[];
  /** Where the stretch begins; with the job unless given. */
  readonly from?: CheckpointName | { readonly file: string };
  /** Where it ends; with the job unless given. */
  readonly to?: CheckpointName;
  /** What computes; the run's own backend unless given. */
  readonly backend?: BackendName;
  /** The largest difference that another backend or device may make. */
  readonly tolerance: number;
  /** Jobs at a time, where it was given. */
  readonly workers?: number;
  /** The folder of data files, where there is one. */
  readonly data?: string;
  /** The folder that holds the runs. */
  readonly out: string;
  readonly json: boolean;
}

/** The flags as commander gives them. */
type Flags = Omit<VerifyOptions, "run" | "jobs" | "json"> & { job?: string[]; json?: boolean };

const mostWorkers = 256;

const usualTolerance = 0.01;

function checkpoint(text: string): VerifyOptions["from"] {
  return checkpointNames.find((name) => name === text) ?? { file: pathFromUser(text) };
}

function tolerance(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError("It must be a number from 0 below 1.");
}

function verifyCommand(): Command {
  return new Command("deno task verify")
    .description(
      "Do a run again, or a stretch of it, and say whether it is the same, bit for bit.",
    )
    .argument("<run>", "the run's folder, or the folder's name")
    .option("--job <name...>", "only these jobs of the run")
    .option(
      "--from <checkpoint>",
      "where to go on from: previous, latest, or a file (default: the beginning)",
      checkpoint,
    )
    .addOption(choice("--to <checkpoint>", "where to end (default: the end)", checkpointNames))
    .addOption(choice("--backend <name>", "what computes (default: as the run)", backendNames))
    .option(
      "--tolerance <x>",
      "largest relative difference that another backend or device may make",
      tolerance,
      usualTolerance,
    )
    .option(
      "--workers <n>",
      "jobs at a time (default: the number of cores; 1 on a GPU)",
      integerFrom(1, mostWorkers),
    )
    .option("--data <folder>", dataMeaning, existingFolder)
    .option("--out <folder>", "where run folders are", pathFromUser, "runs")
    .option("--json", "print the verdicts as one JSON object")
    .allowExcessArguments(false);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming what is wrong, its value and what is allowed
 */
export function parseVerifyOptions(args: readonly string[]): VerifyOptions | undefined {
  const command = verifyCommand();
  if (!readArguments(command, args)) return undefined;
  const { job: jobs, json = false, ...flags } = command.opts<Flags>();
  const data = flags.data ?? dataOfEnvironment();
  return { ...flags, run: command.args[0], jobs, data, json };
}
