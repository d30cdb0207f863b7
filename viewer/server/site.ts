/**
 * A site of the viewer: a server with a few pages over http and one WebSocket a page, both for those alone
 * who come from its own pages. What the pages show, the rooms know.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type TrustedAddresses, trustedAddresses } from "./addresses.ts";
import { bundle, type PageScript, pageSource, type Scripts, type ScriptSource } from "./bundle.ts";
import { type PageFile, pageHandler } from "./pages.ts";

/** Where the pages' WebSockets live. */
const socketPath = "/socket";

/** Where a site is to be. */
export interface SiteAddress {
  /** 0 takes a free port. */
  readonly port: number;
  /** The interface to listen on; only this machine can reach the default. */
  readonly host?: string;
  /** Further host names under which pages may call, without port. Loopback names always may. */
  readonly hostNames?: readonly string[];
}

/** What is told of a site's work. */
export interface RoomReports {
  /** Told of what does not stop the viewer: no script for the page, an undecodable event. */
  readonly onError: (error: unknown) => void;
  /** A frame was not sent to a page that is behind. */
  readonly onDroppedFrame?: () => void;
}

/** A place for pages that watch the same thing. */
export interface Room {
  /** How many pages are in it. */
  readonly size: number;
  /** Let the page that asks come in. */
  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array): void;
}

/** What a site consists of. */
export interface SitePlan extends SiteAddress, Pick<RoomReports, "onError"> {
  /** Its pages by their paths, and the scripts that they use. */
  readonly pages: Readonly<Record<string, PageFile>>;
  readonly scripts: readonly PageScript[];
  /** The script of the workers that its pages start, where they start any. */
  readonly worker?: ScriptSource;
  /** The room that a page's WebSocket asks for by its query; undefined when there is none. */
  room(query: URLSearchParams): Room | undefined;
  /** What `/health` says beside the state of the scripts; JSON. */
  health(): Readonly<Record<string, unknown>>;
  /** Say goodbye to all pages. */
  dismiss(): Promise<void>;
}

/** A running viewer. */
export interface Viewer {
  /** Where the page is. */
  readonly url: string;
  /** Say goodbye to all pages, free the port, leave the bus. */
  close(): Promise<void>;
}

/** The port that the viewer should listen on is taken. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";

  constructor(readonly host: string, readonly port: number, options?: ErrorOptions) {
    super(`port ${port} of ${host} is in use; choose another one`, options);
  }
}

/**
 * Open a site. Resolves as soon as the port is open; the pages' scripts are bundled meanwhile.
 *
 * @throws {PortInUseError} when the port is taken
 */
export async function openSite(plan: SitePlan): Promise<Viewer> {
  const { host = "127.0.0.1", onError } = plan;
  const server = createServer();
  const port = await listen(server, host, plan.port);
  const addresses = trustedAddresses(port, plan.hostNames);
  const scripts = union(plan.scripts.map((name) => bundle(name, pageSource(name))));
  const pagesReady = Promise.allSettled(scripts.values());
  const workers = plan.worker ? bundle("worker", plan.worker, pagesReady) : new Map();
  const making = [...scripts.values(), ...workers.values()].map((one) => observed(one, onError));
  server.on(
    "request",
    pageHandler({
      addresses,
      pages: plan.pages,
      scripts,
      workers,
      health: () => ({ status: "ok", ...plan.health(), script: worstState(making) }),
    }, onError),
  );
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    const room = admission(request, addresses, plan);
    if (typeof room === "string") refuse(stream, room);
    else room.admit(request, stream, head);
  });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await plan.dismiss();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Listen, and say on which port. */
function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      reject(inUse ? new PortInUseError(host, port, { cause: error }) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        reject(new TypeError(`listening on ${host} gave no port but ${address}`));
      } else {
        resolve(address.port);
      }
    });
  });
}

type ScriptState = "building" | "ready" | "failed";

const union = (parts: readonly Scripts[]): Scripts => new Map(parts.flatMap((part) => [...part]));

/** The state of a script's making to look at; a failure is told to `onError` as well. */
function observed(script: Promise<string>, onError: (error: unknown) => void) {
  let state: ScriptState = "building";
  script.then(() => state = "ready", (error) => {
    state = "failed";
    onError(error);
  });
  return { state: () => state };
}

function worstState(scripts: readonly { state(): ScriptState }[]): ScriptState {
  const states = scripts.map(({ state }) => state());
  const worst = (["failed", "building"] as const).find((state) => states.includes(state));
  return worst ?? "ready";
}

/** Where a WebSocket leads, or why it may not be opened, as a status line. */
function admission(
  request: IncomingMessage,
  addresses: TrustedAddresses,
  plan: SitePlan,
): Room | string {
  if (!addresses.host(request.headers.host)) return "421 Misdirected Request";
  if (!addresses.origin(request.headers.origin)) return "403 Forbidden";
  const [path, query = ""] = (request.url ?? "").split("?", 2);
  const room = path === socketPath ? plan.room(new URLSearchParams(query)) : undefined;
  return room ?? "404 Not Found";
}

function refuse(stream: Duplex, status: string): void {
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
