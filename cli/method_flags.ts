/**
 * The flags that a method brings along: one for each axis of its variants, `--tasks reach,hold`, and one for
 * each of its hyper-parameters, `--learning-rate 0.01`.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Axis } from "../learners/axes.ts";
import type { Method } from "../learners/method.ts";
import { type ConfigKey, configKeys, configValueText, type Setting } from "./config_values.ts";

/** The flag of an axis. */
export const axisFlag = ({ name }: Axis) => `--${name}`;

/** The flag of a hyper-parameter: its key in words, such as "--learning-rate". */
export function keyFlag(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the flags of a method say. */
export interface MethodWords {
  /** The values that were given on axes, by their names. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly settings: readonly Setting[];
}

/** The flags of a method on a command that has flags of its own. */
export class MethodFlags {
  readonly #axes: readonly Axis[];
  readonly #options: readonly { readonly option: Option; readonly key: string }[];
  readonly #axisOptions: readonly Option[];
  /** The keys that have no flag, since the command has one of that name for something else. */
  readonly flagless: readonly string[];

  /** @param standard what differs from the schema's defaults unless a flag says otherwise */
  constructor(
    { axes = [], config }: Pick<Method, "axes" | "config">,
    command: Command,
    standard: Readonly<Record<string, unknown>> = {},
  ) {
    const taken = new Set(command.options.map((option) => option.attributeName()));
    this.#axes = axes;
    this.#axisOptions = axes.map(axisOption);
    for (const option of this.#axisOptions) taken.add(option.attributeName());
    const options = configKeys(config).map((entry) => ({
      key: entry.key,
      option: keyOption(entry, standard),
    }));
    // What begins with --no- would take back a flag.
    const isFree = ({ option }: { option: Option }) =>
      !option.negate && !taken.has(option.attributeName());
    this.#options = options.filter(isFree);
    this.flagless = options.filter((each) => !isFree(each)).map(({ key }) => key);
  }

  /** The flags, such as "--learning-rate". */
  get names(): string[] {
    return [...this.#axisOptions, ...this.#options.map(({ option }) => option)]
      .map(({ long }) => long!);
  }

  /** Add the flags to `command`. */
  addTo(command: Command): void {
    for (const option of this.#axisOptions) {
      command.addOption(option.helpGroup("Variants, in all combinations:"));
    }
    for (const { option } of this.#options) {
      command.addOption(option.helpGroup("Hyper-parameters:"));
    }
    if (this.flagless.length > 0) {
      const keys = this.flagless.join(", ");
      command.addHelpText(
        "after",
        `\nOnly by --set, since such a flag means something else: ${keys}`,
      );
    }
  }

  /** What the flags say that `command` was given. */
  read(command: Command): MethodWords {
    const given = (option: Option) => command.getOptionValue(option.attributeName());
    return {
      values: new Map(this.#axes.flatMap(({ name }, index) => {
        const values: readonly string[] | undefined = given(this.#axisOptions[index]);
        return values ? [[name, values] as const] : [];
      })),
      settings: this.#options.flatMap(({ key, option }) => {
        const text: string | undefined = given(option);
        return text === undefined ? [] : [{ key, text, words: `${option.long} ${text}` }];
      }),
    };
  }
}

/** Values with commas between them, or the flag once more. */
function axisOption(axis: Axis): Option {
  const names = Object.keys(axis.values);
  const read = (text: string, before: readonly string[] = []) => {
    const values = text.split(",").map((value) => value.trim());
    const unknown = values.find((value) => !Object.hasOwn(axis.values, value));
    if (unknown === undefined) return [...before, ...values];
    throw new InvalidArgumentError(
      `There is no "${unknown}" among its ${axis.name}, which are ${names.join(", ")}.`,
    );
  };
  const description = `${axis.meaning}: ${names.join(", ")} (default: the profile's)`;
  return new Option(`${axisFlag(axis)} <names>`, description).argParser(read);
}

function keyOption(entry: ConfigKey, standard: Readonly<Record<string, unknown>>): Option {
  const { key, meaning, allowed } = entry;
  const value = Object.hasOwn(standard, key) ? standard[key] : entry.default;
  const description = `${meaning}; ${allowed} (default: ${configValueText(value)})`;
  return new Option(`${keyFlag(key)} <value>`, description);
}
