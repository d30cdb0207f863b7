/** The command line of a bench of several subjects: which to measure, how often, and with which Python. */
import { parseArgs } from "node:util";

/** What is asked for. */
export interface Asked {
  readonly rounds: number;
  /** A program, or `none`. */
  readonly python: string;
}

/**
 * Measure the subjects that the program's arguments name, or all; ends the program where they make no sense.
 *
 *     [--rounds N] [--python python3] [subject …]
 *
 * @param rounds where none are asked for
 */
export async function measureSubjects(
  subjects: Readonly<Record<string, (asked: Asked) => Promise<void>>>,
  rounds: number,
): Promise<void> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: String(rounds) },
      python: { type: "string", default: "python3" },
    },
  });
  const asked = { rounds: Number(values.rounds), python: values.python };
  const unknown = positionals.find((name) => !Object.hasOwn(subjects, name));
  if (unknown !== undefined) {
    refuse(`no subject "${unknown}"; there are ${Object.keys(subjects).join(", ")}`);
  }
  if (!Number.isInteger(asked.rounds) || asked.rounds < 1) {
    refuse(`rounds are a whole number of at least 1, not "${values.rounds}"`);
  }
  for (const [name, measure] of Object.entries(subjects)) {
    if (positionals.length === 0 || positionals.includes(name)) await measure(asked);
  }
}

function refuse(reason: string): never {
  console.error(reason);
  Deno.exit(2);
}
