/** The sizes of a tile's arrays, and where they stand in the record of a time step. */
import { type FieldPart, fieldRows } from "../../../sim/physics/hand_field.ts";
import { sensedSize, stateLayout } from "../../../sim/physics/plant_kernels.ts";
import type { RolloutProblem } from "../rollout.ts";
import { type SensoryPath, sensoryPath } from "../sensory_path.ts";
import {
  type NetworkLayout,
  networkLayout,
  type NetworkRecord,
  type NetworkRows,
} from "./network_layout.ts";

/** How many rows each array has. */
export interface TileRows extends NetworkRows {
  readonly state: number;
  /** What the plant writes of an observation. */
  readonly sensed: number;
  /** Outputs without what fills their blocks up. */
  readonly commands: number;
}

/** Offsets within the record of a time step, in bytes. */
export interface RecordLayout extends NetworkRecord {
  readonly state: number;
  /** What the plant says; the observation's own rows unless senses delay or disturb it. */
  readonly sensed: number;
  /** The commands with their noise; `command` itself without. */
  readonly driven: number;
  /** What is added to the sensed rows, and to the commands. */
  readonly sensoryNoise: number;
  readonly commandNoise: number;
  /** The parts of the force field, one behind the other. */
  readonly fields: Readonly<Partial<Record<FieldPart, number>>>;
}

/** Sizes of everything for tiles of `columns` trials. */
export interface TileLayout extends NetworkLayout {
  readonly rows: TileRows;
  readonly record: RecordLayout;
  readonly path: SensoryPath;
}

/** The layout of tiles of `columns` trials of a problem, under force fields of these parts. */
export function tileLayout(
  { network, equations, sensing }: RolloutProblem,
  parts: readonly FieldPart[],
  columns: number,
): TileLayout {
  const layout = networkLayout(network, columns);
  const { observation, command } = layout.record;
  const rows: TileRows = {
    ...layout.rows,
    state: stateLayout(equations).size,
    sensed: sensedSize(equations),
    commands: network.config.outputs,
  };
  const path = sensoryPath(sensing, equations.timeStep);

  let bytes = layout.record.bytes;
  const take = (count: number) => {
    const start = bytes;
    bytes += count * layout.rowBytes;
    return start;
  };
  const state = take(rows.state);
  const sensed = path.isDirect ? observation : take(rows.sensed);
  const driven = path.commandNoise > 0 ? take(rows.outputs) : command;
  const sensoryNoise = take(path.isNoisy ? rows.sensed : 0);
  const commandNoise = take(path.commandNoise > 0 ? rows.commands : 0);
  const fields = Object.fromEntries(parts.map((part) => [part, take(fieldRows[part])]));
  return {
    ...layout,
    rows,
    record: {
      ...layout.record,
      state,
      sensed,
      driven,
      sensoryNoise,
      commandNoise,
      fields,
      bytes,
    },
    path,
  };
}
