/**
 * The pages of a laboratory. All are told what they may do, and how it stands; of the run that a page has
 * chosen it is told more. What they have chosen goes out on the bus again and again, so that whoever tells
 * of runs tells only of those. What they order, see `page_orders.ts`.
 *
 * Everything that is told replaces what was told before: what is kept here for a page that comes later is
 * the newest of each kind, and only of what is watched.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Bus, Subscription } from "../../cluster/bus.ts";
import {
  type ChosenRun,
  decodeLaboratoryEvent,
  decodeLaboratoryRequest,
  type LaboratoryEvent,
  laboratoryLimits,
  type LaboratoryRequest,
  laboratorySubjects,
  type Rights,
  type Watch,
} from "../../cluster/protocol.ts";
import type { Right } from "./access.ts";
import { Audience, closeCodes } from "./audience.ts";
import type { PageLine } from "./page_line.ts";
import { PageOrders } from "./page_orders.ts";
import type { RoomReports } from "./site.ts";

const laboratoryKey = "laboratory";
const runKey = (run: string) => `run ${run}`;
const metricKey = (run: string, metric: string) => `curve ${run} ${metric} `;

/** What a room needs. */
export interface LaboratoryRoomOptions extends RoomReports {
  readonly bus: Bus;
  /** What is watched here has changed. */
  readonly onChoice: () => void;
}

/** The pages of a laboratory. */
export class LaboratoryRoom {
  readonly #options: LaboratoryRoomOptions;
  readonly #audience: Audience<LaboratoryRequest>;
  readonly #orders: PageOrders;
  readonly #subscription: Subscription;
  readonly #choices = new Map<PageLine, readonly ChosenRun[]>();
  /** The newest of each kind, as text. */
  readonly #latest = new Map<string, string>();
  /** The first metric of each watched run: that of the pages that have chosen none. */
  readonly #firstMetrics = new Map<string, string>();

  constructor(options: LaboratoryRoomOptions) {
    this.#options = options;
    this.#orders = new PageOrders(options);
    this.#audience = new Audience({
      decode: decodeLaboratoryRequest,
      onJoin: (page) => this.#greet(page),
      onLeave: (page) => {
        this.#orders.forget(page);
        if (this.#choices.delete(page)) this.#forgetUnwatched();
      },
      onCommand: (request, page) => {
        if (request.type === "watch") this.#choose(page, request);
        else this.#orders.take(request, page);
      },
    });
    this.#subscription = options.bus.subscribe(laboratorySubjects.events, (payload) => {
      try {
        this.#receive(decodeLaboratoryEvent(payload));
      } catch (error) {
        options.onError(error);
      }
    });
  }

  /** How many pages are here. */
  get size(): number {
    return this.#audience.size;
  }

  /** What the pages watch, each once. */
  get choices(): ChosenRun[] {
    const choices = [...this.#choices.values()].flat();
    return [...new Map(choices.map((choice) => [JSON.stringify(choice), choice])).values()];
  }

  admit(request: IncomingMessage, stream: Duplex, head: Uint8Array, right: Right): void {
    this.#audience.admit(request, stream, head, right);
  }

  /** Leave the bus and say goodbye to all pages. */
  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    this.#orders.close();
    await this.#audience.dismiss();
  }

  #greet(page: PageLine): void {
    const rights: Rights = { type: "rights", control: page.right === "control" };
    page.sendEvent(JSON.stringify(rights));
    this.#send(page, (key) => key === laboratoryKey);
  }

  #receive(event: LaboratoryEvent): void {
    if (event.type === "laboratory-run") {
      const [first] = event.metrics;
      if (first !== undefined) this.#firstMetrics.set(event.run, first);
    }
    const key = keyOf(event);
    const text = JSON.stringify(event);
    const listeners = [...this.#audience.pages()].filter((page) => this.#concerns(key, page));
    // Whoever has just left may still be told of for a moment.
    if (key === laboratoryKey || listeners.length > 0) this.#latest.set(key, text);
    for (const page of listeners) page.sendLatest(key, text);
  }

  #choose(page: PageLine, { runs }: Watch): void {
    if (runs.length === 0) this.#choices.delete(page);
    else this.#choices.set(page, runs);
    if (this.choices.length > laboratoryLimits.watchedRuns) {
      this.#choices.delete(page);
      const reason = `${laboratoryLimits.watchedRuns} runs are watched closely already`;
      return page.close(closeCodes.tryAgainLater, reason);
    }
    page.forget((key) => !this.#concerns(key, page));
    this.#send(page, (key) => key !== laboratoryKey && this.#concerns(key, page));
    this.#forgetUnwatched();
  }

  /** Whether what goes under `key` is for `page`. */
  #concerns(key: string, page: PageLine): boolean {
    if (key === laboratoryKey) return true;
    return this.#choices.get(page)?.some((choice) => {
      const metric = choice.metric ?? this.#firstMetrics.get(choice.run);
      return key === runKey(choice.run) ||
        (metric !== undefined && key.startsWith(metricKey(choice.run, metric)));
    }) ?? false;
  }

  #send(page: PageLine, isWanted: (key: string) => boolean): void {
    for (const [key, text] of this.#latest) if (isWanted(key)) page.sendLatest(key, text);
  }

  #forgetUnwatched(): void {
    const pages = [...this.#choices.keys()];
    for (const key of this.#latest.keys()) {
      const isWatched = key === laboratoryKey || pages.some((page) => this.#concerns(key, page));
      if (!isWatched) this.#latest.delete(key);
    }
    const runs = new Set([...this.#choices.values()].flat().map(({ run }) => run));
    for (const run of this.#firstMetrics.keys()) if (!runs.has(run)) this.#firstMetrics.delete(run);
    this.#options.onChoice();
  }
}

/** What an event replaces the one before of. */
function keyOf(event: LaboratoryEvent): string {
  switch (event.type) {
    case "laboratory":
      return laboratoryKey;
    case "laboratory-run":
      return runKey(event.run);
    case "curve":
      return metricKey(event.run, event.metric) + event.job;
  }
}
