/**
 * The matrices of a motor network (`controllers/motor_network.ts`) in the two ways in which a roll-out
 * multiplies by them: forwards, and transposed to pull cotangents back.
 *
 * Both hemispheres read the same observation, so their first layers are one matrix. The merge is folded
 * into the read-out: u = act(Σ_s h^s (w_s W_o) + b_o). Rows of layers are padded, so a row is a unit of one
 * of the streams, or nothing. What a layer is computed from has so many rows for each part of its cells
 * (`controllers/cells.ts`); a part that a matrix does not reach has zeros in it.
 */
import type {
  LayerTensors,
  MotorNetwork,
  NetworkTensors,
} from "../../../controllers/motor_network.ts";
import type { Entry, MatrixStatement } from "../../nn/vector/packed_weights.ts";

/** The matrices before layer k + 1 of one stream. */
interface InnerMatrices {
  readonly layer: MatrixStatement;
  /** From the other stream, for a callosum that learns. */
  readonly callosum?: MatrixStatement;
}

/** All matrices for one way. */
export interface NetworkMatrices {
  /** Between the observation and the first layer of all streams. */
  readonly first: MatrixStatement;
  /** [k][stream] */
  readonly inner: readonly (readonly InnerMatrices[])[];
  /** Between the state of a layer and its last parts, [layer][stream]; none for cells without a state. */
  readonly recurrent: readonly (readonly MatrixStatement[])[];
  /** Between the last layer of all streams and the commands. */
  readonly output: MatrixStatement;
}

/** The network's parts, each number being the index of the parameter that stands there. */
function parameterIndices(network: MotorNetwork): NetworkTensors {
  const { size } = network.layout;
  return network.tensors(Float64Array.from({ length: size }, (_, index) => index));
}

/** A unit of one of the streams, and a part of its cell. */
interface UnitPlace {
  readonly stream: number;
  readonly part: number;
  readonly unit: number;
}

/** Which unit stands in row `row` of arrays [stream][part] with `layerRows` rows for each part. */
function unitAt(
  { width }: MotorNetwork,
  parts: number,
  layerRows: number,
  row: number,
): UnitPlace | undefined {
  const [block, unit] = [Math.floor(row / layerRows), row % layerRows];
  if (unit >= width) return undefined;
  return { stream: Math.floor(block / parts), part: block % parts, unit };
}

/** Rows of so many parts of one stream, without what fills up the last one. */
const rowsOf = ({ width }: MotorNetwork, parts: number, layerRows: number) =>
  (parts - 1) * layerRows + width;

/** `entry` where a unit stands. */
const where = (at: UnitPlace | undefined, entry: (at: UnitPlace) => Entry | undefined) =>
  at && entry(at);

/** y = Wᵀx + b, with W of shape [rows of x, rows of y] as the network has it. */
export function forwardMatrices(network: MotorNetwork, layerRows: number): NetworkMatrices {
  const { config: { inputs, outputs }, streams, width, cell } = network;
  const parameters = parameterIndices(network);
  const allRows = streams.length * layerRows;
  const at = (row: number, parts = cell.parts) => unitAt(network, parts, layerRows, row);
  const bias = ({ bias }: LayerTensors, { part, unit }: UnitPlace): Entry => ({
    parameter: bias[part * width + unit],
  });
  return {
    first: {
      rows: cell.parts * allRows,
      columns: inputs,
      weight: (row, input) =>
        where(at(row), (to) => driving(network, parameters.streams[to.stream][0], input, to)),
      bias: (row) => where(at(row), (to) => bias(parameters.streams[to.stream][0], to)),
    },
    inner: parameters.callosum.map((kernels, k) =>
      streams.map((_, stream) => {
        const layer = parameters.streams[stream][k + 1];
        return {
          layer: {
            rows: rowsOf(network, cell.parts, layerRows),
            columns: width,
            weight: (row, from) => where(at(row), (to) => driving(network, layer, from, to)),
            bias: (row) => where(at(row), (to) => bias(layer, to)),
          },
          ...(kernels[stream].length > 0 && {
            callosum: square(width, kernels[stream], (row, column) => [column, row]),
          }),
        };
      })
    ),
    recurrent: recurrentLayers(network, parameters, (layer) => ({
      rows: rowsOf(network, cell.recurrent, layerRows),
      columns: width,
      weight: (row, from) =>
        where(at(row, cell.recurrent), (to) => recurring(network, layer, from, to)),
    })),
    output: {
      rows: outputs,
      columns: allRows,
      weight: (row, column) =>
        where(at(column, 1), (from) => outputEntry(network, parameters, from, row)),
      bias: (row) => ({ parameter: parameters.output.bias[row] }),
    },
  };
}

/** The same for cotangents: x̄ = W ȳ. */
export function reverseMatrices(network: MotorNetwork, layerRows: number): NetworkMatrices {
  const { config: { inputs, outputs }, streams, width, cell } = network;
  const parameters = parameterIndices(network);
  const allRows = streams.length * layerRows;
  const at = (row: number, parts = cell.parts) => unitAt(network, parts, layerRows, row);
  return {
    first: {
      rows: inputs,
      columns: cell.parts * allRows,
      weight: (input, column) =>
        where(at(column), (to) => driving(network, parameters.streams[to.stream][0], input, to)),
    },
    inner: parameters.callosum.map((kernels, k) =>
      streams.map((_, stream) => ({
        layer: {
          rows: width,
          columns: rowsOf(network, cell.driven, layerRows),
          weight: (from, column) =>
            where(
              at(column),
              (to) => driving(network, parameters.streams[stream][k + 1], from, to),
            ),
        },
        ...(kernels[stream].length > 0 && {
          callosum: square(width, kernels[stream], (row, column) => [row, column]),
        }),
      }))
    ),
    recurrent: recurrentLayers(network, parameters, (layer) => ({
      rows: width,
      columns: rowsOf(network, cell.recurrent, layerRows),
      weight: (from, column) =>
        where(at(column, cell.recurrent), (to) => recurring(network, layer, from, to)),
    })),
    output: {
      rows: allRows,
      columns: outputs,
      weight: (row, column) =>
        where(at(row, 1), (from) => outputEntry(network, parameters, from, column)),
    },
  };
}

/** Between all units of two layers; `indices` says which entry of the kernel stands in a place. */
function square(
  width: number,
  kernel: Float64Array,
  indices: (row: number, column: number) => readonly [from: number, to: number],
): MatrixStatement {
  return {
    rows: width,
    columns: width,
    weight: (row, column) => {
      const [from, to] = indices(row, column);
      return { parameter: kernel[from * width + to] };
    },
  };
}

/** A matrix for each layer of each stream, if the cells have a state. */
function recurrentLayers(
  { config, cell, streams }: MotorNetwork,
  parameters: NetworkTensors,
  matrix: (layer: LayerTensors) => MatrixStatement,
): MatrixStatement[][] {
  if (cell.recurrent === 0) return [];
  return Array.from(
    { length: config.layers },
    (_, k) => streams.map((_, stream) => matrix(parameters.streams[stream][k])),
  );
}

/** Between row `from` of what enters a layer and a part of one of its cells. */
function driving(
  { width, cell: { driven } }: MotorNetwork,
  { kernel }: LayerTensors,
  from: number,
  { part, unit }: UnitPlace,
): Entry | undefined {
  if (part >= driven) return undefined;
  return { parameter: kernel[(from * driven + part) * width + unit] };
}

/** Between a unit's state and one of the last parts, counted from the first of them, of a cell. */
function recurring(
  { width, cell }: MotorNetwork,
  { recurrent }: LayerTensors,
  from: number,
  { part, unit }: UnitPlace,
): Entry {
  return { parameter: recurrent[(from * cell.recurrent + part) * width + unit] };
}

/** Between a unit of the last layer and a command, times the merge weight of the unit's stream. */
function outputEntry(
  { config: { outputs } }: MotorNetwork,
  { output }: NetworkTensors,
  { stream, unit }: UnitPlace,
  command: number,
): Entry {
  return { parameter: output.kernel[unit * outputs + command], stream };
}
