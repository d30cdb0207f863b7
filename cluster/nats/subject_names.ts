/**
 * Names as NATS subjects. Bus subjects, table keys, logs and lanes are arbitrary text to those who use
 * them; on NATS some characters have a meaning, and an empty token is an error. What is not harmless is
 * written as `=` and the two hexadecimal digits of each UTF-8 byte, so that different names are different
 * subjects, and no name is a wildcard.
 */
import { BackboneError } from "../backbone.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The longest name that is accepted, in encoded bytes; a protocol line may have 4096. */
const longest = 1000;

/** An empty token. No byte is written like that. */
const empty = "=";

/**
 * A name as one token: without dots, so that it can also name a consumer.
 * @throws {BackboneError} "too-large" when it is too long for a subject
 */
export function encodeToken(name: string): string {
  if (name === "") return empty;
  return checked(
    name,
    name.replace(/[^A-Za-z0-9_-]/gu, (character) => {
      const bytes = [...encoder.encode(character)];
      return bytes.map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
    }),
  );
}

/**
 * A name as one token for each of its parts between dots.
 * @throws {BackboneError} "too-large" when it is too long for a subject
 */
export function encodeSubject(name: string): string {
  return checked(name, name.split(".").map(encodeToken).join("."));
}

/** How many names are remembered at once. */
const mostRemembered = 1000;

/** `encode` with a memory: names are few and used often, and encoding one costs as much as sending it. */
export function remembering(encode: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let encoded = known.get(name);
    if (encoded === undefined) {
      encoded = encode(name);
      if (known.size === mostRemembered) known.clear();
      known.set(name, encoded);
    }
    return encoded;
  };
}

/** The name that `encodeSubject` has written; undefined when it is none of its. */
export function decodeSubject(subject: string): string | undefined {
  try {
    const name = subject.split(".").map(decodeToken).join(".");
    return encodeSubject(name) === subject ? name : undefined;
  } catch (error) {
    // Bytes that are no UTF-8, or a name that is too long: somebody else's subject.
    if (error instanceof TypeError || error instanceof BackboneError) return undefined;
    throw error;
  }
}

function decodeToken(token: string): string {
  if (token === empty) return "";
  return token.replace(/(?:=[0-9A-F]{2})+/g, (run) => {
    const bytes = run.slice(1).split("=").map((digits) => parseInt(digits, 16));
    return decoder.decode(Uint8Array.from(bytes));
  });
}

function checked(name: string, encoded: string): string {
  if (encoded.length <= longest) return encoded;
  throw new BackboneError(
    "too-large",
    `the name ${name.slice(0, 40)}… takes ${encoded.length} bytes as a NATS subject; ` +
      `at most ${longest} fit: choose a shorter one`,
  );
}
