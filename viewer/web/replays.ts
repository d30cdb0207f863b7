/// <reference lib="dom" />
/**
 * Trials that an agent in this page does again with lesions: asks for them, and gathers what comes, which
 * is what comes of any run, into hand paths and measures.
 */
import { subjects } from "../../cluster/bus.ts";
import { decodeFrame } from "../../cluster/frame.ts";
import type { ReplayRequest, RunInHand } from "../../cluster/in_page.ts";
import type { Description, Event, TrialEnded, TrialStarted } from "../../cluster/protocol.ts";
import { handPoint, type Point } from "./kinematics.ts";
import type { PageAgents } from "./page_agents.ts";

/** Under which name the answers come. */
const answer = "replays";

/** One trial, done again. */
export interface ReplayedTrial extends Pick<TrialStarted, "trial" | "start" | "goal"> {
  /** The hand at each step, m. */
  readonly path: readonly Point[];
  readonly measures: TrialEnded["measures"];
}

/** What came of one request. */
export interface Replay {
  readonly task: string;
  /** How many updates the weights have had. */
  readonly update: number;
  /** The same trials for each lesion, by its name. */
  readonly trials: ReadonlyMap<string, readonly ReplayedTrial[]>;
}

/** Which trials are to be done, with which lesions, of which run. */
export type ReplayOrder = RunInHand & Pick<ReplayRequest, "task" | "first" | "count" | "lesions">;

/** A trial that is coming in. */
interface Incoming {
  readonly begun: TrialStarted;
  readonly path: Point[];
}

/** Has trials done again, one request after the other. */
export class Replays {
  readonly #agents: PageAgents;
  readonly #onReplay: (replay: Replay) => void;
  #arm: Description["arm"] | undefined;
  #request = 0;
  #isBusy = false;
  /** What is to be asked for when the agent has answered; only the newest counts. */
  #next: ReplayOrder | undefined;
  #incoming: Incoming | undefined;
  #trials = new Map<string, ReplayedTrial[]>();
  #begun: TrialStarted | undefined;

  constructor(agents: PageAgents, onReplay: (replay: Replay) => void) {
    this.#agents = agents;
    this.#onReplay = onReplay;
    const decoder = new TextDecoder();
    agents.bus.subscribe(
      subjects.events(answer),
      (payload) => this.#receive(JSON.parse(decoder.decode(payload))),
    );
    agents.bus.subscribe(subjects.frames(answer), (payload) => {
      const { angles } = decodeFrame(payload);
      if (this.#arm) this.#incoming?.path.push(handPoint(this.#arm, angles));
    });
  }

  /** Whose hand it is. */
  load(arm: Description["arm"]): void {
    this.#arm = arm;
  }

  /** Have trials done; an order that still waits is replaced. */
  order(order: ReplayOrder): void {
    this.#next = order;
    if (!this.#isBusy) this.#ask();
  }

  /** Forget what has been ordered. */
  cancel(): void {
    this.#next = undefined;
    this.#request++;
  }

  /** A request has been answered; one that has been cancelled, too. */
  answered(request: number): void {
    const begun = this.#begun;
    if (request === this.#request && begun) {
      this.#onReplay({ task: begun.task, update: begun.update, trials: this.#trials });
    }
    this.#isBusy = false;
    if (this.#next) this.#ask();
  }

  /** A request has come to nothing. */
  failed(): void {
    this.#isBusy = false;
    this.#next = undefined;
  }

  #ask(): void {
    const order = this.#next;
    if (!order) return;
    this.#next = undefined;
    this.#isBusy = true;
    this.#trials = new Map();
    this.#agents.ask({ ...order, kind: "replay", answer, request: ++this.#request });
  }

  #receive(event: Event): void {
    if (event.type === "trial") {
      this.#begun = event;
      this.#incoming = { begun: event, path: [] };
    }
    if (event.type === "trial-ended" && this.#incoming) {
      const { begun: { trial, start, goal, lesion }, path } = this.#incoming;
      const done = { trial, start, goal, path, measures: event.measures };
      this.#trials.set(lesion, [...this.#trials.get(lesion) ?? [], done]);
      this.#incoming = undefined;
    }
  }
}
