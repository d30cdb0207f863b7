/**
 * The pages that watch a run, each on one WebSocket. All of them get every event; a page that reads
 * too slowly gets fewer frames, so that it stays in the present and costs no memory.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { type Command, decodeCommand, protocolVersion } from "../../cluster/protocol.ts";

/** Bytes of the largest message that a page may send; a command is under 100. */
const commandBytes = 4096;
/** Unsent bytes beyond which a page gets no more frames: some hundred frames. */
const frameBacklog = 64 * 1024;
/** Unsent bytes beyond which a page is given up; it connects again and gets the history. */
const eventBacklog = 8 * 1024 * 1024;
/** How long a page may take to answer the goodbye, ms. */
const goodbyeTime = 500;

const closeCodes = { goingAway: 1001, policyViolation: 1008 } as const;

/** What an audience asks of the server. */
export interface AudienceOptions {
  /** What a page that connects now must be told first: event texts and perhaps a frame. */
  greeting(): Iterable<string | Uint8Array>;
  /** A page asks for something. */
  onCommand(command: Command): void;
}

/** The connected pages. */
export class Audience {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: commandBytes });
  readonly #options: AudienceOptions;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** How many pages are connected. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Complete the handshake of `request`; the caller has checked that it may. */
  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    this.#server.handleUpgrade(request, stream, Buffer.from(head), (page) => this.#welcome(page));
  }

  /** Send an event to all. A page that has not read the last megabytes is hung up on instead. */
  sendEvent(text: string): void {
    for (const page of this.#open()) {
      if (page.bufferedAmount > eventBacklog) page.terminate();
      else page.send(text);
    }
  }

  /** Send a frame to those who keep up. */
  sendFrame(frame: Uint8Array): void {
    for (const page of this.#open()) {
      if (page.bufferedAmount <= frameBacklog) page.send(frame);
    }
  }

  /** Close all connections, by force where a page does not answer. */
  async dismiss(): Promise<void> {
    const pages = [...this.#server.clients];
    const closed = pages.map((page) => new Promise((resolve) => page.once("close", resolve)));
    for (const page of pages) page.close(closeCodes.goingAway, "the viewer closes");
    const deadline = setTimeout(() => pages.forEach((page) => page.terminate()), goodbyeTime);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  *#open(): Iterable<WebSocket> {
    for (const page of this.#server.clients) if (page.readyState === page.OPEN) yield page;
  }

  #welcome(page: WebSocket): void {
    // An oversized or broken message: ws has sent the close frame that says so, and "close" follows.
    page.on("error", () => page.close());
    page.on("message", (data, isBinary) => {
      const command = readCommand(data, isBinary);
      if (command instanceof Error) page.close(closeCodes.policyViolation, command.message);
      else this.#options.onCommand(command);
    });
    for (const message of this.#options.greeting()) page.send(message);
  }
}

/** The command in a message, or an error whose message fits into a close frame (123 bytes). */
function readCommand(data: RawData, isBinary: boolean): Command | Error {
  if (isBinary) return new TypeError("commands are JSON text, not binary");
  try {
    return decodeCommand(asBytes(data));
  } catch {
    return new TypeError(`not a command of protocol ${protocolVersion}`);
  }
}

function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
