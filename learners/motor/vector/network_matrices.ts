/**
 * The matrices of a motor network (`controllers/motor_network.ts`) in the two ways in which a roll-out
 * multiplies by them: forwards, and transposed to pull cotangents back.
 *
 * Both hemispheres read the same observation, so their first layers are one matrix. The merge is folded
 * into the read-out: u = act(Σ_s h^s (w_s W_o) + b_o). Rows of layers are padded, so a row is a unit of one
 * of the streams, or nothing.
 */
import type { MotorNetwork, NetworkTensors } from "../../../controllers/motor_network.ts";
import type { Entry, MatrixStatement } from "./packed_weights.ts";

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
  /** Between the last layer of all streams and the commands. */
  readonly output: MatrixStatement;
}

/** The network's parts, each number being the index of the parameter that stands there. */
export function parameterIndices(network: MotorNetwork): NetworkTensors {
  const { size } = network.layout;
  return network.tensors(Float64Array.from({ length: size }, (_, index) => index));
}

/** A unit of one of the streams. */
export interface UnitPlace {
  readonly stream: number;
  readonly unit: number;
}

/** Which unit stands in row `row` of the layers of all streams, which have `layerRows` rows each. */
export function unitAt(
  { width }: MotorNetwork,
  layerRows: number,
  row: number,
): UnitPlace | undefined {
  const [stream, unit] = [Math.floor(row / layerRows), row % layerRows];
  return unit < width ? { stream, unit } : undefined;
}

/** y = Wᵀx + b, with W of shape [rows of x, rows of y] as the network has it. */
export function forwardMatrices(network: MotorNetwork, layerRows: number): NetworkMatrices {
  const { config: { inputs, outputs }, streams, width } = network;
  const parts = parameterIndices(network);
  const allRows = streams.length * layerRows;
  const square = (kernel: Float64Array): MatrixStatement => ({
    rows: width,
    columns: width,
    weight: (row, column) => ({ parameter: kernel[column * width + row] }),
  });
  return {
    first: {
      rows: allRows,
      columns: inputs,
      weight: (row, input) => firstEntry(network, parts, unitAt(network, layerRows, row), input),
      bias: (row) => {
        const at = unitAt(network, layerRows, row);
        return at && { parameter: parts.streams[at.stream][0].bias[at.unit] };
      },
    },
    inner: parts.callosum.map((kernels, k) =>
      streams.map((_, stream) => {
        const { kernel, bias } = parts.streams[stream][k + 1];
        return {
          layer: { ...square(kernel), bias: (row) => ({ parameter: bias[row] }) },
          ...(kernels[stream].length > 0 && { callosum: square(kernels[stream]) }),
        };
      })
    ),
    output: {
      rows: outputs,
      columns: allRows,
      weight: (row, column) => outputEntry(network, parts, unitAt(network, layerRows, column), row),
      bias: (row) => ({ parameter: parts.output.bias[row] }),
    },
  };
}

/** The same for cotangents: x̄ = W ȳ. */
export function reverseMatrices(network: MotorNetwork, layerRows: number): NetworkMatrices {
  const { config: { inputs, outputs }, streams, width } = network;
  const parts = parameterIndices(network);
  const allRows = streams.length * layerRows;
  const square = (kernel: Float64Array): MatrixStatement => ({
    rows: width,
    columns: width,
    weight: (row, column) => ({ parameter: kernel[row * width + column] }),
  });
  return {
    first: {
      rows: inputs,
      columns: allRows,
      weight: (input, column) =>
        firstEntry(network, parts, unitAt(network, layerRows, column), input),
    },
    inner: parts.callosum.map((kernels, k) =>
      streams.map((_, stream) => ({
        layer: square(parts.streams[stream][k + 1].kernel),
        ...(kernels[stream].length > 0 && { callosum: square(kernels[stream]) }),
      }))
    ),
    output: {
      rows: allRows,
      columns: outputs,
      weight: (row, column) => outputEntry(network, parts, unitAt(network, layerRows, row), column),
    },
  };
}

/** Between an input and a unit of the first layer. */
function firstEntry(
  { width }: MotorNetwork,
  { streams }: NetworkTensors,
  at: UnitPlace | undefined,
  input: number,
): Entry | undefined {
  return at && { parameter: streams[at.stream][0].kernel[input * width + at.unit] };
}

/** Between a unit of the last layer and a command, times the merge weight of the unit's stream. */
function outputEntry(
  { config: { outputs } }: MotorNetwork,
  { output }: NetworkTensors,
  at: UnitPlace | undefined,
  command: number,
): Entry | undefined {
  return at && { parameter: output.kernel[at.unit * outputs + command], stream: at.stream };
}
