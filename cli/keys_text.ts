/** What `keys` says of the files that it has written: what each is for, and what to type next. */
import { join } from "node:path";
import { isLoopback } from "../cluster/nats/loopback.ts";
import { type Role, roleMeanings } from "../cluster/nats/permissions.ts";
import type { KeysOptions } from "./keys_options.ts";
import { shellWord } from "./options.ts";
import { plainTable } from "./plain_table.ts";

/** The names of the files in the folder. */
export const keyFiles = {
  configuration: "nats-server.conf",
  /** What the server keeps. */
  store: "store",
  seeds: {
    owner: "owner.nkey",
    worker: "worker.nkey",
    submitter: "submitter.nkey",
    page: "page.nkey",
  },
} as const satisfies { readonly seeds: Readonly<Record<Role, string>> } & Record<string, unknown>;

/** The commands that need a role, in the order in which a laboratory is begun. */
const uses: readonly (readonly [string, Role])[] = [
  ["deno task cluster", "owner"],
  ["deno task worker", "worker"],
  ["deno task train all --cluster", "submitter"],
  ["deno task sim --cluster", "submitter"],
  ["deno task runs", "submitter"],
  ["deno task workers", "submitter"],
  ["deno task runs delete RUN", "owner"],
  ["deno task doctor", "page"],
];

/** See the file's head. */
export function keysText({ folder, host, port, tls, alwaysSync }: KeysOptions): string {
  const path = (name: string) => shellWord(join(folder, name));
  const seeds = Object.entries(keyFiles.seeds) as [Role, string][];
  const written = [
    [keyFiles.configuration, `a server on ${host}:${port}${tls ? ", with TLS" : ""}`],
    ...seeds.map((
      [role, name],
    ) => [name, `the key of ${phrases[role]}, who ${roleMeanings[role]}`]),
  ];
  const url = `${tls ? "tls" : "nats"}://${isAny(host) ? "HOST" : host}:${port}`;
  const commands = uses.map(([command, role]) => [
    command,
    `--nats ${url} --nkey ${path(keyFiles.seeds[role])}`,
  ]);
  return [
    `keys  ${folder}`,
    indented(plainTable(["file", "what it is"], written)),
    "",
    "Start the server:",
    `  nats-server --config ${path(keyFiles.configuration)}`,
    "",
    "Then, the owner's command first, which declares what the laboratory keeps:",
    indented(commands.map((words) => words.join(" ")).join("\n")),
    "",
    "A machine gets the key that it needs and no other. Who has a key can do what its role may.",
    ...tls
      ? ["Where the system does not trust the certificate, commands take --tls-ca FILE as well."]
      : isLoopback(host)
      ? []
      : ["Without TLS anybody on the way can read along; --tls-cert and --tls-key prevent it."],
    ...alwaysSync
      ? ["nats-server must be 2.10 or later: the configuration says sync_interval."]
      : ["A power cut may undo the last 2 minutes; --always-sync prevents it (nats-server 2.10)."],
  ].join("\n");
}

const phrases: Readonly<Record<Role, string>> = {
  owner: "the owner",
  worker: "machines that work",
  submitter: "those who submit",
  page: "those who watch",
};

const isAny = (host: string) => host === "0.0.0.0" || host === "::";

const indented = (text: string) => text.replaceAll(/^/gm, "  ");
