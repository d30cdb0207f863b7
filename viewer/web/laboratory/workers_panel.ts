/// <reference lib="dom" />
/** The workers: what each has, what it does, and how to have it leave. */
import type { Laboratory, ShownWorker } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import type { Orders } from "./orders.ts";
import { ProgressBar } from "./state_bar.ts";
import { writeBytes, writeMore, writeSteps, writeWorkerState } from "./words.ts";

/** A worker, and whether the reader may send it away. */
interface WorkerLine {
  readonly worker: ShownWorker;
  readonly mayControl: boolean;
}

/** The panel of the workers. */
export class WorkersPanel {
  readonly #facts = element("#workers-facts", HTMLElement);
  readonly #nothing = element("#no-workers", HTMLElement);
  readonly #more = element("#more-workers", HTMLElement);
  readonly #rows: KeyedList<WorkerLine>;

  constructor(orders: Orders) {
    this.#rows = new KeyedList(
      element("#workers", HTMLElement),
      ({ worker: { id } }) => id,
      ({ worker }) => new WorkerRow(worker, orders),
    );
  }

  /** @param mayControl whether the page's orders are carried out */
  show({ total, list }: Laboratory["workers"], mayControl: boolean): void {
    this.#rows.show(list.map((worker) => ({ worker, mayControl })));
    const finished = list.reduce((sum, worker) => sum + worker.finished, 0);
    setText(this.#facts, total > 0 ? `${finished} jobs finished by those that are here` : "");
    setText(this.#more, writeMore(total, list.length, "workers"));
    this.#nothing.hidden = total > 0;
  }
}

/** What each cell says; the column's head says what that is. */
const cells = ["doing", "backends", "load", "memory", "finished", "order"] as const;

class WorkerRow implements Row<WorkerLine> {
  readonly element = create("tr");
  readonly #name = create("span", "line");
  readonly #host = create("span", "line second");
  readonly #job = create("span", "line");
  readonly #doing = create("span", "line second word");
  readonly #bar = new ProgressBar();
  readonly #backends = create("span", "line");
  readonly #devices = create("span", "line second");
  readonly #load = create("span", "line");
  readonly #loadBar = new ProgressBar();
  readonly #free = create("span", "line");
  readonly #total = create("span", "line second");
  readonly #finished = create("span", "line");
  readonly #drain: HTMLButtonElement;
  #state: ShownWorker["state"];

  constructor({ id, name, state }: ShownWorker, orders: Orders) {
    this.#state = state;
    this.#drain = orders.button("Drain", () => ({ type: "drain", worker: id }), () => ({
      title: `Drain ${name}?`,
      text: this.#state === "working"
        ? "It finishes the job in hand, takes no other, and leaves."
        : "It takes no more jobs, and leaves.",
      verb: "Drain it",
    }));
    this.#drain.title = "Finish the job in hand, take no other, leave";
    this.#drain.ariaLabel = `Drain ${name}`;
    const head = create("th");
    head.scope = "row";
    head.append(this.#name, this.#host);
    const contents: Readonly<Record<(typeof cells)[number], readonly Node[]>> = {
      doing: [this.#job, this.#bar.element, this.#doing],
      backends: [this.#backends, this.#devices],
      load: [this.#load, this.#loadBar.element],
      memory: [this.#free, this.#total],
      finished: [this.#finished],
      order: [this.#drain],
    };
    this.element.append(
      head,
      ...cells.map((name) => {
        const cell = create("td", `worker-${name}`);
        cell.append(...contents[name]);
        return cell;
      }),
    );
  }

  show({ worker, mayControl }: WorkerLine): void {
    const { id, name, host, state, backends, job, load, cores, memory, finished } = worker;
    this.#state = this.element.dataset.state = state;
    setText(this.#name, name);
    this.#name.title = id;
    setText(this.#host, host);
    setText(this.#backends, backends.map(({ name }) => name).join(", ") || "none");
    setText(this.#devices, backends.map(({ device }) => device).join(", "));
    this.#backends.title = backends.map(({ name, device }) => `${name}: ${device}`).join("\n");
    this.#showJob(job, writeWorkerState(worker));
    setText(this.#load, `${load.toFixed(1)} / ${cores}`);
    this.#loadBar.show(load / cores);
    setText(this.#free, `${writeBytes(memory.free)} free`);
    setText(this.#total, `of ${writeBytes(memory.total)}`);
    setText(this.#finished, String(finished));
    this.#drain.hidden = !mayControl;
    this.#drain.ariaDisabled = String(state === "draining" || state === "silent");
  }

  #showJob(job: ShownWorker["job"], doing: string): void {
    // Whatever it does, its row keeps its height.
    this.#bar.element.style.visibility = job ? "" : "hidden";
    this.#job.classList.toggle("word", !job);
    if (!job) {
      setText(this.#job, doing);
      this.#job.title = "";
      return setText(this.#doing, "\u00a0");
    }
    const { id, name, run, kind, step, steps } = job;
    const words = [run, name === kind ? "" : name].filter(Boolean).join(" · ") || id.slice(0, 8);
    if (kind === "sim") this.#link(words, id);
    else setText(this.#job, words);
    this.#job.title = `job ${id}`;
    this.#bar.show(steps > 0 ? step / steps : 0);
    const progress = writeSteps(step, steps) || "begins";
    setText(this.#doing, doing === "working" ? progress : `${doing} · ${progress}`);
  }

  /** A job that moves an arm leads to it. */
  #link(words: string, id: string): void {
    let link = this.#job.querySelector("a");
    if (!link) {
      link = create("a");
      this.#job.replaceChildren(link);
    }
    setText(link, words);
    link.href = `/arm?job=${id}`;
  }
}
