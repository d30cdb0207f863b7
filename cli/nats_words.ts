/** The flags by which a command reached a laboratory, for a command that is to reach it again. */
import type { NatsFlags } from "./nats_options.ts";
import { shellWord } from "./options.ts";

/** Flags whose values belong on no screen, and what stands there instead. */
const secrets: Readonly<Partial<Record<keyof NatsFlags, string>>> = {
  token: "TOKEN",
  password: "PASSWORD",
};

/** In the order in which they are printed. */
const flags: readonly (readonly [keyof NatsFlags, string])[] = [
  ["nats", "--nats"],
  ["creds", "--creds"],
  ["nkey", "--nkey"],
  ["token", "--token"],
  ["user", "--user"],
  ["password", "--password"],
  ["tlsCa", "--tls-ca"],
  ["tlsCert", "--tls-cert"],
  ["tlsKey", "--tls-key"],
];

/** What may stand before the host in each of the addresses of `--nats`: a user with a password, a token. */
const secretsInAddresses = /(^|,)(\w+:\/\/)?[^/@,]+@/g;

/** The words, ready to be pasted into a shell; secrets are left to the user. */
export function natsWords(given: NatsFlags): string[] {
  return flags.flatMap(([name, flag]) => {
    const value = given[name];
    if (value === undefined) return [];
    const shown = name === "nats"
      ? value.replace(secretsInAddresses, "$1$2SECRET@")
      : secrets[name] ?? value;
    return [flag, shellWord(shown)];
  });
}

/** The servers' addresses as everybody may see them. */
export function serverNames(servers: string | readonly string[]): string {
  return [servers].flat().join(",").replace(secretsInAddresses, "$1$2");
}
