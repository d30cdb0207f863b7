/** The flags by which work is given to a cluster instead of being done by this program. */
import type { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { natsWords } from "./nats_words.ts";
import { type givenFlags, integerFrom } from "./options.ts";

/** A cluster that is to do the work. */
export interface SubmissionOptions {
  readonly access: Access;
  /** The flags that lead to it, word by word. */
  readonly words: readonly string[];
  /** Whether to wait for the results. */
  readonly wait: boolean;
  /** Of the jobs, 0 … 9; 0 is taken first. */
  readonly priority: number;
}

/** The flags as commander gives them. */
export interface SubmissionFlags extends NatsFlags {
  cluster?: boolean;
  wait: boolean;
  priority: number;
}

/** The flags by the names of their attributes: they say who does the work, not what it is. */
export const submissionFlagNames: readonly string[] = [
  ...["cluster", "wait", "priority"],
  ...["nats", "creds", "nkey", "token", "user", "password", "tlsCa", "tlsCert", "tlsKey"],
];

/** Flags that mean something to a cluster only. */
const clusterFlags = new Set(["wait", "priority"]);

/** Of what people submit and wait for; urgent work has room before it. */
export const usualPriority = 5;

/** Add the flags to `command`. */
export function addSubmissionOptions(command: Command): Command {
  command
    .option("--cluster", "have the workers of a cluster do the work (with --nats)")
    .option("--no-wait", "submit the work to the cluster and leave it there")
    .option(
      "--priority <n>",
      "of the work on the cluster, 0 (first) to 9",
      integerFrom(0, 9),
      usualPriority,
    );
  return addNatsOptions(command);
}

/**
 * The cluster that the flags ask for; undefined when they ask for none.
 * @throws {UsageError} when flags contradict one another
 */
export function submissionOptions(
  flags: SubmissionFlags,
  given: ReturnType<typeof givenFlags>,
): SubmissionOptions | undefined {
  const access = natsAccess(flags);
  if (!flags.cluster) {
    const idle = given.find(({ name }) => clusterFlags.has(name))?.flag ?? (access && "--nats");
    if (idle) throw new UsageError(`${idle} is about a cluster: add --cluster`);
    return undefined;
  }
  if (!access) throw new UsageError("--cluster: name the cluster's server with --nats URL");
  const { wait, priority } = flags;
  return { access, words: natsWords(flags), wait, priority };
}
