/**
 * The pages that watch one run: they get its events and frames from the bus, whenever they come, and what
 * they ask for goes out on it as it was understood, not as it was written.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import { type Command, decodeCommand, decodeEvent, encodeMessage } from "../../cluster/protocol.ts";
import { Audience } from "./audience.ts";
import { RunHistory } from "./history.ts";
import type { PageLine } from "./page_line.ts";
import type { RoomReports } from "./site.ts";

/** What a room needs. */
export interface RunRoomOptions extends RoomReports {
  readonly bus: Bus;
  /** The run, as in its subjects. */
  readonly run: string;
  /** The last page has left. */
  readonly onEmpty?: () => void;
}

/** The pages of one run. */
export class RunRoom {
  readonly #history = new RunHistory();
  readonly #audience: Audience<Command>;
  readonly #subscriptions: readonly Subscription[];
  #lastFrame: Uint8Array | undefined;

  constructor({ bus, run, onError, onDroppedFrame, onEmpty }: RunRoomOptions) {
    this.#audience = new Audience({
      decode: decodeCommand,
      onJoin: (page) => this.#greet(page),
      onLeave: () => {
        if (this.#audience.size === 0) onEmpty?.();
      },
      onCommand: (command) => bus.publish(subjects.commands(run), encodeMessage(command)),
      onDroppedFrame,
    });
    this.#subscriptions = [
      bus.subscribe(subjects.events(run), (payload) => {
        try {
          const event = decodeEvent(payload);
          this.#history.record(event);
          this.#audience.sendEvent(JSON.stringify(event));
        } catch (error) {
          onError(error);
        }
      }),
      bus.subscribe(subjects.frames(run), (payload) => {
        this.#lastFrame = payload;
        this.#audience.sendFrame(payload);
      }),
    ];
  }

  /** How many pages are here. */
  get size(): number {
    return this.#audience.size;
  }

  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    this.#audience.admit(request, stream, head);
  }

  /** Leave the bus and say goodbye to all pages. */
  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#audience.dismiss();
  }

  #greet(page: PageLine): void {
    for (const event of this.#history.replay()) page.sendEvent(JSON.stringify(event));
    if (this.#lastFrame) page.sendFrame(this.#lastFrame);
  }
}
