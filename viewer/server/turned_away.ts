/** A room that lets nobody stay: its pages are told why, which a refused handshake could not do. */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

/** Closes every line at once. */
export class TurnedAway {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1 });
  /** Nobody is ever in it. */
  readonly size = 0;

  /** @param reason at most 123 bytes */
  constructor(private readonly code: number, private readonly reason: string) {}

  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    this.#server.handleUpgrade(request, stream, Buffer.from(head), (page) => {
      page.on("error", () => page.terminate());
      page.close(this.code, this.reason);
    });
  }

  /** Hang up on those who have not hung up themselves. */
  close(): Promise<void> {
    for (const page of this.#server.clients) page.terminate();
    return Promise.resolve();
  }
}
