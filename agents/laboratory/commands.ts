/**
 * Carries out what the pages of a laboratory order: on the ledger, as `deno task runs`, `workers` and
 * `train --cluster` do. Whether a page may order anything its server has decided; here only such orders
 * come in. They are carried out one after the other, and each is answered.
 */
import { type Backbone, BackboneError } from "../../cluster/backbone.ts";
import type { Bus, Subscription } from "../../cluster/bus.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { RecordTable } from "../../cluster/jobs/record_table.ts";
import { workerRecord } from "../../cluster/jobs/records.ts";
import {
  type Answer,
  decodeLaboratoryCommand,
  encodeMessage,
  type LaboratoryCommand,
  laboratorySubjects,
} from "../../cluster/protocol.ts";
import { runDetails } from "../desk/cluster_runs.ts";
import { encodeWorkerControl, workerControlSubject } from "../worker/control.ts";
import { type JobOrder, orderJobs, orderText } from "./job_orders.ts";
import { OrderError } from "./order_error.ts";
import { type QueueDesk, queueRun } from "./queued_run.ts";

/** Orders that may wait for their turn; the next is refused. */
const mostWaiting = 64;
/** The longest answer, characters. */
const longestMessage = 400;

/** Errors whose messages are for whoever has ordered; others come from a fault of ours. */
const foreseen: readonly string[] = ["OrderError", "DataError", "SubmissionError", "RunStoreError"];

/** What carrying out orders needs. */
export interface LaboratoryCommandsOptions extends QueueDesk {
  /** The bus that the pages' server is on, one of this process. */
  readonly pages: Bus;
  /** Told of every order and what has come of it, in a line. */
  readonly onOrder?: (line: string) => void;
  /** Told of what went wrong. */
  readonly onTrouble?: (message: string, error: unknown) => void;
}

/** What has come of an order. */
type Outcome = Pick<Answer, "ok" | "message" | "run">;

/** Carries out orders until it is closed. */
export class LaboratoryCommands implements Disposable {
  readonly #options: LaboratoryCommandsOptions;
  readonly #closed = new AbortController();
  readonly #subscription: Subscription;
  #waiting = 0;
  /** Ends when all orders so far have been carried out. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LaboratoryCommandsOptions) {
    this.#options = options;
    this.#subscription = options.pages.subscribe(
      laboratorySubjects.commands,
      (payload) => this.#take(decodeLaboratoryCommand(payload)),
    );
  }

  /** Take no more orders; the one in hand is left where it is. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#subscription.unsubscribe();
  }

  #take(command: LaboratoryCommand): void {
    if (this.#waiting >= mostWaiting) {
      const message = `${mostWaiting} orders are waiting already; try again in a while.`;
      return this.#answer(command, { ok: false, message });
    }
    this.#waiting++;
    this.#turn = this.#turn.then(async () => {
      const outcome = await this.#carryOut(command);
      this.#waiting--;
      if (!this.#closed.signal.aborted) this.#answer(command, outcome);
    });
  }

  #answer(command: LaboratoryCommand, { ok, message, run }: Outcome): void {
    const { request } = command;
    const answer = { type: "answer", request, ok, message: shortened(message), run } as const;
    this.#options.pages.publish(laboratorySubjects.answers, encodeMessage(answer));
    this.#options.onOrder?.(`${orderOf(command)}: ${answer.message}`);
  }

  /** Never rejects: whatever happens, the page is told something, and the next order has its turn. */
  async #carryOut(command: LaboratoryCommand): Promise<Outcome> {
    const { backbone, onTrouble } = this.#options;
    const outage = new AbortController();
    const link = backbone.link.onChange((state) => {
      if (state !== "connected") outage.abort();
    });
    try {
      if (backbone.link.state !== "connected") return isAway;
      const signal = AbortSignal.any([this.#closed.signal, outage.signal]);
      return await this.#do(command, new Ledger(backbone, { signal, onTrouble }));
    } catch (error) {
      if (outage.signal.aborted) return wentAway;
      return this.#failure(command, error);
    } finally {
      link.unsubscribe();
    }
  }

  #failure(command: LaboratoryCommand, error: unknown): Outcome {
    const message = error instanceof Error ? error.message : String(error);
    const isForeseen = error instanceof BackboneError ||
      (error instanceof Error && foreseen.includes(error.name));
    if (isForeseen) return { ok: false, message };
    this.#options.onTrouble?.(`${orderOf(command)} failed`, error);
    return { ok: false, message: `The laboratory failed at it: ${message}` };
  }

  #do(command: LaboratoryCommand, ledger: Ledger): Promise<Outcome> {
    switch (command.type) {
      case "drain":
        return drain(command.worker, this.#options.backbone);
      case "queue":
        return this.#queue(command, ledger);
      default:
        return orderRun(command, ledger);
    }
  }

  async #queue(command: LaboratoryCommand & { type: "queue" }, ledger: Ledger): Promise<Outcome> {
    const run = await queueRun(command, this.#options, ledger);
    return { ok: true, message: `Run ${run} is queued.`, run };
  }
}

const isAway: Outcome = {
  ok: false,
  message: "The NATS server cannot be reached; nothing was done. Try again when it is back.",
};

const wentAway: Outcome = {
  ok: false,
  message:
    "The NATS server went away in the middle of it. Look how things stand when it is back, " +
    "and order again what is missing.",
};

/** An order in few words, for the log. */
function orderOf(command: LaboratoryCommand): string {
  switch (command.type) {
    case "drain":
      return `drain worker ${command.worker}`;
    case "queue":
      return `queue ${command.method}`;
    default: {
      const { type, run, job } = command;
      return `${type} ${job === undefined ? "" : `job ${job} of `}run ${run}`;
    }
  }
}

const shortened = (message: string) =>
  message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message;

/** @throws {OrderError} when there is no such run, or no such job in it */
async function orderRun(
  { type, run, job }: LaboratoryCommand & { readonly type: JobOrder },
  ledger: Ledger,
): Promise<Outcome> {
  const found = await runDetails(ledger, run);
  if (!found) throw new OrderError(`The laboratory has no run ${run}; it may have been deleted.`);
  const jobs = found.details.filter(({ id }) => job === undefined || id === job);
  if (jobs.length === 0) throw new OrderError(`Run ${run} has no job ${job}.`);
  const concerned = await orderJobs(type, jobs, ledger);
  return { ok: concerned.length > 0, message: orderText(type, concerned.length, jobs.length) };
}

/** @throws {OrderError} when there is no such worker */
async function drain(id: string, backbone: Backbone): Promise<Outcome> {
  const workers = new RecordTable(backbone.table("workers"), "worker", workerRecord);
  if (!await workers.get(id)) throw new OrderError(`There is no worker ${id}; it may have left.`);
  backbone.bus.publish(workerControlSubject(id), encodeWorkerControl({ type: "drain" }));
  return { ok: true, message: `Worker ${id} was told to finish the job in hand and leave.` };
}
