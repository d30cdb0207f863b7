/// <reference lib="dom" />
/** The page's line to what it shows: one WebSocket that is opened again whenever it breaks. */
import { decodeFrame, type Frame } from "../../cluster/frame.ts";
import type {
  Command,
  Description,
  Event,
  LaboratoryMessage,
  LaboratoryRequest,
} from "../../cluster/protocol.ts";
import { readBinary } from "../line.ts";

/** The only version that this page reads; `protocol.ts` makes anything else a type error. */
const understood: Description["protocol"] = 1;

/**
 * How long to wait before trying again, s: doubled from the first to the last, until a line has held as long
 * as that. A server that hangs up on every page that it lets in is not called twice a second.
 */
const backOff = { first: 0.5, last: 8 } as const;
/** After this long without any message the server is asked whether it is still there, s. */
const silence = 8;
/** How long it may take to answer, s. */
const patience = 4;

/** How the line is. */
export type LineState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "lost"; readonly since: Date; readonly reason: string };

/** In words, for the reader. */
export function writeLost({ since, reason }: LineState & { readonly kind: "lost" }): string {
  const time = since.toLocaleTimeString([], { hour12: false });
  return `Disconnected since ${time}${reason ? ` (${reason})` : ""}; trying again …`;
}

/** What the page does with what arrives. */
export interface ConnectionHandlers<Received> {
  /** The line is open; all that has happened so far follows. */
  onOpen(): void;
  onEvent(event: Received): void;
  /** For pages that show frames. */
  onFrame?(frame: Frame): void;
  /** For pages that compute: the run's newest weights, as the bus carries them. */
  onWeights?(weights: Uint8Array): void;
  /** And its configuration, which pages do not understand. */
  onConfiguration?(configuration: unknown): void;
  onState(state: LineState): void;
}

/** A line to a run, or to a laboratory. */
export type RunConnection = Connection<Event, Command>;
export type LaboratoryConnection = Connection<LaboratoryMessage, LaboratoryRequest>;

/** A line that keeps itself open until it is closed. */
export class Connection<
  Received extends Event | LaboratoryMessage,
  Sent extends Command | LaboratoryRequest,
> {
  readonly #url: string;
  readonly #handlers: ConnectionHandlers<Received>;
  readonly #listening: ReturnType<typeof setInterval>;
  #socket: WebSocket | undefined;
  #lostSince: Date | undefined;
  #wait: number = backOff.first;
  #nextTry: ReturnType<typeof setTimeout> | undefined;
  #opened = Infinity;
  #heard = 0;

  /** @param path of the WebSocket on this page's own server */
  constructor(path: string, handlers: ConnectionHandlers<Received>) {
    this.#url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.#handlers = handlers;
    this.#listening = setInterval(() => this.#listenForSilence(), silence * 1000 / 2);
    handlers.onState({ kind: "connecting" });
    this.#open();
  }

  /**
   * Ask for something; without effect while the line is broken.
   * @returns whether it was sent
   */
  send(command: Sent): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  /** Hang up for good. */
  close(): void {
    clearInterval(this.#listening);
    clearTimeout(this.#nextTry);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Open the line anew, to be told everything once more. */
  renew(): void {
    const socket = this.#socket;
    // One that is lost is opened again already.
    if (!socket) return;
    this.#open();
    socket.close();
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const current = () => this.#socket === socket;
    socket.onopen = () => {
      if (!current()) return;
      this.#opened = this.#heard = performance.now();
      this.#lostSince = undefined;
      this.#handlers.onOpen();
      this.#handlers.onState({ kind: "open" });
    };
    socket.onmessage = ({ data }) => {
      if (current()) this.#receive(data);
    };
    socket.onclose = ({ reason }) => {
      if (current()) this.#lose(reason);
    };
  }

  #receive(data: string | ArrayBuffer): void {
    this.#heard = performance.now();
    if (this.#heard - this.#opened > backOff.last * 1000) this.#wait = backOff.first;
    if (typeof data !== "string") return this.#receiveBinary(new Uint8Array(data));
    // The server sends only what its schema has let through; the version is the one thing to check.
    const event: Received = JSON.parse(data);
    if ("protocol" in event && event.protocol !== understood) {
      this.#lose("the server speaks a newer protocol; load this page again");
      return;
    }
    this.#handlers.onEvent(event);
  }

  #receiveBinary(bytes: Uint8Array): void {
    const message = readBinary(bytes);
    switch (message?.kind) {
      case "frame":
        return this.#handlers.onFrame?.(decodeFrame(message.payload));
      case "weights":
        return this.#handlers.onWeights?.(message.payload);
      case "configuration":
        return this.#handlers.onConfiguration?.(
          JSON.parse(new TextDecoder().decode(message.payload)),
        );
    }
  }

  #lose(reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#lostSince ??= new Date();
    this.#handlers.onState({ kind: "lost", since: this.#lostSince, reason });
    this.#nextTry = setTimeout(() => this.#open(), this.#wait * 1000);
    this.#wait = Math.min(2 * this.#wait, backOff.last);
  }

  /** A line through a sleeping machine or a dead tunnel breaks without a word. */
  async #listenForSilence(): Promise<void> {
    const socket = this.#socket;
    const quiet = performance.now() - this.#heard > silence * 1000;
    if (!quiet || socket?.readyState !== WebSocket.OPEN) return;
    try {
      await fetch("/health", { signal: AbortSignal.timeout(patience * 1000) });
      this.#heard = performance.now();
    } catch {
      if (this.#socket === socket) this.#lose("the server does not answer");
    }
  }
}
