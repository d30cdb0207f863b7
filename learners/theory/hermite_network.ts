/**
 * A finite network with a Hermite activation at its random beginning, whose inner products of features are
 * what the NNGP kernel is the limit of. In the NTK parametrisation, without biases:
 *
 *     z_1 = W_1 x (|x| = 1),  z_{l+1} = W_{l+1} φ(z_l)/√width,  W ~ N(0, 1),  features φ(z_L)/√width
 */
import type { RandomStream } from "../../sim/random.ts";
import { hermiteActivation } from "../kernel_machines/dual_activation.ts";
import { type Points, requireOnSphere } from "../kernel_machines/points.ts";

/** What the network is like. */
export interface HermiteNetworkPlan {
  /** c_k of φ at index k. */
  readonly coefficients: readonly number[];
  /** Units of each hidden layer. */
  readonly width: number;
  /** Hidden layers. */
  readonly depth: number;
  /** Numbers in an input. */
  readonly inputs: number;
}

/** A network's features of inputs. */
export interface HermiteNetwork {
  /** φ(z_l)/√width after each hidden layer l = 1 … depth: [points.count, width] each. */
  features(points: Points): Points[];
}

/** A network whose weights are drawn from the streams of their layers, 1 … depth. */
export function hermiteNetwork(
  { coefficients, width, depth, inputs }: HermiteNetworkPlan,
  stream: (layer: number) => RandomStream,
): HermiteNetwork {
  const activation = hermiteActivation(coefficients);
  const scale = 1 / Math.sqrt(width);
  const layers = Array.from({ length: depth }, (_, l) => {
    const { normal } = stream(l + 1);
    const fanIn = l === 0 ? inputs : width;
    return Float64Array.from({ length: fanIn * width }, () => normal()); // [fanIn, width]
  });
  return {
    features(points) {
      requireOnSphere(points);
      const features: Points[] = [];
      for (const W of layers) {
        const { count, size, values } = features.at(-1) ?? points;
        const next = matrixProduct(values, W, { rows: count, inner: size, columns: width });
        for (let i = 0; i < next.length; i++) next[i] = scale * activation(next[i]);
        features.push({ count, size: width, values: next });
      }
      return features;
    },
  };
}

/** [rows, inner] by [inner, columns] */
function matrixProduct(
  first: Float64Array,
  second: Float64Array,
  { rows, inner, columns }: Readonly<Record<"rows" | "inner" | "columns", number>>,
): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const row = product.subarray(i * columns, (i + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = first[i * inner + k];
      const weights = second.subarray(k * columns, (k + 1) * columns);
      for (let j = 0; j < columns; j++) row[j] += factor * weights[j];
    }
  }
  return product;
}
