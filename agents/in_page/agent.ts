/** The agent in a page's Web Worker: replays, shows or trains, as the page asks. */
import type { Bus } from "../../cluster/bus.ts";
import type {
  InPageFailure,
  InPageReply,
  InPageRequest,
  ReplayRequest,
  RunInHand,
  ShowRequest,
} from "../../cluster/in_page.ts";
import { ShowingAgent } from "../sim/showing.ts";
import { requireNetwork, runHere, weightsHere } from "./hand_over.ts";
import { Replayer } from "./replayer.ts";
import { requireShown } from "./tasks.ts";
import { trainHere } from "./training.ts";

/** Does what its page asks for. */
export class InPageAgent implements Disposable {
  #showing: ShowingAgent | undefined;
  /** The replayer of the last run that was replayed, and which run that is. */
  #replayer: { readonly run: string; readonly replayer: Replayer } | undefined;

  /** @param reply tells the page what does not go over the bus */
  constructor(
    private readonly bus: Bus,
    private readonly reply: (reply: InPageReply) => void,
  ) {}

  /** Do what the page asks for; what is no request, such as a message of the bus, is left alone. */
  obey(request: InPageRequest): void {
    switch (request.kind) {
      case "replay":
        return this.#attempt({ request: request.request }, () => this.#replay(request));
      case "show":
        return this.#attempt({ run: request.run }, () => this.#show(request));
      case "leave":
        return this[Symbol.dispose]();
      case "standing":
        return this.#showing?.setTraining(request.training);
      case "train": {
        const { run } = request;
        trainHere(this.bus, request, this.reply).catch((error) => this.#fail({ run }, error));
      }
    }
  }

  /** Stop showing. */
  [Symbol.dispose](): void {
    this.#showing?.close();
    this.#showing = undefined;
  }

  #replay(request: ReplayRequest): void {
    this.#replayerOf(request).replay(request);
    this.reply({ kind: "replayed", request: request.request });
  }

  #replayerOf({ configuration, choice }: RunInHand): Replayer {
    const run = JSON.stringify([configuration, choice]);
    if (this.#replayer?.run !== run) {
      const replayer = new Replayer(this.bus, runHere({ configuration, choice }));
      this.#replayer = { run, replayer };
    }
    return this.#replayer.replayer;
  }

  #show(request: ShowRequest): void {
    this[Symbol.dispose]();
    const { run } = request;
    const here = runHere(request);
    const { config, parts } = here;
    requireShown(config.task);
    const network = requireNetwork(here);
    const learner = { network, ...weightsHere(here, network, request) };
    const onError = (error: unknown) => this.#fail({ run }, error);
    this.#showing = new ShowingAgent({ bus: this.bus, run, config, parts, learner, onError });
  }

  #attempt(what: Pick<InPageFailure, "request" | "run">, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(what, error);
    }
  }

  #fail(what: Pick<InPageFailure, "request" | "run">, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.reply({ kind: "failed", message, ...what });
  }
}
