/** The actors of a job, on a bus: found when the job first asks for pieces, and let go when it ends. */
import type { Bus } from "../../cluster/bus.ts";
import type {
  Actors,
  PieceStream,
  PieceStreamOptions,
  PieceTensors,
  Work,
} from "../../learners/actors.ts";
import { actorWork } from "../../learners/rl/actor_works.ts";
import { Collector } from "./collector.ts";
import { Exchange, exchangeId, type ExchangeOptions } from "./exchange.ts";
import { RolloutStream } from "./stream.ts";

/** How a job's actors are found. */
export interface JobActorsOptions extends Omit<ExchangeOptions, "id"> {
  /** What the job is called on the bus. */
  readonly owner: string;
}

/** See the file's head. Leaving its scope lets all go. */
export class JobActors implements Actors, Disposable {
  #exchange: Exchange | undefined;
  #collector: Collector | undefined;

  constructor(private readonly bus: Bus, private readonly options: JobActorsOptions) {}

  async collect(
    work: Work,
    weights: Uint8Array,
    pieces: number,
  ): Promise<readonly PieceTensors[]> {
    this.#collector ??= new Collector(this.exchange);
    const contents = await this.#collector.collect({
      work: actorWork.parse(work),
      pieces,
      weights,
      help: true,
    });
    return contents.map(({ tensors }) => tensors);
  }

  stream(work: Work, options: PieceStreamOptions, weights: Uint8Array): PieceStream {
    const stream = new RolloutStream(
      this.exchange,
      { ...options, work: actorWork.parse(work) },
      weights,
    );
    return {
      counters: stream.counters,
      async next() {
        const { piece: { piece: number, tensors }, lag, stale } = await stream.next();
        return { number, tensors, lag, stale };
      },
      publish: (newer) => stream.publish(newer),
      [Symbol.dispose]: () => stream.close(),
    };
  }

  /** Made when it is first needed: a job that asks for nothing occupies nobody. */
  get exchange(): Exchange {
    const { owner, ...options } = this.options;
    return this.#exchange ??= new Exchange(this.bus, { ...options, id: exchangeId(owner) });
  }

  [Symbol.dispose](): void {
    this.#exchange?.close();
  }
}
