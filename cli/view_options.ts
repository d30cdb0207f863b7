/** The flags of `view`: parsed and checked. */
import { Command } from "commander";
import { pathFromUser, readArguments } from "./options.ts";
import { addPageOptions, type PageFlags, type PageOptions, pageOptions } from "./page_options.ts";
import { runPath } from "./run_path.ts";

/** What the command line asks for. */
export interface ViewOptions {
  /** The run's folder. */
  readonly path: string;
  readonly page: PageOptions;
}

interface Flags extends PageFlags {
  out: string;
}

/**
 * Parse the arguments of `view`.
 * @returns nothing when help was asked for and has been printed
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function parseViewOptions(args: readonly string[]): ViewOptions | undefined {
  const command = addPageOptions(
    new Command("deno task view")
      .description(
        "Open the page of a run that is kept: its recorded trials, its curves, its last weights. " +
          "Nothing is simulated here.",
      )
      .argument("<run>", "the run's folder, or its name among the runs of --out", pathFromUser)
      .option("--out <folder>", "the folder that holds the runs", pathFromUser, "runs"),
  ).allowExcessArguments(false);
  if (!readArguments(command, args)) return undefined;
  const flags = command.opts<Flags>();
  return {
    path: runPath(command.processedArgs[0], flags.out),
    page: pageOptions(flags),
  };
}
