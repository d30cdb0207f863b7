/**
 * The pages that watch one run: they get its events and frames from the bus, whenever they come, and what
 * they ask for goes out on it as it was understood, not as it was written. For the agents in the pages
 * themselves they also get its configuration and, now and then, its newest weights.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import { inPageSubjects } from "../../cluster/in_page.ts";
import {
  type Command,
  decodeCommand,
  decodeEvent,
  encodeMessage,
  type Notice,
} from "../../cluster/protocol.ts";
import { tagged } from "../line.ts";
import type { Right } from "./access.ts";
import { Audience } from "./audience.ts";
import { RunHistory } from "./history.ts";
import type { PageLine } from "./page_line.ts";
import type { RoomReports } from "./site.ts";

/** Time between two sets of weights for a page at the least, ms: nobody sees more of them change. */
const weightsEvery = 500;
/** The largest weights that go to pages, bytes: what agents there can do in time is smaller. */
const largestWeights = 4 * 1024 * 1024;

/** What a page is told that asks for something and may only watch. */
const mayOnlyWatch: Notice = {
  type: "notice",
  level: "warning",
  text: "This page may only watch: open it with the token that grants control",
};

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
  #configuration: Uint8Array | undefined;
  #weights: Uint8Array | undefined;
  #weightsSent = -Infinity;
  #weightsDue: ReturnType<typeof setTimeout> | undefined;

  constructor({ bus, run, onError, onDroppedFrame, onEmpty }: RunRoomOptions) {
    this.#audience = new Audience({
      decode: decodeCommand,
      onJoin: (page) => this.#greet(page),
      onLeave: () => {
        if (this.#audience.size === 0) onEmpty?.();
      },
      onCommand: (command, page) => {
        if (page.right === "control") bus.publish(subjects.commands(run), encodeMessage(command));
        else page.sendEvent(JSON.stringify(mayOnlyWatch));
      },
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
      bus.subscribe(inPageSubjects.configuration(run), (payload) => {
        this.#configuration = tagged("configuration", payload);
        this.#sendToAll("configuration", this.#configuration);
      }),
      bus.subscribe(subjects.weights(run), (payload) => this.#receiveWeights(payload)),
    ];
  }

  /** How many pages are here. */
  get size(): number {
    return this.#audience.size;
  }

  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array, right: Right): void {
    this.#audience.admit(request, stream, head, right);
  }

  /** Leave the bus and say goodbye to all pages. */
  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    clearTimeout(this.#weightsDue);
    await this.#audience.dismiss();
  }

  #sendToAll(key: string, message: Uint8Array): void {
    for (const page of this.#audience.pages()) page.sendLatest(key, message);
  }

  /** The newest weights go out when they are due, whatever came before them. */
  #receiveWeights(payload: Uint8Array): void {
    if (payload.length > largestWeights) return;
    this.#weights = payload;
    this.#weightsDue ??= setTimeout(() => {
      this.#weightsDue = undefined;
      this.#weightsSent = performance.now();
      if (this.#weights) this.#sendToAll("weights", tagged("weights", this.#weights));
    }, Math.max(0, this.#weightsSent + weightsEvery - performance.now()));
  }

  #greet(page: PageLine): void {
    for (const event of this.#history.replay()) page.sendEvent(JSON.stringify(event));
    if (this.#lastFrame) page.sendFrame(this.#lastFrame);
    if (this.#configuration) page.sendLatest("configuration", this.#configuration);
    if (this.#weights) page.sendLatest("weights", tagged("weights", this.#weights));
  }
}
