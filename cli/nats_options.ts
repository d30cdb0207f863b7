/** The flags by which commands reach a laboratory: where its NATS server is, and how to get in. */
import type { Command } from "commander";
import { BackboneError } from "../cluster/backbone.ts";
import type { NatsBackbone, NatsOptions } from "../cluster/nats/backbone.ts";
import type { Access, Credentials, TlsFiles } from "../cluster/nats/credentials.ts";
import { UsageError } from "./failure.ts";
import { serverNames } from "./nats_words.ts";
import { pathFromUser } from "./options.ts";

/** The flags as commander gives them. */
export interface NatsFlags {
  nats?: string;
  creds?: string;
  nkey?: string;
  token?: string;
  user?: string;
  password?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

/** Add the flags to `command`. */
export function addNatsOptions(command: Command): Command {
  return command
    .option(
      "--nats <url>",
      "the laboratory's NATS server, such as nats://127.0.0.1:4222; several of one cluster with commas",
    )
    .option("--creds <file>", "credentials: a .creds file with a JWT and its seed", pathFromUser)
    .option("--nkey <file>", "credentials: a file with an nkey seed", pathFromUser)
    .option("--token <text>", "credentials: a token")
    .option("--user <name>", "credentials: a user, with --password")
    .option("--password <text>", "credentials: the user's password")
    .option(
      "--tls-ca <file>",
      "TLS: the authority that signed the server's certificate",
      pathFromUser,
    )
    .option("--tls-cert <file>", "TLS: this client's certificate, with --tls-key", pathFromUser)
    .option("--tls-key <file>", "TLS: the certificate's key", pathFromUser);
}

/**
 * Where the flags lead; undefined when they name no server.
 * @throws {UsageError} when they contradict one another
 */
export function natsAccess(flags: NatsFlags): Access | undefined {
  const servers = flags.nats?.split(",");
  const credentials = credentialsOf(flags);
  const tls = tlsOf(flags);
  if (servers) return { servers, ...credentials && { credentials }, ...tls && { tls } };
  if (credentials || tls) {
    throw new UsageError("credentials and TLS belong to a server; name it with --nats URL");
  }
  return undefined;
}

function credentialsOf(
  { creds, nkey, token, user, password }: NatsFlags,
): Credentials | undefined {
  if ((user === undefined) !== (password === undefined)) {
    throw new UsageError("--user and --password belong together; one of them is missing");
  }
  const given: (Credentials | undefined)[] = [
    creds === undefined ? undefined : { kind: "creds", file: creds },
    nkey === undefined ? undefined : { kind: "nkey", file: nkey },
    token === undefined ? undefined : { kind: "token", token },
    user === undefined || password === undefined ? undefined : { kind: "password", user, password },
  ];
  const [first, second] = given.filter((credentials) => credentials !== undefined);
  if (!second) return first;
  const names = [first, second].map(({ kind }) => `--${kind === "password" ? "user" : kind}`);
  throw new UsageError(`${names.join(" and ")} are two ways of saying who you are; give one`);
}

function tlsOf({ tlsCa: ca, tlsCert: cert, tlsKey: key }: NatsFlags): TlsFiles | undefined {
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key belong together; one of them is missing");
  }
  if (ca === undefined && cert === undefined) return undefined;
  return { ...ca !== undefined && { ca }, ...cert !== undefined && { cert, key } };
}

/**
 * Join the laboratory. What that takes is loaded now: commands that can do without a server do without it.
 * @throws {UsageError} when there is no server in time, or it does not let us in
 */
export async function joinLaboratory(options: NatsOptions): Promise<NatsBackbone> {
  const waiting = setTimeout(() => {
    // A person wonders; a program waits.
    if (!Deno.stderr.isTerminal()) return;
    console.error(`waiting for the NATS server at ${serverNames(options.servers)} …`);
  }, noticeable);
  try {
    const { NatsBackbone } = await import("../cluster/nats/backbone.ts");
    return await NatsBackbone.connect(options);
  } catch (error) {
    throw error instanceof BackboneError ? new UsageError(error.message) : error;
  } finally {
    clearTimeout(waiting);
  }
}

/** After so long, ms, somebody who waits is told for what. */
const noticeable = 1_000;
