/** What the laboratory has told of a run that is watched closely, and what it comes to. */
import type { Curve, LaboratoryRun } from "../../../cluster/protocol.ts";
import { meanCurve, type Points } from "./mean_curve.ts";

/** The mean of a variant's seeds. */
export interface MeanCurve {
  readonly group: string;
  /** The variant's place in the run: that of its colour. */
  readonly place: number;
  readonly points: Points;
}

/** How a run goes, in two numbers: those of the variant that it is named after, the method itself. */
export interface Headline {
  readonly metric: string;
  readonly group: string;
  readonly now: number;
  /** Where it began; undefined as long as there is one number only. */
  readonly first?: { readonly step: number; readonly value: number };
}

/** A run's detail and the curves of its first metric. */
export class ToldRun {
  #detail: LaboratoryRun | undefined;
  readonly #curves = new Map<string, Curve>();

  get detail(): LaboratoryRun | undefined {
    return this.#detail;
  }

  /** Take note of what was told of this run. */
  add(message: LaboratoryRun | Curve): void {
    if (message.type === "laboratory-run") this.#detail = message;
    else this.#curves.set(message.job, message);
  }

  /** Who works on its jobs, each once. */
  get workers(): readonly string[] {
    const running = (this.#detail?.list ?? []).filter(({ state }) => state === "running");
    return [...new Set(running.flatMap(({ worker }) => worker ?? []))].sort();
  }

  /**
   * The means of its variants, only of those that have measured something: first that of the variant that
   * the run is named after, then the others in the run's order.
   */
  means(): MeanCurve[] {
    if (!this.#detail) return [];
    const { title, groups, metrics: [metric] } = this.#detail;
    const curves = [...this.#curves.values()].filter((curve) => curve.metric === metric);
    const means = groups.flatMap(({ name }, place) => {
      const points = meanCurve(curves.filter(({ group }) => group === name));
      return points.x.length > 0 ? [{ group: name, place, points }] : [];
    });
    // Runs are called by method and profile, such as "reste-desk".
    const isNamesake = ({ group }: MeanCurve) => title === group || title.startsWith(`${group}-`);
    return [...means.filter(isNamesake), ...means.filter((mean) => !isNamesake(mean))];
  }

  /** See `Headline`; undefined before there is a number. */
  headline(means: readonly MeanCurve[] = this.means()): Headline | undefined {
    const metric = this.#detail?.metrics[0];
    const [mean] = means;
    if (metric === undefined || !mean) return undefined;
    const { group, points: { x, y } } = mean;
    const first = x.length > 1 ? { step: x[0], value: y[0] } : undefined;
    return { metric, group, now: y[y.length - 1], first };
  }
}
