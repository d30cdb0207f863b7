/**
 * Pages that watch the same thing, each on one WebSocket: they are admitted, asked what they want, and
 * dismissed. How much a page is sent is the affair of its line, see `page_line.ts`.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { protocolVersion } from "../../cluster/protocol.ts";
import type { Right } from "./access.ts";
import { Allowance } from "./allowance.ts";
import { PageLine } from "./page_line.ts";

/** Bytes of the largest message that a page may send: the whole configuration of a method, and more. */
const commandBytes = 16 * 1024;
/** How many messages a page may send: far more than a hand on a slider makes. */
const messageLimits = { burst: 100, perSecond: 25 } as const;
/** How long a page may take to answer the goodbye, ms. */
const goodbyeTime = 500;

/** Why a line is closed by the server. */
export const closeCodes = { goingAway: 1001, policyViolation: 1008, tryAgainLater: 1013 } as const;

/** What an audience asks of its owner. */
export interface AudienceOptions<Command> {
  /** What a page may ask for. @throws when the bytes are none of that */
  decode(bytes: Uint8Array): Command;
  /** A page is there; it wants to be told what it has missed. */
  onJoin(page: PageLine): void;
  onLeave?(page: PageLine): void;
  /** A page asks for something. */
  onCommand(command: Command, page: PageLine): void;
  /** A frame was not sent to a page that is behind. */
  onDroppedFrame?(): void;
  /**
   * How often pages are asked whether they are still there, ms: one that has not answered by the next time
   * is not. Default 30 s.
   */
  readonly heartbeat?: number;
}

/** The connected pages. */
export class Audience<Command> {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: commandBytes });
  readonly #options: AudienceOptions<Command>;
  readonly #lines = new Map<WebSocket, PageLine>();
  /** Pages that have not answered yet since they were asked. */
  readonly #silent = new Set<WebSocket>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: AudienceOptions<Command>) {
    this.#options = options;
    this.#timer = setInterval(() => this.#askAll(), options.heartbeat ?? 30_000);
  }

  /** How many pages are connected. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Complete the handshake of `request`; the caller has checked that it may, and what it may do. */
  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array, right: Right): void {
    const welcome = (page: WebSocket) => this.#welcome(page, right);
    this.#server.handleUpgrade(request, stream, Buffer.from(head), welcome);
  }

  /** The pages that listen. */
  *pages(): Iterable<PageLine> {
    for (const [socket, line] of this.#lines) if (socket.readyState === socket.OPEN) yield line;
  }

  /** Send an event to all. */
  sendEvent(text: string): void {
    for (const page of this.pages()) page.sendEvent(text);
  }

  /** Send a frame to those who keep up. */
  sendFrame(frame: Uint8Array): void {
    for (const page of this.pages()) {
      if (!page.sendFrame(frame)) this.#options.onDroppedFrame?.();
    }
  }

  /** Close all connections, by force where a page does not answer. */
  async dismiss(): Promise<void> {
    clearInterval(this.#timer);
    const pages = [...this.#server.clients];
    const closed = pages.map((page) => new Promise((resolve) => page.once("close", resolve)));
    for (const page of pages) page.close(closeCodes.goingAway, "the viewer closes");
    const deadline = setTimeout(() => pages.forEach((page) => page.terminate()), goodbyeTime);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  #welcome(socket: WebSocket, right: Right): void {
    const page = new PageLine(socket, right);
    const allowance = new Allowance(messageLimits, () => performance.now());
    this.#lines.set(socket, page);
    // An oversized or broken message: ws has sent the close frame that says so, and "close" follows.
    socket.on("error", () => socket.close());
    socket.on("close", () => {
      this.#lines.delete(socket);
      this.#silent.delete(socket);
      this.#options.onLeave?.(page);
    });
    socket.on("pong", () => this.#silent.delete(socket));
    socket.on("message", (data, isBinary) => {
      // What was sent before the page knew that it is dismissed.
      if (socket.readyState !== socket.OPEN) return;
      const command = allowance.take()
        ? this.#read(data, isBinary)
        : new RangeError(`more than ${messageLimits.perSecond} messages per second`);
      if (command instanceof Error) page.close(closeCodes.policyViolation, command.message);
      else this.#options.onCommand(command, page);
    });
    this.#options.onJoin(page);
  }

  /** A page that vanished without a word, with its machine or its network, is let go. */
  #askAll(): void {
    for (const socket of this.#lines.keys()) {
      if (this.#silent.has(socket)) socket.terminate();
      else if (socket.readyState === socket.OPEN) {
        this.#silent.add(socket);
        socket.ping();
      }
    }
  }

  /** The command in a message, or an error whose message fits into a close frame (123 bytes). */
  #read(data: RawData, isBinary: boolean): Command | Error {
    if (isBinary) return new TypeError("commands are JSON text, not binary");
    try {
      return this.#options.decode(asBytes(data));
    } catch {
      return new TypeError(`not a command of protocol ${protocolVersion}`);
    }
  }
}

function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
