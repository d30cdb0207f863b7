/** The flags of `chaos`: parsed and checked. */
import { Command } from "commander";
import type { Access } from "../cluster/nats/credentials.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { integerFrom, pathFromUser, readArguments } from "./options.ts";

/** What the command line asks for. */
export interface ChaosOptions {
  /** Somebody's cluster; without it, one is made for the time being. */
  readonly access?: Access;
  readonly minutes: number;
  readonly workers: number;
  readonly seed: number;
  /** Where the campaign's folder is made. */
  readonly out: string;
}

interface ChaosFlags extends NatsFlags {
  minutes: number;
  workers: number;
  seed: number;
  out: string;
}

function chaosCommand(): Command {
  const command = new Command("deno task chaos")
    .description(
      "Have workers do jobs while they are killed, lost and frozen at random, and the NATS server " +
        "with them; then hold the cluster to what it has acknowledged. With --nats, somebody's own " +
        "cluster is put to the test: of it, only workers are struck that this program has started.",
    )
    .allowExcessArguments(false)
    .option("--minutes <n>", "how long things go wrong", integerFrom(1, 10_000), 10)
    .option("--workers <n>", "worker processes that are started here", integerFrom(1, 1024), 20)
    .option("--seed <n>", "decides what goes wrong, and when", integerFrom(0), 1)
    .option("--out <dir>", "where the campaign's log is kept", pathFromUser, "runs/chaos");
  return addNatsOptions(command);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function parseChaosOptions(args: readonly string[]): ChaosOptions | undefined {
  const command = chaosCommand();
  if (!readArguments(command, args)) return undefined;
  const { minutes, workers, seed, out, ...flags } = command.opts<ChaosFlags>();
  return { access: natsAccess(flags), minutes, workers, seed, out };
}
