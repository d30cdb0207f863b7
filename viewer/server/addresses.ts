/**
 * Which Host and Origin headers the viewer answers to. A foreign page can make a browser send requests
 * to the loopback interface (cross-site WebSockets, DNS rebinding); it cannot choose these headers.
 */

const loopbackNames = ["127.0.0.1", "localhost", "[::1]"];

/** Decides whether a request was meant for this server and came from its own page. */
export interface TrustedAddresses {
  /** Whether a Host header names this server. */
  host(header: string | undefined): boolean;
  /** Whether an Origin header names this server's own page. */
  origin(header: string | undefined): boolean;
}

/**
 * The addresses under which a server on `port` may be called.
 *
 * @param port the port that the server listens on
 * @param names further host names that it is known by, without port; the loopback names always count
 */
export function trustedAddresses(port: number, names: readonly string[] = []): TrustedAddresses {
  const hosts = new Set<string>();
  const origins = new Set<string>();
  for (const name of [...loopbackNames, ...names]) {
    for (const scheme of ["http", "https"]) {
      // URL drops the port where it is the scheme's own, as browsers do in both headers.
      const url = new URL(`${scheme}://${name}:${port}`);
      hosts.add(url.host);
      origins.add(url.origin);
    }
    hosts.add(`${name}:${port}`.toLowerCase());
  }
  return {
    host: (header) => header !== undefined && hosts.has(header.toLowerCase()),
    origin: (header) => header !== undefined && origins.has(header.toLowerCase()),
  };
}
