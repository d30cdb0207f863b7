/** The flags of `keys`: parsed and checked. */
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "./failure.ts";
import { integerFrom, pathFromUser, readArguments } from "./options.ts";

/** What the command line asks for. */
export interface KeysOptions {
  /** For the configuration, the keys, and what the server keeps; absolute. */
  readonly folder: string;
  /** Where the server listens. */
  readonly host: string;
  readonly port: number;
  /** The server's certificate and its key, files in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whether the server brings everything to the disk before it acknowledges it; 2.10 or later can. */
  readonly alwaysSync: boolean;
  /** Whether keys that are there are replaced. */
  readonly force: boolean;
}

interface Flags {
  folder?: string;
  host: string;
  port: number;
  tlsCert?: string;
  tlsKey?: string;
  alwaysSync?: boolean;
  force?: boolean;
}

const highestPort = 65_535;

function hostName(text: string): string {
  if (/^[A-Za-z0-9.:-]{1,253}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a host's name or address, such as 0.0.0.0.");
}

function keysCommand(): Command {
  return new Command("deno task keys")
    .description(
      "Write the configuration of a nats-server that other machines may reach, and a key for each of " +
        "those who may: the owner, workers, submitters, pages.",
    )
    .option("--folder <dir>", "where all of it is written", pathFromUser)
    .option("--host <address>", "where the server listens", hostName, "0.0.0.0")
    .option("--port <n>", "its port", integerFrom(1, highestPort), 4222)
    .option("--tls-cert <file>", "TLS: the server's certificate, with --tls-key", pathFromUser)
    .option("--tls-key <file>", "TLS: the certificate's key", pathFromUser)
    .option(
      "--always-sync",
      "bring everything to the disk before it is acknowledged, so that a power cut costs nothing " +
        "(nats-server 2.10 or later)",
    )
    .option("--force", "replace the keys that are there; they are refused from then on")
    .allowExcessArguments(false);
}

/**
 * The options in `args`, or `undefined` when help was asked for and has been printed.
 * @throws {UsageError} naming the flag, its value and what is allowed
 */
export function parseKeysOptions(args: readonly string[]): KeysOptions | undefined {
  const command = keysCommand();
  if (!readArguments(command, args)) return undefined;
  const { folder, host, port, tlsCert, tlsKey, alwaysSync = false, force = false } = command
    .opts<Flags>();
  if (folder === undefined) {
    throw new UsageError("where shall the keys be written? name a folder with --folder DIR");
  }
  const tls = tlsFiles(tlsCert, tlsKey);
  return { folder: resolve(folder), host, port, ...tls && { tls }, alwaysSync, force };
}

function tlsFiles(cert: string | undefined, key: string | undefined): KeysOptions["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError("--tls-cert and --tls-key belong together; one of them is missing");
  }
  return { cert: existingFile("--tls-cert", cert), key: existingFile("--tls-key", key) };
}

function existingFile(flag: string, path: string): string {
  try {
    if (Deno.statSync(path).isFile) return resolve(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new UsageError(`${flag} ${path}: there is no such file`);
}
