/**
 * Which Host and Origin headers the viewer answers to. A foreign page can make a browser send requests
 * to this server (cross-site WebSockets, DNS rebinding); it cannot choose these headers.
 */
import { isIP } from "node:net";

const loopbackNames = ["127.0.0.1", "localhost", "[::1]"];
/** The addresses of all interfaces of a machine. */
export const everyInterface: readonly string[] = ["0.0.0.0", "::"];

/** Decides whether a request was meant for this server and came from its own page. */
export interface TrustedAddresses {
  /** Whether a Host header names this server. */
  host(header: string | undefined): boolean;
  /** Whether an Origin header names this server's own page. */
  origin(header: string | undefined): boolean;
}

/** Where a server listens, and as what it is known. */
export interface ServerAddress {
  readonly port: number;
  /** The interface; the loopback one unless given. */
  readonly host?: string;
  /**
   * Further names, such as "laboratory.example", or with the port of a proxy that stands before it
   * ("laboratory.example:443"). What else the same machine serves on other ports is foreign.
   */
  readonly names?: readonly string[];
}

/**
 * The addresses under which a server may be called: the loopback names, its interface, its further names;
 * on all interfaces also every address in numbers, which no foreign page can be at home under.
 *
 * @throws {RangeError} when a name is none
 */
export function trustedAddresses(
  { port, host = "127.0.0.1", names = [] }: ServerAddress,
): TrustedAddresses {
  const isEverywhere = everyInterface.includes(host);
  const own = [...loopbackNames, ...isEverywhere ? [] : [inAddress(host)]];
  const hosts = new Set<string>();
  const origins = new Set<string>();
  for (const authority of [...own, ...names].map((name) => withPort(name, port))) {
    hosts.add(authority);
    for (const scheme of ["http", "https"]) {
      // URL drops the port where it is the scheme's own, as browsers do in both headers.
      const url = new URL(`${scheme}://${authority}`);
      hosts.add(url.host);
      origins.add(url.origin);
    }
  }
  const isNumber = (authority: string) => isEverywhere && isNumbered(authority, port);
  return {
    host(header) {
      return header !== undefined && (hosts.has(header.toLowerCase()) || isNumber(header));
    },
    origin(header) {
      if (header === undefined) return false;
      const [scheme, authority] = header.toLowerCase().split("://", 2);
      return origins.has(header.toLowerCase()) ||
        (scheme === "http" && authority !== undefined && isNumber(authority));
    },
  };
}

/** Name and port, in small letters. */
function withPort(name: string, port: number): string {
  const [, host, given] = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(name) ?? [];
  if (host !== undefined) return `${host.toLowerCase()}:${given ?? port}`;
  throw new RangeError(
    `the host name ${name} is none; expected a name such as laboratory.example, ` +
      "without a scheme; behind a proxy with its port",
  );
}

/** A host as it stands in an address: IPv6 in brackets. */
export function inAddress(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Whether an authority is an address in numbers, on this port. */
function isNumbered(authority: string, port: number): boolean {
  const [, six, four, given] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d+))?$/i.exec(authority) ??
    [];
  return isIP(six ?? four ?? "") === (six === undefined ? 4 : 6) &&
    Number(given ?? 80) === port;
}
