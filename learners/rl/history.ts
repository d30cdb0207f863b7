/** Curves that grow while something is trained, kept in its snapshots. */
import { z } from "zod";
import type { Series } from "../method.ts";

const numbers = z.array(z.number());

/** As JSON. */
export const historySchema = z.record(z.string(), z.object({ x: numbers, y: numbers }));

/** Curves by name. */
export class History {
  readonly #curves: z.infer<typeof historySchema>;

  /** @param curves what has been noted so far; taken over */
  constructor(curves: z.infer<typeof historySchema> = {}) {
    this.#curves = curves;
  }

  /** Add a point to each of the curves; values that are no numbers have no point. */
  note(x: number, values: Readonly<Record<string, number>>): void {
    for (const [name, y] of Object.entries(values)) {
      if (!Number.isFinite(y)) continue;
      const curve = this.#curves[name] ??= { x: [], y: [] };
      curve.x.push(x);
      curve.y.push(y);
    }
  }

  /** The curve called `name`; empty if nothing has been noted of it. */
  curve(name: string): Series {
    return Object.hasOwn(this.#curves, name) ? this.#curves[name] : { x: [], y: [] };
  }

  /** All curves, copied. */
  get curves(): z.infer<typeof historySchema> {
    return structuredClone(this.#curves);
  }
}
