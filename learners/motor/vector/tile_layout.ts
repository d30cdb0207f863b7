/** The sizes of a tile's arrays, and where they stand in the record of a time step. */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { callosa, type Callosum } from "../../../controllers/callosum.ts";
import { type FieldPart, fieldRows } from "../../../sim/physics/hand_field.ts";
import { sensedSize, stateLayout } from "../../../sim/physics/plant_kernels.ts";
import type { RolloutProblem } from "../rollout.ts";
import { type SensoryPath, sensoryPath } from "../sensory_path.ts";
import { numberBytes } from "./instructions.ts";
import { paddedRows } from "./memory_plan.ts";

/** How many rows each array has; those of activities are padded to whole blocks. */
export interface TileRows {
  readonly state: number;
  /** What the plant writes of an observation. */
  readonly sensed: number;
  readonly inputs: number;
  /** One layer of one stream. */
  readonly layer: number;
  readonly outputs: number;
  /** Outputs without what fills their blocks up. */
  readonly commands: number;
}

/** Offsets within the record of a time step, in bytes. */
export interface RecordLayout {
  readonly state: number;
  /** Proprioception, hand, target: what the network is told. */
  readonly observation: number;
  /** What the plant says; the observation's own rows unless senses delay or disturb it. */
  readonly sensed: number;
  /** [layer][stream] */
  readonly hidden: number;
  /** What enters layer k + 1, [k][stream]; `hidden` itself without exchange. */
  readonly received: number;
  readonly command: number;
  /** The commands with their noise; `command` itself without. */
  readonly driven: number;
  /** What is added to the sensed rows, and to the commands. */
  readonly sensoryNoise: number;
  readonly commandNoise: number;
  /** The parts of the force field, one behind the other. */
  readonly fields: Readonly<Partial<Record<FieldPart, number>>>;
  readonly bytes: number;
}

/** Sizes of everything for tiles of `columns` trials. */
export interface TileLayout {
  readonly columns: number;
  readonly rowBytes: number;
  readonly rows: TileRows;
  readonly record: RecordLayout;
  /** One layer of one stream, and of all streams. */
  readonly streamBytes: number;
  readonly layerBytes: number;
  readonly path: SensoryPath;
  readonly callosum: Callosum | undefined;
}

/** What the callosum is, if there are two streams that exchange anything. */
function exchangeOf({ config, streams }: MotorNetwork): Callosum | undefined {
  return streams.length > 1 && config.layers > 1 ? callosa[config.callosum] : undefined;
}

/** The layout of tiles of `columns` trials of a problem, under force fields of these parts. */
export function tileLayout(
  { network, equations, sensing }: RolloutProblem,
  parts: readonly FieldPart[],
  columns: number,
): TileLayout {
  const { config, streams, width } = network;
  const rowBytes = columns * numberBytes;
  const rows: TileRows = {
    state: stateLayout(equations).size,
    sensed: sensedSize(equations),
    inputs: paddedRows(config.inputs),
    layer: paddedRows(width),
    outputs: paddedRows(config.outputs),
    commands: config.outputs,
  };
  const path = sensoryPath(sensing, equations.timeStep);
  const callosum = exchangeOf(network);
  const streamBytes = rows.layer * rowBytes;
  const layerBytes = streams.length * streamBytes;

  let bytes = 0;
  const take = (count: number) => {
    const start = bytes;
    bytes += count * rowBytes;
    return start;
  };
  const layerRows = streams.length * rows.layer;
  const state = take(rows.state);
  const observation = take(rows.inputs);
  const sensed = path.isDirect ? observation : take(rows.sensed);
  const hidden = take(config.layers * layerRows);
  const received = callosum ? take((config.layers - 1) * layerRows) : hidden;
  const command = take(rows.outputs);
  const driven = path.commandNoise > 0 ? take(rows.outputs) : command;
  const sensoryNoise = take(path.isNoisy ? rows.sensed : 0);
  const commandNoise = take(path.commandNoise > 0 ? rows.commands : 0);
  const fields = Object.fromEntries(parts.map((part) => [part, take(fieldRows[part])]));
  return {
    columns,
    rowBytes,
    rows,
    record: {
      state,
      observation,
      sensed,
      hidden,
      received,
      command,
      driven,
      sensoryNoise,
      commandNoise,
      fields,
      bytes,
    },
    streamBytes,
    layerBytes,
    path,
    callosum,
  };
}
