/**
 * What a process counts of its part in the cluster. Each counter is kept here and given to OpenTelemetry,
 * which exports it where the standard variables say so (`OTEL_DENO=true`, `OTEL_EXPORTER_OTLP_ENDPOINT`)
 * and costs nothing otherwise.
 */
import { type Counter, metrics } from "@opentelemetry/api";

/** All counters: what each counts. */
export const counterMeanings = {
  "jobs.claimed": "attempts at jobs that this process has begun",
  "jobs.finished": "results that this process has committed",
  "jobs.failed": "attempts that ended by an exception or a stall",
  "jobs.handed-over": "jobs that were given to others because this process had to leave",
  "jobs.lost": "jobs that were taken from this process while it worked on them",
  "results.repeated": "results that somebody else had committed before, and equal",
  "results.different": "results that differ from the one committed before: each an alarm",
  "hints.redelivered": "hints that were handed out before",
  "writes.fenced": "writes that were refused because the job had a newer epoch",
  "messages.malformed": "messages that went to the dead letters",
  "frames.dropped": "frames and weights that were not sent because there was no room",
  "bytes.events": "bytes of events that were kept",
  "bytes.checkpoints": "bytes of checkpoints that were kept",
  "bytes.results": "bytes of results that were kept",
  "workers.restarted": "worker processes that died and were started again",
} as const;

export type CounterName = keyof typeof counterMeanings;

const names = Object.keys(counterMeanings) as CounterName[];

/** The counters of a process. */
export class Counters {
  readonly #totals = new Map<CounterName, number>(names.map((name) => [name, 0]));
  readonly #exported: ReadonlyMap<CounterName, Counter>;

  constructor() {
    const meter = metrics.getMeter("callosum");
    this.#exported = new Map(names.map((name) => {
      const unit = name.startsWith("bytes.") ? "By" : "1";
      return [
        name,
        meter.createCounter(`callosum.${name}`, { description: counterMeanings[name], unit }),
      ];
    }));
  }

  /** @param amount an integer of at least 0 */
  add(name: CounterName, amount = 1): void {
    this.#totals.set(name, this.#totals.get(name)! + amount);
    this.#exported.get(name)!.add(amount);
  }

  /** Those that are not 0. */
  get totals(): Readonly<Partial<Record<CounterName, number>>> {
    return Object.fromEntries([...this.#totals].filter(([, total]) => total > 0));
  }
}
