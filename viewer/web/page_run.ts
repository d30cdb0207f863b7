/// <reference lib="dom" />
/**
 * A run that this page computes itself: its agents show it and, where it is a training, train it. What it
 * says and what it can be asked is what any run says and can be asked.
 */
import { subjects, type Subscription } from "../../cluster/bus.ts";
import { decodeFrame, type Frame } from "../../cluster/frame.ts";
import type { RunInHand } from "../../cluster/in_page.ts";
import type { Command, Control, Description, Event } from "../../cluster/protocol.ts";
import type { PageAgents } from "./page_agents.ts";

/** What the page does with what the run says. */
export interface PageRunHandlers {
  onEvent(event: Event): void;
  onFrame(frame: Frame): void;
  /** Its weights have changed. */
  onInHand(inHand: RunInHand): void;
}

const encoder = new TextEncoder();
const encode = (message: Command | Control) => encoder.encode(JSON.stringify(message));

/** A run of this page. */
export class PageRun {
  readonly name: string;
  readonly #agents: PageAgents;
  readonly #tasks: readonly string[];
  readonly #handlers: PageRunHandlers;
  readonly #subscriptions: readonly Subscription[];
  #inHand: RunInHand;
  /** A training begins when the run has been described. */
  #isTrainingDue: boolean;
  #isTraining: boolean;

  /**
   * @param inHand what is shown; a training when something is chosen in it, and it has no weights yet
   * @param tasks those that agents in a page can show
   */
  constructor(
    name: string,
    agents: PageAgents,
    inHand: RunInHand,
    tasks: readonly string[],
    handlers: PageRunHandlers,
  ) {
    this.name = name;
    this.#agents = agents;
    this.#tasks = tasks;
    this.#handlers = handlers;
    this.#inHand = inHand;
    this.#isTrainingDue = inHand.choice !== undefined && inHand.weights === undefined;
    this.#isTraining = this.#isTrainingDue;
    const decoder = new TextDecoder();
    const { bus } = agents;
    this.#subscriptions = [
      bus.subscribe(
        subjects.events(name),
        (payload) => this.#receive(JSON.parse(decoder.decode(payload))),
      ),
      bus.subscribe(subjects.frames(name), (payload) => handlers.onFrame(decodeFrame(payload))),
      bus.subscribe(subjects.weights(name), (weights) => {
        this.#inHand = { ...this.#inHand, weights };
        handlers.onInHand(this.#inHand);
      }),
    ];
    agents.ask({ ...inHand, kind: "show", run: name });
    agents.ask({ kind: "standing", training: this.#isTraining ? "starting" : "none" });
  }

  /** Whether it trains, or is about to. */
  get isTraining(): boolean {
    return this.#isTraining;
  }

  /** Ask the run for something. */
  send(command: Command): void {
    this.#agents.bus.publish(subjects.commands(this.name), encode(command));
  }

  /** Have the training end soon; what it has come to stays. */
  stop(): void {
    this.#agents.bus.publish(subjects.control(this.name), encode({ type: "stop" }));
  }

  /** The training has ended, by itself or not. */
  ended(end: "finished" | "stopped"): void {
    this.#isTraining = false;
    this.#agents.ask({ kind: "standing", training: end });
  }

  /** Leave it: nothing of it is heard any more. */
  close(): void {
    this.stop();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#agents.ask({ kind: "leave" });
  }

  #receive(event: Event): void {
    this.#handlers.onEvent(event.type === "description" ? this.#limited(event) : event);
    if (event.type === "description" && this.#isTrainingDue) {
      this.#isTrainingDue = false;
      this.#agents.ask({ ...this.#inHand, kind: "train", run: this.name });
      this.#agents.ask({ kind: "standing", training: "training" });
    }
    if (event.type === "progress" && event.update === event.updates) {
      this.#agents.ask({ kind: "standing", training: "evaluating" });
    }
  }

  /** What the run offers, less what a page cannot do: the other controllers are scripted. */
  #limited(description: Description): Description {
    return {
      ...description,
      tasks: description.tasks.filter((task) => this.#tasks.includes(task)),
      controllers: [description.controller],
    };
  }
}
