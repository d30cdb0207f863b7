/**
 * Who a process is to the NATS server, and how the connection is protected, as options of NATS's client.
 * Anything but this machine demands one of the two.
 */
import {
  credsAuthenticator,
  nkeyAuthenticator,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { BackboneError } from "../backbone.ts";
import { isLoopback } from "./loopback.ts";

/** One way of saying who one is. */
export type Credentials =
  /** A `.creds` file: a JWT and its seed. */
  | { readonly kind: "creds"; readonly file: string }
  /** A file with an nkey seed ("SU…"). */
  | { readonly kind: "nkey"; readonly file: string }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string };

/** Files for TLS, all in PEM. */
export interface TlsFiles {
  /** The authority that has signed the server's certificate, unless the system trusts it anyway. */
  readonly ca?: string;
  /** This client's own certificate and key, where the server demands one. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where the server is, and how to get in. */
export interface Access {
  /** `nats://host:port` or `tls://host:port`; several of one cluster of servers. `user:password@` or
   * `token@` before the host are understood. */
  readonly servers: string | readonly string[];
  readonly credentials?: Credentials;
  readonly tls?: TlsFiles;
}

/**
 * The options of NATS's client for `access`.
 *
 * @throws {BackboneError} "refused" when a server is no such address, when a file cannot be read, and when
 * a server is on another machine and there are neither credentials nor `tls://`
 */
export async function accessOptions(access: Access): Promise<NodeConnectionOptions> {
  const servers = [access.servers].flat().map(parseServer);
  if (servers.length === 0) throw refused("no NATS server is given, e.g. nats://127.0.0.1:4222");
  const credentials = access.credentials ?? servers.map(credentialsInUrl).find((found) => found);
  const encrypted = access.tls !== undefined || servers.some((url) => url.protocol === "tls:");
  for (const server of servers) {
    if (isLoopback(server.hostname) || credentials || encrypted) continue;
    throw refused(
      `${server.host} is another machine, and anybody on the way could read along and take part: ` +
        "give credentials (a creds file, an nkey, a token, or user and password) or use tls://; " +
        "deno task keys makes keys, and a server's configuration with them",
    );
  }
  return {
    servers: servers.map(({ host }) => host),
    ...(encrypted && { tls: await tlsOptions(access.tls ?? {}) }),
    ...(credentials && await credentialOptions(credentials)),
  };
}

/** Whether the connection would carry a secret that anybody on the way can read. */
export function sendsReadableSecret(access: Access): boolean {
  const servers = [access.servers].flat().map(parseServer);
  const kind = (access.credentials ?? servers.map(credentialsInUrl).find((found) => found))?.kind;
  return (kind === "password" || kind === "token") && access.tls === undefined &&
    servers.some((url) => url.protocol !== "tls:" && !isLoopback(url.hostname));
}

/** Whether all of the servers are on this machine. */
export function areOnThisMachine({ servers }: Pick<Access, "servers">): boolean {
  return [servers].flat().map(parseServer).every(({ hostname }) => isLoopback(hostname));
}

function parseServer(server: string): URL {
  const text = server.includes("://") ? server : `nats://${server}`;
  if (!/^(nats|tls):\/\/\S+$/.test(text) || !URL.canParse(text)) {
    throw refused(`"${server}" is no NATS server; expected nats://host:port or tls://host:port`);
  }
  const url = new URL(text);
  if (url.hostname === "") throw refused(`"${server}" names no host; expected nats://host:port`);
  return url;
}

function credentialsInUrl(url: URL): Credentials | undefined {
  if (url.username === "") return undefined;
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  return url.password === ""
    ? { kind: "token", token: user }
    : { kind: "password", user, password };
}

async function credentialOptions(credentials: Credentials): Promise<NodeConnectionOptions> {
  switch (credentials.kind) {
    case "token":
      return { token: credentials.token };
    case "password":
      return { user: credentials.user, pass: credentials.password };
    case "creds":
      return { authenticator: credsAuthenticator(await readSecret(credentials.file)) };
    case "nkey": {
      const text = new TextDecoder().decode(await readSecret(credentials.file));
      const seed = /\bSU[A-Z2-7]{56}\b/.exec(text)?.[0];
      if (!seed) throw refused(`${credentials.file} holds no nkey seed of a user ("SU…")`);
      return { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) };
    }
  }
}

async function tlsOptions(files: TlsFiles): Promise<NonNullable<NodeConnectionOptions["tls"]>> {
  if ((files.cert === undefined) !== (files.key === undefined)) {
    throw refused("a certificate and its key belong together; one of them is missing");
  }
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : new TextDecoder().decode(await readSecret(file));
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map(read));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readSecret(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(`${file} cannot be read: ${reason}`, { cause: error });
  }
}

function refused(message: string, options?: ErrorOptions): BackboneError {
  return new BackboneError("refused", message, options);
}
