/** The sizes of a motor network's arrays in a tile, and where they stand in a record of one pass. */
import { callosa, type Callosum } from "../../../controllers/callosum.ts";
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { numberBytes } from "../../nn/vector/instructions.ts";
import { paddedRows } from "../../nn/vector/memory_plan.ts";

/** How many rows each array has, padded to whole blocks. */
export interface NetworkRows {
  readonly inputs: number;
  /** One layer of one stream. */
  readonly layer: number;
  readonly outputs: number;
}

/** Offsets within a record, in bytes. */
export interface NetworkRecord {
  /** What the network is told. */
  readonly observation: number;
  /** [layer][stream] */
  readonly hidden: number;
  /** The parts of the cells, [layer][stream][part]; `hidden` itself for cells of one part. */
  readonly gates: number;
  /** What enters layer k + 1, [k][stream]; `hidden` itself without exchange. */
  readonly received: number;
  readonly command: number;
  readonly bytes: number;
}

/** Sizes of everything for tiles of `columns` columns. */
export interface NetworkLayout {
  readonly columns: number;
  readonly rowBytes: number;
  readonly rows: NetworkRows;
  readonly record: NetworkRecord;
  /** One layer of one stream, and of all streams. */
  readonly streamBytes: number;
  readonly layerBytes: number;
  /** All parts of the cells of one layer, of one stream and of all streams. */
  readonly streamGatesBytes: number;
  readonly layerGatesBytes: number;
  readonly callosum: Callosum | undefined;
}

/** What the callosum is, if there are two streams that exchange anything. */
function exchangeOf({ config, streams }: MotorNetwork): Callosum | undefined {
  return streams.length > 1 && config.layers > 1 ? callosa[config.callosum] : undefined;
}

/** The layout of a network's arrays for tiles of `columns` columns. */
export function networkLayout(network: MotorNetwork, columns: number): NetworkLayout {
  const { config, streams, width, cell: { parts } } = network;
  const rowBytes = columns * numberBytes;
  const rows: NetworkRows = {
    inputs: paddedRows(config.inputs),
    layer: paddedRows(width),
    outputs: paddedRows(config.outputs),
  };
  const callosum = exchangeOf(network);
  const streamBytes = rows.layer * rowBytes;
  const layerBytes = streams.length * streamBytes;
  const layerGatesBytes = parts * layerBytes;
  const observation = 0;
  const hidden = rows.inputs * rowBytes;
  const hiddenEnd = hidden + config.layers * layerBytes;
  const gates = parts > 1 ? hiddenEnd : hidden;
  const gatesEnd = gates + config.layers * layerGatesBytes;
  const received = callosum ? gatesEnd : hidden;
  const command = callosum ? gatesEnd + (config.layers - 1) * layerBytes : gatesEnd;
  const bytes = command + rows.outputs * rowBytes;
  return {
    columns,
    rowBytes,
    rows,
    record: { observation, hidden, gates, received, command, bytes },
    streamBytes,
    layerBytes,
    streamGatesBytes: parts * streamBytes,
    layerGatesBytes,
    callosum,
  };
}
