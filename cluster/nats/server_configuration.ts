/**
 * The configuration of a nats-server, as text: for the server that `deno task cluster` starts on this
 * machine, and for one that other machines reach, with a user for each role who may do no more than that
 * role needs (see `permissions.ts`).
 *
 * @example A server for other machines, as `deno task keys` writes it, together with the keys:
 * ```ts
 * console.log(serverConfiguration({
 *   host: "0.0.0.0",
 *   port: 4222,
 *   store: "/var/lib/callosum",
 *   tls: { cert: "/etc/callosum/server.pem", key: "/etc/callosum/server.key" },
 *   plan: planOf(),
 *   users: [
 *     { role: "owner", nkey: "UAAA…" },
 *     { role: "worker", nkey: "UBBB…" },
 *     { role: "page", user: "page", password: "…" },
 *   ],
 * }));
 * ```
 */
import { isLoopback } from "./loopback.ts";
import { permissionsOf, type Role } from "./permissions.ts";
import type { Plan } from "./plan.ts";

/** Somebody who may connect, in one role. */
export type User =
  & { readonly role: Role }
  & (
    /** The public half of an nkey, "U…". */
    | { readonly nkey: string }
    /** The password, or its bcrypt hash. */
    | { readonly user: string; readonly password: string }
  );

/** What a server needs to be told. */
export interface ServerConfiguration {
  /** Its name in its own lists and to its clients. */
  readonly name?: string;
  /** Where it listens; anything but this machine demands users. Default "127.0.0.1". */
  readonly host?: string;
  /** −1 for a free one. Default 4222. */
  readonly port?: number;
  /** The folder for what it keeps. */
  readonly store: string;
  /** Room for what it keeps, bytes; by default three quarters of what is free. */
  readonly storage?: number;
  /** The largest message, bytes. Default 8 MiB, which is as far as NATS recommends. */
  readonly maxPayload?: number;
  /** Bring everything to the disk before it is acknowledged; servers from 2.10 on know how. */
  readonly alwaysSync?: boolean;
  /** Files in PEM. With `ca`, clients must have a certificate that it has signed. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
  /** Without any, everybody who reaches the server may do everything. */
  readonly users?: readonly User[];
  /** What the users' permissions are about; needed with `users`. */
  readonly plan?: Plan;
  /** Where it writes its log; by default to its standard error. */
  readonly logFile?: string;
  /** A folder in which it writes on which ports it listens. */
  readonly portsFolder?: string;
}

/** Bytes of the log file before a new one is begun. */
const logBytes = 16 * 2 ** 20;

/**
 * The configuration's text.
 * @throws {RangeError} when it would be open to everybody on the network, or users lack a plan
 */
export function serverConfiguration(options: ServerConfiguration): string {
  const { host = "127.0.0.1", port = 4222, users = [], plan } = options;
  if (!isLoopback(host) && users.length === 0) {
    throw new RangeError(
      `a server on ${host} is open to everybody who reaches it; give it users, or let it listen on ` +
        "127.0.0.1",
    );
  }
  if (users.length > 0 && !plan) {
    throw new RangeError("users need a plan, which names the subjects that they may use");
  }
  return block({
    ...(options.name && { server_name: options.name }),
    host,
    port,
    max_payload: options.maxPayload ?? 8 * 2 ** 20,
    jetstream: {
      store_dir: options.store,
      ...(options.storage && { max_file_store: options.storage }),
      ...(options.alwaysSync && { sync_interval: "always" }),
    },
    ...(options.tls && {
      tls: {
        cert_file: options.tls.cert,
        key_file: options.tls.key,
        ...(options.tls.ca && { ca_file: options.tls.ca, verify: true }),
      },
    }),
    ...(plan && users.length > 0 && {
      authorization: { users: users.map((user) => userBlock(user, plan)) },
    }),
    ...(options.logFile && { log_file: options.logFile, logfile_size_limit: logBytes }),
    ...(options.portsFolder && { ports_file_dir: options.portsFolder }),
  });
}

function userBlock(user: User, plan: Plan): Setting {
  const { publish, subscribe } = permissionsOf(user.role, plan);
  const permissions = { publish: { allow: publish }, subscribe: { allow: subscribe } };
  return "nkey" in user
    ? { nkey: user.nkey, permissions }
    : { user: user.user, password: user.password, permissions };
}

type Setting = string | number | boolean | readonly Setting[] | {
  readonly [name: string]: Setting;
};

/** Settings one a line; strings are quoted, so that none is taken for a variable or a number. */
function block(settings: Readonly<Record<string, Setting>>, indent = ""): string {
  return Object.entries(settings)
    .map(([name, value]) => `${indent}${name}: ${written(value, indent)}\n`).join("");
}

function written(value: Setting, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: Setting) => `${inner}${written(item, inner)}\n`);
    return `[\n${items.join("")}${indent}]`;
  }
  if (typeof value === "object") {
    return `{\n${block(value as Readonly<Record<string, Setting>>, inner)}${indent}}`;
  }
  return JSON.stringify(value);
}
