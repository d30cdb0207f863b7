/** How a page is opened to others, and what whoever starts it is told of that. */
import { type AccessTokens, isLoopback, newTokens, tokenPattern } from "../viewer/server/access.ts";
import {
  everyInterface,
  type ServerAddress,
  trustedAddresses,
} from "../viewer/server/addresses.ts";
import { withToken } from "../viewer/server/sign_in.ts";
import type { SiteAddress } from "../viewer/server/site.ts";
import { UsageError } from "./failure.ts";
import { shellWord } from "./options.ts";
import type { PageOptions } from "./page_options.ts";

/** A page's address for its server, and who may get in. */
export interface PageAccess {
  readonly address: SiteAddress;
  /** Whether its tokens are to be told: whoever keeps them in a file has them already. */
  readonly areTokensNew: boolean;
}

/**
 * Fails early: before anything else is begun for nothing.
 * @throws {UsageError} when nobody can listen there
 */
export function requireFreePort({ port, host: hostname }: PageOptions): void {
  try {
    Deno.listen({ hostname, port }).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw new UsageError(notListening(hostname));
    const problem = error instanceof Deno.errors.AddrInUse
      ? `port ${port} is in use; choose another with --port (0 takes a free one)`
      : error instanceof Deno.errors.PermissionDenied
      ? `port ${port} may not be used; choose another with --port (0 takes a free one)`
      : error instanceof Deno.errors.AddrNotAvailable
      ? `--host ${hostname} is no interface of this machine; 0.0.0.0 means all of them`
      : undefined;
    if (!problem) throw error;
    throw new UsageError(problem);
  }
}

const notListening = (host: string) =>
  `this program may not listen on ${host}; deno task sim:host, view:host and cluster may`;

/**
 * What the flags ask for, with tokens where other machines can reach the page, or where a file keeps them.
 * @throws {UsageError} when a name is none, or the file is none or others may read it
 */
export async function pageAccess(options: PageOptions): Promise<PageAccess> {
  const { port, host, tokenFile } = options;
  const hostNames = [...options.hostNames, ...namesOfMachine(host)];
  requireNames({ port, host, names: hostNames });
  const address = { port, host, hostNames };
  if (tokenFile !== undefined) {
    const { tokens, areNew } = await keptTokens(tokenFile);
    return { address: { ...address, tokens }, areTokensNew: areNew };
  }
  if (isLoopback(host)) return { address, areTokensNew: false };
  return { address: { ...address, tokens: newTokens() }, areTokensNew: true };
}

function requireNames(address: ServerAddress): void {
  try {
    trustedAddresses(address);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** What is said of a page, in lines that begin with its address. */
export function pageLines(
  url: string,
  { address: { host = "", hostNames = [], tokens }, areTokensNew }: PageAccess,
  tokenFile = "",
): string[] {
  if (!tokens) return [url];
  const [name] = hostNames;
  const shown = everyInterface.includes(host) && name !== undefined ? withHost(url, name) : url;
  const addresses = areTokensNew
    ? links(shown, tokens)
    : [`${shown}  (its tokens are in ${shellWord(tokenFile)})`];
  return isLoopback(host) ? addresses : [...addresses, unencrypted];
}

function links(url: string, { control, watch }: AccessTokens): string[] {
  const controlling = `${withToken(url, control)}  to watch and control`;
  return watch === undefined
    ? [controlling]
    : [controlling, `${withToken(url, watch)}  to watch only`];
}

const unencrypted = "what passes between browser and page is not encrypted: beyond a network of " +
  "your own, use a proxy with TLS or a tunnel";

/** The page under another name: that of a proxy has its own port, and speaks TLS on the usual one. */
function withHost(url: string, name: string): string {
  const address = new URL(url);
  const [, port] = /:(\d+)$/.exec(name) ?? [];
  if (port === "443") return `https://${name.replace(/:443$/, "")}/`;
  address.host = port === undefined ? `${name}:${address.port}` : name;
  return address.href;
}

/** What this machine calls itself, where the page is on all its interfaces and that may be asked. */
function namesOfMachine(host: string): string[] {
  if (!everyInterface.includes(host)) return [];
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? [Deno.hostname().toLowerCase()] : [];
}

const kinds = ["control", "watch"] as const;

/** A line of a token file. */
const line = new RegExp(`^(${kinds.join("|")}) +(\\S+)$`);

/** The tokens in a file; new ones, kept there from now on, where there is none. */
async function keptTokens(
  path: string,
): Promise<{ readonly tokens: AccessTokens; readonly areNew: boolean }> {
  try {
    return { tokens: parsedTokens(path, await ownText(path)), areNew: false };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const tokens = newTokens();
  const text = kinds.map((kind) => `${kind} ${tokens[kind]}\n`).join("");
  await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
  return { tokens, areNew: true };
}

/** @throws {UsageError} when others may read the file */
async function ownText(path: string): Promise<string> {
  const { mode } = await Deno.stat(path);
  if (mode !== null && Deno.build.os !== "windows" && (mode & 0o077) !== 0) {
    throw new UsageError(`others may read ${path}, which keeps secrets: chmod 600 ${path}`);
  }
  return await Deno.readTextFile(path);
}

function parsedTokens(path: string, text: string): AccessTokens {
  const tokens: Partial<Record<(typeof kinds)[number], string>> = {};
  for (const [index, each] of text.split("\n").entries()) {
    if (each.trim() === "") continue;
    const [, kind, token] = line.exec(each.trim()) ?? [];
    // Not the line itself: it may hold a secret.
    if (token === undefined || !tokenPattern.test(token)) {
      throw new UsageError(
        `${path}, line ${index + 1}: expected "control" or "watch" and a token of 16 to 200 of ` +
          "A-Z, a-z, 0-9, - and _",
      );
    }
    tokens[kind as (typeof kinds)[number]] = token;
  }
  const { control, watch } = tokens;
  if (control === undefined) throw new UsageError(`${path} has no line with the control token`);
  if (control === watch) throw new UsageError(`${path}: both tokens are the same; make two`);
  return { control, watch };
}
