/**
 * What pages of a laboratory order: it goes out on the bus, and the answer comes back to the page that has
 * asked and to no other. Pages count their requests each for itself, so on the bus they have numbers of the
 * server's own.
 */
import type { Bus, Subscription } from "../../cluster/bus.ts";
import {
  type Answer,
  decodeAnswer,
  encodeMessage,
  type LaboratoryCommand,
  laboratorySubjects,
} from "../../cluster/protocol.ts";
import type { PageLine } from "./page_line.ts";

/** Orders of one page that may wait for their answers. */
const mostWaiting = 8;
/** How long an order may take to be carried out, ms: a run has up to thousands of jobs. */
const patience = 120_000;

/** An order without an answer so far. */
interface Waiting {
  readonly page: PageLine;
  /** The page's number. */
  readonly request: number;
  readonly deadline: ReturnType<typeof setTimeout>;
}

/** What orders need. */
export interface PageOrdersOptions {
  readonly bus: Bus;
  /** Told of answers that are none. */
  readonly onError: (error: unknown) => void;
}

/** The orders of all pages of a laboratory. */
export class PageOrders {
  readonly #bus: Bus;
  readonly #subscription: Subscription;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  constructor({ bus, onError }: PageOrdersOptions) {
    this.#bus = bus;
    this.#subscription = bus.subscribe(laboratorySubjects.answers, (payload) => {
      try {
        const answer = decodeAnswer(payload);
        this.#settle(answer.request, answer);
      } catch (error) {
        onError(error);
      }
    });
  }

  /** Pass an order on, if the page may give any; it is answered in any case. */
  take(command: LaboratoryCommand, page: PageLine): void {
    const { request } = command;
    const refusal = this.#refusal(page);
    if (refusal !== undefined) return tell(page, request, { ok: false, message: refusal });
    const number = this.#count++;
    const deadline = setTimeout(() => this.#settle(number, unanswered), patience);
    // First: the answer may come at once.
    this.#waiting.set(number, { page, request, deadline });
    const { commands } = laboratorySubjects;
    this.#bus.publish(commands, encodeMessage({ ...command, request: number }));
  }

  /** Forget what a page waits for that has left; it is carried out all the same. */
  forget(page: PageLine): void {
    for (const [number, waiting] of this.#waiting) {
      if (waiting.page === page) this.#remove(number, waiting);
    }
  }

  /** Wait for nothing any more. */
  close(): void {
    this.#subscription.unsubscribe();
    for (const [number, waiting] of this.#waiting) this.#remove(number, waiting);
  }

  /** Why the page cannot give an order now. */
  #refusal(page: PageLine): string | undefined {
    if (page.right !== "control") {
      return "This page may only watch: open it with the token that grants control.";
    }
    const waiting = [...this.#waiting.values()].filter((each) => each.page === page).length;
    return waiting >= mostWaiting
      ? `${mostWaiting} orders of this page are not answered yet: wait for them.`
      : undefined;
  }

  #settle(number: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(number);
    // Of a page that has left, or to an order that was given up.
    if (!waiting) return;
    this.#remove(number, waiting);
    tell(waiting.page, waiting.request, outcome);
  }

  #remove(number: number, { deadline }: Waiting): void {
    clearTimeout(deadline);
    this.#waiting.delete(number);
  }
}

type Outcome = Pick<Answer, "ok" | "message" | "run">;

const unanswered: Outcome = {
  ok: false,
  message: `No answer has come for ${patience / 60_000} minutes. ` +
    "It may be carried out all the same: look how the run stands.",
};

function tell(page: PageLine, request: number, { ok, message, run }: Outcome): void {
  const answer: Answer = { type: "answer", request, ok, message, run };
  page.sendEvent(JSON.stringify(answer));
}
