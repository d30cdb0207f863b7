/** Hosts that are this machine, and nobody else's business. */

/** Whether `host`, a name or an address, is this machine under any circumstances. */
export function isLoopback(host: string): boolean {
  return ["localhost", "::1", "[::1]"].includes(host) ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
