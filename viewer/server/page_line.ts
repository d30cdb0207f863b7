/**
 * The line to one page. What is sent to it never waits without bound: a page that reads too slowly misses
 * frames, and of what is replaced by its successor it gets the newest only, as soon as it has caught up.
 */
import type { WebSocket } from "ws";
import type { Right } from "./access.ts";

/** Unsent bytes beyond which a page gets no more frames: some hundred frames. */
const frameBacklog = 64 * 1024;
/** Unsent bytes beyond which what has a successor waits for the page, and is replaced by it. */
const latestBacklog = 64 * 1024;
/** Unsent bytes beyond which a page is given up; it connects again and gets the history. */
const eventBacklog = 8 * 1024 * 1024;

/** The line to one page. */
export class PageLine {
  /** What waits until the page has caught up, the newest of each kind. */
  readonly #waiting = new Map<string, string | Uint8Array>();

  /** @param right what the page may do */
  constructor(private readonly socket: WebSocket, readonly right: Right) {}

  /** Send an event. A page that has not read the last megabytes is hung up on instead. */
  sendEvent(text: string): void {
    if (this.socket.bufferedAmount > eventBacklog) this.socket.terminate();
    else this.#send(text);
  }

  /**
   * Send a frame, if the page keeps up.
   * @returns whether it was sent
   */
  sendFrame(frame: Uint8Array): boolean {
    if (this.socket.bufferedAmount > frameBacklog) return false;
    this.#send(frame);
    return true;
  }

  /** Send what replaces everything that was sent under `key` before; later, if the page is behind. */
  sendLatest(key: string, message: string | Uint8Array): void {
    this.#waiting.delete(key);
    if (this.socket.bufferedAmount > latestBacklog) this.#waiting.set(key, message);
    else this.#send(message);
  }

  /** Forget what waits and is not wanted any more. */
  forget(isUnwanted: (key: string) => boolean): void {
    for (const key of this.#waiting.keys()) if (isUnwanted(key)) this.#waiting.delete(key);
  }

  /** Say goodbye. */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  #send(message: string | Uint8Array): void {
    // Frames fill the line up to the same mark: what waits goes first as soon as there is room.
    this.socket.send(message, () => this.#catchUp());
  }

  #catchUp(): void {
    if (this.socket.readyState !== this.socket.OPEN) return this.#waiting.clear();
    for (const [key, message] of this.#waiting) {
      if (this.socket.bufferedAmount > latestBacklog) return;
      this.#waiting.delete(key);
      this.#send(message);
    }
  }
}
