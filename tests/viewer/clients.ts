/** Clients of the viewer's server: plain http requests, and pages without a browser. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import type { Event } from "../../cluster/protocol.ts";
import type { Viewer } from "../../viewer/server/site.ts";

export const originOf = (viewer: Viewer) => new URL(viewer.url).origin;

/** A WebSocket to the viewer, from its own page unless other headers are given. */
export function dial(
  viewer: Viewer,
  headers: Readonly<Record<string, string>> = {},
  path = "socket",
): WebSocket {
  const { origin = originOf(viewer), ...others } = headers;
  return new WebSocket(`${viewer.url.replace("http", "ws")}${path}`, { origin, headers: others });
}

/** A page that is connected and what it has been told. */
export async function connect<Received = Event>(
  viewer: Viewer,
  path?: string,
  headers?: Readonly<Record<string, string>>,
) {
  const socket = dial(viewer, headers, path);
  const events: Received[] = [];
  const frames: Uint8Array[] = [];
  socket.on("message", (data: Uint8Array, isBinary: boolean) => {
    if (isBinary) frames.push(data);
    else events.push(JSON.parse(new TextDecoder().decode(data)));
  });
  await once(socket, "open");
  return { socket, events, frames };
}

/** Wait until `holds`. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) assert.fail(`it never came to pass that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The status of an answer to a request with exactly that path and those headers. */
export async function ask(
  viewer: Viewer,
  path: string,
  { body: sent, ...options }: {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
  } = {},
): Promise<{ status: number; body: string; headers: IncomingMessage["headers"] }> {
  const { hostname, port } = new URL(viewer.url);
  const outgoing = request({ hostname, port, path, agent: false, ...options });
  outgoing.end(sent);
  const [response] = await once(outgoing, "response") as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, body, headers: response.headers };
}
