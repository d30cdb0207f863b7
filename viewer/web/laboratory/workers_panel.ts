/// <reference lib="dom" />
/** The list of workers: what each has, and what it does. */
import type { Laboratory, ShownWorker } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { ProgressBar } from "./state_bar.ts";
import { writeBytes, writeMore, writeSteps, writeWorkerState } from "./words.ts";

/** The panel of the workers. */
export class WorkersPanel {
  readonly #facts = element("#workers-facts", HTMLElement);
  readonly #nothing = element("#no-workers", HTMLElement);
  readonly #more = element("#more-workers", HTMLElement);
  readonly #rows = new KeyedList<ShownWorker>(
    element("#workers", HTMLElement),
    ({ id }) => id,
    () => new WorkerRow(),
  );

  show({ total, list }: Laboratory["workers"]): void {
    this.#rows.show(list);
    const finished = list.reduce((sum, worker) => sum + worker.finished, 0);
    setText(this.#facts, total > 0 ? `${total} · ${finished} jobs finished` : "");
    setText(this.#more, writeMore(total, list.length, "workers"));
    this.#nothing.hidden = total > 0;
  }
}

class WorkerRow implements Row<ShownWorker> {
  readonly element = create("tr");
  readonly #name = create("span", "line");
  readonly #has = create("span", "line second");
  readonly #job = create("span", "line");
  readonly #doing = create("span", "line second");
  readonly #bar = new ProgressBar();
  readonly #load = create("span", "line");
  readonly #memory = create("span", "line second");

  constructor() {
    const head = create("th");
    head.scope = "row";
    head.append(this.#name, this.#has);
    const job = create("td");
    job.append(this.#job, this.#bar.element, this.#doing);
    const machine = create("td");
    machine.append(this.#load, this.#memory);
    this.#doing.classList.add("word");
    this.element.append(head, job, machine);
  }

  show(worker: ShownWorker): void {
    const { id, name, host, state, backends, job, load, cores, memory } = worker;
    this.element.dataset.state = state;
    setText(this.#name, name);
    this.#name.title = id;
    const names = backends.map(({ name }) => name).join(", ") || "no backend";
    setText(this.#has, `${host} · ${names}`);
    this.#has.title = backends.map(({ name, device }) => `${name}: ${device}`).join("\n");
    this.#showJob(job, writeWorkerState(worker));
    setText(this.#load, `${load.toFixed(1)} / ${cores}`);
    setText(this.#memory, `${writeBytes(memory.free)} free`);
    this.#memory.title = `of ${writeBytes(memory.total)}`;
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
