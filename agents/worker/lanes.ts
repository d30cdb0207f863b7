/** Which lanes a worker serves: those whose jobs it has everything for. */
import type { Subscription } from "../../cluster/bus.ts";
import { lanesInOrder } from "../../cluster/jobs/lanes.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { LaneRecord, Needs } from "../../cluster/jobs/records.ts";

/** What a machine has at the moment. */
export interface Supply {
  /** Names of the tensor backends that work. */
  readonly backends: ReadonlySet<string>;
  /** Memory that is free, bytes. */
  readonly memory: number;
  hasData(files: Needs["data"]): Promise<boolean>;
}

/** Follows the table of lanes. */
export class LaneWatch {
  readonly #lanes = new Map<string, LaneRecord>();
  #subscription?: Subscription;

  /** @param onChange called whenever a lane has come */
  constructor(private readonly ledger: Ledger, private readonly onChange: () => void) {}

  /** Begin; resolves when all lanes that there are have been seen. */
  async start(): Promise<void> {
    this.#subscription = await this.ledger.watchLanes((name, lane) => {
      this.#lanes.set(name, lane);
      this.onChange();
    });
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }

  /** The lanes that `supply` is enough for, in the order in which they are served. */
  async servable(supply: Supply): Promise<string[]> {
    const served = new Set<Needs>();
    for (const { needs } of this.#lanes.values()) {
      if (await satisfies(supply, needs)) served.add(needs);
    }
    return lanesInOrder(this.#lanes, (needs) => served.has(needs));
  }
}

/** Whether `supply` is enough for `needs`. */
export async function satisfies(supply: Supply, needs: Needs): Promise<boolean> {
  return supply.backends.has(needs.backend) && needs.memory <= supply.memory &&
    await supply.hasData(needs.data);
}
