/**
 * `deno task keys`: what a laboratory of several machines begins with. It writes the configuration of a
 * nats-server and a key for each role; the server has their public halves only.
 */
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { createPrivateFile, removeIfPresent } from "../cluster/durable_file.ts";
import { roles } from "../cluster/nats/permissions.ts";
import { planOf } from "../cluster/nats/plan.ts";
import { serverConfiguration, type User } from "../cluster/nats/server_configuration.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { keyFiles, keysText } from "./keys_text.ts";
import { type KeysOptions, parseKeysOptions } from "./keys_options.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseKeysOptions(args);
  if (!options) return exitCodes.done;
  await Deno.mkdir(options.folder, { recursive: true, mode: 0o700 });
  await clear(options);
  await makeKeys(options);
  console.log(keysText(options));
  return exitCodes.done;
}

/**
 * Make room for new files.
 * @throws {UsageError} when there are some already, and they are not to be replaced
 */
async function clear({ folder, force }: KeysOptions): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  const present = [keyFiles.configuration, ...Object.values(keyFiles.seeds)]
    .filter((name) => names.includes(name));
  if (present.length > 0 && !force) {
    throw new UsageError(
      `${folder} has ${
        present.join(", ")
      } already; --force replaces them, and the keys of before ` +
        "are refused from then on",
    );
  }
  for (const name of present) await removeIfPresent(join(folder, name));
}

/** The seeds first: a configuration whose keys nobody has would be of no use. */
async function makeKeys({ folder, host, port, tls, alwaysSync }: KeysOptions): Promise<void> {
  const users: User[] = [];
  for (const role of roles) {
    const pair = nkeys.createUser();
    const seed = new TextDecoder().decode(pair.getSeed());
    await createPrivateFile(
      join(folder, keyFiles.seeds[role]),
      new TextEncoder().encode(`${seed}\n`),
    );
    users.push({ role, nkey: pair.getPublicKey() });
  }
  const configuration = serverConfiguration({
    name: "callosum",
    host,
    port,
    store: join(folder, keyFiles.store),
    alwaysSync,
    ...tls && { tls },
    users,
    plan: planOf(),
  });
  await createPrivateFile(
    join(folder, keyFiles.configuration),
    new TextEncoder().encode(configuration),
  );
}

if (import.meta.main) await runCommand(main);
