/// <reference lib="dom" />
/**
 * The page's line to its laboratory: what is told goes to whoever listens, runs are watched closely as long
 * as somebody wants to see them, and orders are answered.
 */
import type {
  Answer,
  ChosenRun,
  Laboratory,
  LaboratoryCommand,
  LaboratoryMessage,
} from "../../../cluster/protocol.ts";
import { Connection, type LaboratoryConnection, type LineState } from "../connection.ts";
import { isWatchable } from "./chosen_run.ts";

const socketPath = "/socket";

/** Something that is ordered; the line numbers it. */
export type Order = WithoutNumber<LaboratoryCommand>;
type WithoutNumber<Command> = Command extends LaboratoryCommand ? Omit<Command, "request"> : never;

/** What came of an order. */
export type Outcome = Pick<Answer, "ok" | "message" | "run">;

/** See the file's head. */
export class LaboratoryLine {
  readonly #connection: LaboratoryConnection;
  readonly #listeners = new Set<(message: LaboratoryMessage) => void>();
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #watched: readonly ChosenRun[] = [];
  #laboratory: Laboratory | undefined;
  #mayControl = false;
  #requests = 0;

  /** @param onState told how the line is */
  constructor(onState: (state: LineState) => void) {
    this.#connection = new Connection(socketPath, {
      onOpen: () => this.#sendWatched(),
      onEvent: (message) => this.#receive(message),
      onState: (state) => {
        if (state.kind === "lost") this.#giveUpWaiting();
        onState(state);
      },
    });
  }

  /** How the laboratory stands, as far as it has said. */
  get laboratory(): Laboratory | undefined {
    return this.#laboratory;
  }

  /** Whether this page's orders are carried out. */
  get mayControl(): boolean {
    return this.#mayControl;
  }

  /**
   * Have `listener` told of everything that comes.
   * @returns how to end that
   */
  listen(listener: (message: LaboratoryMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Watch these runs closely from now on, and no others; of what cannot be a run nothing is ever told. */
  watch(runs: readonly ChosenRun[]): void {
    this.#watched = runs.filter(isWatchable);
    this.#sendWatched();
  }

  /** Order something; what came of it. The server answers every order, unless the line breaks before. */
  async order(order: Order): Promise<Outcome> {
    const request = this.#requests++;
    const answered = new Promise<Outcome>((resolve) => this.#waiting.set(request, resolve));
    if (!this.#connection.send({ ...order, request })) {
      this.#waiting.delete(request);
      return { ok: false, message: "The page is not connected; nothing was ordered." };
    }
    return await answered;
  }

  #receive(message: LaboratoryMessage): void {
    switch (message.type) {
      case "rights":
        this.#mayControl = message.control;
        break;
      case "answer":
        this.#settle(message.request, message);
        break;
      case "laboratory":
        this.#laboratory = message;
        break;
    }
    this.#tell(message);
  }

  #tell(message: LaboratoryMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  #sendWatched(): void {
    this.#connection.send({ type: "watch", runs: [...this.#watched] });
  }

  #settle(request: number, outcome: Outcome): void {
    this.#waiting.get(request)?.(outcome);
    this.#waiting.delete(request);
  }

  #giveUpWaiting(): void {
    const message = "The connection broke before the answer came; it may have been done.";
    for (const request of this.#waiting.keys()) this.#settle(request, { ok: false, message });
  }
}
