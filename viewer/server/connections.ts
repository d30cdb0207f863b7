/**
 * Keeps a server from being held up by connections: too many of them, or such as never come to the point
 * (Slowloris). Node's own limits (`headersTimeout`) do nothing in Deno.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What connections may do. */
export interface ConnectionLimits {
  /** How many there may be at once. */
  readonly most: number;
  /** How long one may take to say what it wants, and to want something again, ms. */
  readonly patience: number;
}

/** Hang up on connections of `server` that go beyond the limits. WebSockets are left alone. */
export function limitConnections(server: Server, { most, patience }: ConnectionLimits): void {
  server.maxConnections = most;
  const waiting = new Map<Duplex, ReturnType<typeof setTimeout>>();
  const forget = (socket: Duplex) => {
    clearTimeout(waiting.get(socket));
    waiting.delete(socket);
  };
  const wait = (socket: Duplex) => {
    forget(socket);
    if (!socket.destroyed) waiting.set(socket, setTimeout(() => socket.destroy(), patience));
  };
  server.on("connection", (socket: Duplex) => {
    wait(socket);
    socket.on("close", () => forget(socket));
  });
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    forget(socket);
    response.on("finish", () => wait(socket));
  });
  server.on("upgrade", ({ socket }: IncomingMessage) => forget(socket));
}
