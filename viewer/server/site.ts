/**
 * A site of the viewer: a server with a few pages over http and one WebSocket a page, both for those alone
 * who come from its own pages. What the pages show, the rooms know.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { DocumentSource } from "../../cluster/document_source.ts";
import type { RecordingSource } from "../../cluster/trial_recording.ts";
import { accessByToken, type AccessTokens, everybody, isLoopback, type Right } from "./access.ts";
import { everyInterface, inAddress, type TrustedAddresses, trustedAddresses } from "./addresses.ts";
import { closeCodes } from "./audience.ts";
import { bundle, type PageScript, pageSource, type Scripts, type ScriptSource } from "./bundle.ts";
import { limitConnections } from "./connections.ts";
import { type PageFile, pageHandler } from "./pages.ts";
import { TurnedAway } from "./turned_away.ts";

/** Where the pages' WebSockets live. */
const socketPath = "/socket";

/** Pages that may be connected to a site at once; far more than there are people to look. */
const mostPages = 1000;
/** A browser keeps up to six connections. */
const connectionLimits = { most: 4 * mostPages, patience: 10_000 } as const;

/** Where a site is to be. */
export interface SiteAddress {
  /** 0 takes a free port. */
  readonly port: number;
  /** The interface to listen on; only this machine can reach the default. */
  readonly host?: string;
  /** Further host names under which pages may call, see `ServerAddress`. Loopback names always may. */
  readonly hostNames?: readonly string[];
  /** Who may get in; needed where other machines can reach the site. */
  readonly tokens?: AccessTokens;
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
  /** Let the page that asks come in; it may do what `right` says. */
  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array, right: Right): void;
}

/** What a site consists of. */
export interface SitePlan extends SiteAddress, Pick<RoomReports, "onError"> {
  /** Its pages by their paths, and the scripts that they use. */
  readonly pages: Readonly<Record<string, PageFile>>;
  readonly scripts: readonly PageScript[];
  /** The script of the workers that its pages start, where they start any. */
  readonly worker?: ScriptSource;
  /** The documents that its pages ask for, where they ask for any. */
  readonly documents?: DocumentSource;
  /** What is kept of the motion that they show, where something is. */
  readonly recording?: RecordingSource;
  /** The room that a page's WebSocket asks for by its query; undefined when there is none. */
  room(query: URLSearchParams): Room | undefined;
  /** What `/health` says beside the state of the scripts; JSON. */
  health(): Readonly<Record<string, unknown>>;
  /** Say goodbye to all pages. */
  dismiss(): Promise<void>;
}

/** A running viewer. */
export interface Viewer {
  /** Where the page is; on all interfaces, where this machine finds it. No token is in it. */
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
 * @throws {RangeError} when other machines can reach the interface and there are no tokens, or a token or a
 * host name is none
 */
export async function openSite(plan: SitePlan): Promise<Viewer> {
  const { host = "127.0.0.1", hostNames, tokens, onError } = plan;
  if (!isLoopback(host) && tokens === undefined) {
    throw new RangeError(`other machines can reach ${host}: the site needs tokens`);
  }
  // Before the port is taken: what is wrong with them is told first.
  trustedAddresses({ port: plan.port, host, names: hostNames });
  if (tokens) accessByToken(tokens, plan.port);
  const server = createServer();
  const port = await listen(server, host, plan.port);
  const addresses = trustedAddresses({ port, host, names: hostNames });
  const access = tokens ? accessByToken(tokens, port) : everybody;
  limitConnections(server, connectionLimits);
  const scripts = union(plan.scripts.map((name) => bundle(name, pageSource(name))));
  const pagesReady = Promise.allSettled(scripts.values());
  const workers = plan.worker ? bundle("worker", plan.worker, pagesReady) : new Map();
  const making = [...scripts.values(), ...workers.values()].map((one) => observed(one, onError));
  server.on(
    "request",
    pageHandler({
      addresses,
      access,
      pages: plan.pages,
      scripts,
      workers,
      documents: plan.documents,
      recording: plan.recording,
      health: () => ({ status: "ok", ...plan.health(), script: worstState(making) }),
    }, onError),
  );
  const strangers = new TurnedAway(
    closeCodes.policyViolation,
    "this page's token is not, or no longer, valid: load it again",
  );
  const pages = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    const room = admission(request, addresses, plan);
    if (typeof room === "string") return refuse(stream, room);
    if (pages.size >= mostPages) return refuse(stream, "503 Service Unavailable");
    pages.add(stream);
    stream.on("close", () => pages.delete(stream));
    const right = access.right(request.headers);
    if (right === undefined) strangers.admit(request, stream, head);
    else room.admit(request, stream, head, right);
  });
  return {
    url: `http://${inAddress(everyInterface.includes(host) ? "127.0.0.1" : host)}:${port}/`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([plan.dismiss(), strangers.close()]);
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
