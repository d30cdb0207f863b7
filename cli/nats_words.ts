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

/** The words, ready to be pasted into a shell; secrets are left to the user. */
export function natsWords(given: NatsFlags): string[] {
  return flags.flatMap(([name, flag]) => {
    const value = given[name];
    if (value === undefined) return [];
    return [flag, ...[secrets[name] ?? value].flat().map(withoutSecret).map(shellWord)];
  });
}

/** A server's address may have a password, or a token, before the host. */
function withoutSecret(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/@]+@/, "$1SECRET@");
}
