/**
 * The viewer's server: the page over http, and the run's events and frames over one WebSocket a page.
 *
 * It knows the bus and nothing else of the run. Events go out as JSON text, frames as they came;
 * commands come in as JSON text and are published as they were understood, not as they were written.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type Bus, subjects } from "../../cluster/bus.ts";
import { decodeEvent, encodeMessage, protocolVersion } from "../../cluster/protocol.ts";
import { type TrustedAddresses, trustedAddresses } from "./addresses.ts";
import { Audience } from "./audience.ts";
import { bundlePage } from "./bundle.ts";
import { RunHistory } from "./history.ts";
import { pageHandler } from "./pages.ts";

/** Where the page's WebSocket lives. */
const socketPath = "/socket";

/** What `startViewer` needs. */
export interface ViewerOptions {
  readonly bus: Bus;
  /** The run that is shown. Start the viewer before the run sends its description. */
  readonly run: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The interface to listen on; only this machine can reach the default. */
  readonly host?: string;
  /** Further host names under which pages may call, without port. Loopback names always may. */
  readonly hostNames?: readonly string[];
  /** Told of what does not stop the viewer: no script for the page, an undecodable event. */
  readonly onError: (error: unknown) => void;
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
 * Start to serve the page of one run. Resolves as soon as the port is open; the page's script is
 * bundled meanwhile.
 *
 * @throws {PortInUseError} when the port is taken; other errors of listening pass through
 */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const { bus, run, onError, host = "127.0.0.1" } = options;
  const server = createServer();
  const port = await listen(server, host, options.port);
  const addresses = trustedAddresses(port, options.hostNames);

  const history = new RunHistory();
  let lastFrame: Uint8Array | undefined;
  const audience = new Audience({
    *greeting() {
      for (const event of history.replay()) yield JSON.stringify(event);
      if (lastFrame) yield lastFrame;
    },
    onCommand: (command) => bus.publish(subjects.commands(run), encodeMessage(command)),
  });
  const subscriptions = [
    bus.subscribe(subjects.events(run), (payload) => {
      try {
        const event = decodeEvent(payload);
        history.record(event);
        audience.sendEvent(JSON.stringify(event));
      } catch (error) {
        onError(error);
      }
    }),
    bus.subscribe(subjects.frames(run), (payload) => {
      lastFrame = payload;
      audience.sendFrame(payload);
    }),
  ];

  const page = observed(bundlePage(), onError);
  const health = () => ({
    status: "ok",
    run,
    protocol: protocolVersion,
    pages: audience.size,
    script: page.state(),
  });
  server.on("request", pageHandler({ addresses, script: page.promise, health }, onError));
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Uint8Array) => {
    const refusal = refusalOf(request, addresses);
    if (refusal) refuse(stream, refusal);
    else audience.admit(request, stream, head);
  });

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/`,
    async close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await audience.dismiss();
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

/** A promise with its state to look at, whose failure is told to `onError` as well. */
function observed<Value>(promise: Promise<Value>, onError: (error: unknown) => void) {
  let state: "building" | "ready" | "failed" = "building";
  promise.then(() => state = "ready", (error) => {
    state = "failed";
    onError(error);
  });
  return { promise, state: () => state };
}

/** Why a WebSocket may not be opened, as a status line; nothing when it may. */
function refusalOf(request: IncomingMessage, addresses: TrustedAddresses): string | undefined {
  if (!addresses.host(request.headers.host)) return "421 Misdirected Request";
  if (!addresses.origin(request.headers.origin)) return "403 Forbidden";
  return request.url === socketPath ? undefined : "404 Not Found";
}

function refuse(stream: Duplex, status: string): void {
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
