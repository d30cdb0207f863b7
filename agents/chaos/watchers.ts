/** Two who stand ready to watch over the jobs. One of them can be lost as a process is: without a word. */
import type { Reconciler } from "../../cluster/jobs/reconciler.ts";
import type { Log } from "../../cluster/log.ts";
import type { Backbone } from "../../cluster/backbone.ts";
import { watchOverJobs } from "../worker/watch_over_jobs.ts";

/** One of them, with a connection of its own. */
interface Watcher {
  readonly backbone: Backbone;
  readonly reconciler: Reconciler;
}

/** Connects to the laboratory under a name. */
export type Join = (name: string) => Promise<Backbone>;

/** See the file's head. */
export class Watchers implements AsyncDisposable {
  readonly #watchers: Watcher[] = [];
  #count = 0;

  private constructor(private readonly join: Join, private readonly log: Log) {}

  static async start(join: Join, log: Log): Promise<Watchers> {
    const watchers = new Watchers(join, log);
    for (let i = 0; i < 2; i++) await watchers.#add();
    return watchers;
  }

  /** Lose the one that does the work now, and have another stand ready. */
  async lose(): Promise<void> {
    const leading = this.#watchers.findIndex(({ reconciler }) => reconciler.leading);
    const [lost] = this.#watchers.splice(Math.max(0, leading), 1);
    // Without a connection it cannot give its role back.
    await lost.backbone.close();
    await lost.reconciler.close();
    await this.#add();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { backbone, reconciler } of this.#watchers) {
      await reconciler.close();
      await backbone.close();
    }
  }

  async #add(): Promise<void> {
    const name = `watcher-${++this.#count}`;
    const backbone = await this.join(name);
    this.#watchers.push({ backbone, reconciler: await watchOverJobs(backbone, name, this.log) });
  }
}
