/** Which loss trains which parameters: what the sums of gradients are formed from. */
import type { ParameterGroup } from "../../../controllers/motor_network.ts";
import type { RoutedLoss } from "../objectives.ts";
import type { KernelSet, LinkedKernel } from "../../nn/vector/kernel_set.ts";
import type { LossArray } from "./loss_array.ts";
import { combineRows } from "../../nn/vector/row_kernels.ts";

/** What a group of parameters takes of the losses. */
export class GradientRoute {
  /** What sums that were formed from `cotangent` are still to be multiplied by. */
  readonly scale: number;
  /** The loss that trains the group alone, if one does. */
  readonly #only: number | undefined;
  readonly #combine: LinkedKernel | undefined;

  /** @param combined address of room for one loss's rows */
  constructor(
    losses: readonly RoutedLoss[],
    group: ParameterGroup,
    kernels: KernelSet,
    rowBytes: number,
    readonly combined: number,
  ) {
    const shares = losses.map(({ share }) => share(group));
    const takers = shares.flatMap((share, loss) => share === 0 ? [] : [loss]);
    this.#only = takers.length === 1 ? takers[0] : undefined;
    this.scale = this.#only === undefined ? 1 : shares[this.#only];
    this.#combine = takers.length > 1
      ? kernels.add(["combine", ...shares].join(" "), () => combineRows(rowBytes, shares))
      : undefined;
  }

  /** Whether any loss trains the group. */
  get trains(): boolean {
    return this.#only !== undefined || this.#combine !== undefined;
  }

  /** The address of what the group's gradient is formed from, of `rows` rows `offset` bytes into the arrays. */
  cotangent({ address, lossBytes }: LossArray, offset: number, rows: number): number {
    const first = address + offset;
    if (!this.#combine) return first + (this.#only ?? 0) * lossBytes;
    this.#combine.run(first, lossBytes, this.combined, rows);
    return this.combined;
  }
}
