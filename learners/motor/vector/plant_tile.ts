/** The plant (`sim/physics/plant_kernels.ts`) on a tile: reset, step and adjoint as calls of kernels. */
import { writeVectorKernel } from "../../../sim/expression/vector_kernel.ts";
import type { KernelStatement } from "../../../sim/expression/lowering.ts";
import type { FieldPart } from "../../../sim/physics/hand_field.ts";
import type { PlantEquations } from "../../../sim/physics/plant_equations.ts";
import {
  adjointStatement,
  resetStatement,
  stepStatement,
} from "../../../sim/physics/plant_kernels.ts";
import { Code, i32 } from "../../../sim/webassembly/code.ts";
import type { Address } from "../../nn/vector/instructions.ts";
import type { KernelSet, LinkedKernel } from "../../nn/vector/kernel_set.ts";
import type { LossArray } from "./loss_array.ts";
import type { TileLayout } from "./tile_layout.ts";

/**
 * A kernel of the plant that is given `parameters` addresses; `place` says where each array lies by them.
 * Arrays of a loss are called by its number behind their name.
 */
function plantKernel(
  { inputs, outputs }: KernelStatement,
  columns: number,
  parameters: number,
  place: (array: string, index: number, parameters: readonly Address[]) => Address | undefined,
): Code {
  const code = new Code(Array.from({ length: parameters }, () => "i32" as const));
  const addresses = code.parameters.map((_, index) => code.parameter(index, "i32"));
  const locate = (name: string) => {
    const [, array, index] = /^(\D+)(\d*)$/.exec(name) ?? [];
    const address = array && place(array, Number(index), addresses);
    if (!address) throw new Error(`the plant's array ${name} has no place`);
    return address;
  };
  writeVectorKernel(code, inputs, outputs, locate, columns);
  return code;
}

/** What the plant's kernels work on, beside records. */
export interface PlantArrays {
  /** Address of the start postures, [joint]. */
  readonly angles: number;
  /** Cotangents of the state; those of the state after a step become those of the state before it. */
  readonly state: LossArray;
  /** Bytes from one loss's cotangent of what is sensed to the next one's. */
  readonly sensedBytes: number;
  readonly command: LossArray;
}

/** Reset, step and adjoint of the plant. */
export interface PlantTile {
  /** Parameters: addresses of state and sensed, both written. */
  readonly reset: LinkedKernel;
  /** Parameters: addresses of state, command, the record (for the force field), new state, new sensed. */
  readonly step: LinkedKernel;
  /**
   * Parameters: addresses of state, command, the record, and the first loss's cotangent of what is sensed
   * after the step. The cotangents of the commands are written.
   */
  readonly adjoint: LinkedKernel;
}

/** The kernels of `equations` under force fields of these parts. */
export function plantTile(
  equations: PlantEquations,
  parts: readonly FieldPart[],
  losses: number,
  { columns, record: { fields } }: TileLayout,
  kernels: KernelSet,
  arrays: PlantArrays,
): PlantTile {
  const ofLoss = ({ address, lossBytes }: LossArray, loss: number) =>
    i32.constant(address + loss * lossBytes);
  const fieldAt = (record: Address, array: string) => {
    const offset = fields[array as FieldPart];
    return offset === undefined ? undefined : i32.add(record, i32.constant(offset));
  };
  return {
    reset: kernels.add(
      "reset",
      () =>
        plantKernel(
          resetStatement(equations),
          columns,
          2,
          (array, _, [state, sensed]) =>
            ({ angles: i32.constant(arrays.angles), newState: state, newSensed: sensed })[array],
        ),
    ),
    step: kernels.add("step", () =>
      plantKernel(
        stepStatement(equations, parts),
        columns,
        5,
        (array, _, [state, command, record, newState, newSensed]) =>
          ({ state, command, newState, newSensed })[array] ?? fieldAt(record, array),
      )),
    adjoint: kernels.add("adjoint", () =>
      plantKernel(
        adjointStatement(equations, parts, losses),
        columns,
        4,
        (array, loss, [state, command, record, sensed]) =>
          ({
            state,
            command,
            stateCotangent: ofLoss(arrays.state, loss),
            oldStateCotangent: ofLoss(arrays.state, loss),
            sensedCotangent: i32.add(sensed, i32.constant(loss * arrays.sensedBytes)),
            commandCotangent: ofLoss(arrays.command, loss),
          })[array] ?? fieldAt(record, array),
      )),
  };
}
