/// <reference lib="dom" />
/** The machines and the queue: who is there and with what, what waits, what went wrong and was mended. */
import type { Laboratory, LaboratoryMessage } from "../../../cluster/protocol.ts";
import { element } from "../dom.ts";
import { AlarmsPanel } from "../laboratory/alarms_panel.ts";
import { MendedPanel } from "../laboratory/mended_panel.ts";
import { QueuePanel } from "../laboratory/queue_panel.ts";
import { type Tile, Tiles } from "../laboratory/tiles.ts";
import { WorkersPanel } from "../laboratory/workers_panel.ts";
import { writeBytes } from "../laboratory/words.ts";
import type { PageParts, View } from "./view.ts";

/** See the file's head. */
export class ClusterView implements View {
  readonly element = element("#cluster-view", HTMLElement);
  readonly #tiles = new Tiles(element("#cluster-tiles", HTMLElement));
  readonly #workers: WorkersPanel;
  readonly #queue = new QueuePanel();
  readonly #mended = new MendedPanel();
  readonly #alarms = new AlarmsPanel();
  #stopListening = () => {};

  constructor(private readonly page: PageParts) {
    this.#workers = new WorkersPanel(page.orders);
  }

  show(): void {
    const { line } = this.page;
    this.#stopListening();
    this.#stopListening = line.listen((message) => this.#receive(message));
    if (line.laboratory) this.#receive(line.laboratory);
  }

  hide(): void {
    this.#stopListening();
  }

  #receive(message: LaboratoryMessage): void {
    if (message.type !== "laboratory") return;
    this.#tiles.show(tilesOf(message));
    this.#workers.show(message.workers, this.page.line.mayControl);
    this.#queue.show(message);
    this.#mended.show(message.counters);
    this.#alarms.show(message.alarms);
  }
}

function tilesOf({ workers: { total, list }, jobs, alarms, counters }: Laboratory): Tile[] {
  const working = list.filter(({ job }) => job !== undefined).length;
  const silent = list.filter(({ state }) => state === "silent").length;
  const machines = [...new Map(list.map((worker) => [worker.host, worker])).values()];
  const sum = (part: (worker: typeof list[number]) => number) =>
    machines.reduce((sum, machine) => sum + part(machine), 0);
  const deadLetters = counters["dead letters"] ?? 0;
  return [
    {
      name: "Workers",
      value: String(total),
      note: [`${working} at work`, silent > 0 ? `${silent} silent` : ""].filter(Boolean).join(", "),
      isWarning: silent > 0,
    },
    { name: "Queue", value: String(jobs.queued), note: `${jobs.running} running` },
    {
      name: "Load",
      value: sum(({ load }) => load).toFixed(1),
      note: `of ${sum(({ cores }) => cores)} cores on ${machines.length} ${
        machines.length === 1 ? "machine" : "machines"
      }`,
    },
    {
      name: "Free memory",
      value: writeBytes(sum(({ memory }) => memory.free)),
      note: `of ${writeBytes(sum(({ memory }) => memory.total))}`,
    },
    {
      name: "Alarms",
      value: String(alarms.total),
      note: alarms.total > 0 ? "results that differ" : "all results agree",
      isWarning: alarms.total > 0,
    },
    {
      name: "Dead letters",
      value: String(deadLetters),
      note: deadLetters > 0 ? "messages that nobody understood" : "",
      isWarning: deadLetters > 0,
    },
  ];
}
