/** What the commands' flags have in common: how values are read, refused, and quoted. */
import { resolve } from "node:path";
import { type Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { UsageError } from "./failure.ts";

/** Reads an integer within a range. */
export const integerFrom =
  (lowest: number, highest = Number.MAX_SAFE_INTEGER) => (text: string) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < lowest || value > highest) {
      throw new InvalidArgumentError(`It must be an integer from ${lowest} to ${highest}.`);
    }
    return value;
  };

/** A path as the user means it: `deno task` changes into the project's folder before it runs. */
export const pathFromUser = (text: string) => {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  const path = text.replace(/(?<=.)\/+$/, "");
  const origin = Deno.env.get("INIT_CWD");
  return origin === undefined || origin === Deno.cwd() ? path : resolve(origin, path);
};

/** A flag whose value is one of `names`. */
export const choice = (flags: string, description: string, names: readonly string[]) =>
  new Option(flags, description).choices(names);

/**
 * Have `command` read `args`.
 * @returns false when help was asked for and has been printed
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function readArguments(command: Command, args: readonly string[]): boolean {
  try {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    command.parse([...args], { from: "user" });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return false;
    const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
    throw new UsageError(`${message.replace(/\.$/, "")} (see --help)`);
  }
}

/** The flags that were given, such as `--out`, by the names of their attributes. */
export function givenFlags(command: Command): { readonly flag: string; readonly name: string }[] {
  return command.options
    .map((option) => ({ flag: option.long!, name: option.attributeName() }))
    .filter(({ name }) => command.getOptionValueSource(name) === "cli");
}

/** A word of a command, ready to be pasted into a shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
