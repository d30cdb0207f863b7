/**
 * Propagation without weights, for networks that transform first and propagate afterwards: SGC (Wu et
 * al. 2019), APPNP (Gasteiger et al. 2019), DAGNN (Liu et al. 2020).
 *
 * Â [nodes, nodes] is a graph's normalised adjacency, Z [nodes, classes] what is propagated.
 */
import * as tf from "@tensorflow/tfjs";
import type { LinearMap } from "./linear_map.ts";

/** All hops, H_l = Â H_{l−1} from H_0 = Z. @returns [nodes, hops + 1, classes] */
export function propagateHops(Â: LinearMap, Z: tf.Tensor2D, hops: number): tf.Tensor3D {
  const H = [Z];
  for (let l = 1; l <= hops; l++) H.push(Â.apply(H[l - 1]));
  return tf.stack(H, 1) as tf.Tensor3D;
}

/** The last hop alone, Â^hops Z (SGC's propagation). @returns [nodes, classes] */
export function propagate(Â: LinearMap, Z: tf.Tensor2D, hops: number): tf.Tensor2D {
  let H = Z;
  for (let l = 0; l < hops; l++) H = Â.apply(H);
  return H;
}

/**
 * Personalised PageRank by power iteration (APPNP, eq. 4): H_l = (1 − α) Â H_{l−1} + α Z.
 *
 * @param alpha probability to return to the node itself, 0 … 1
 * @returns [nodes, classes]
 */
export function appnp(Â: LinearMap, Z: tf.Tensor2D, hops: number, alpha: number): tf.Tensor2D {
  let H = Z;
  for (let l = 0; l < hops; l++) {
    H = tf.add(tf.mul(1 - alpha, Â.apply(H)), tf.mul(alpha, Z));
  }
  return H;
}

/** How much of each hop every node keeps, and the sum of what it keeps. */
export interface GatedHops {
  /** S [nodes, hops + 1], each in (0, 1); not normalised over hops. */
  readonly gates: tf.Tensor2D;
  /** [nodes, classes] */
  readonly output: tf.Tensor2D;
}

/**
 * Adaptive adjustment of DAGNN (Liu et al. 2020, section 4): S = σ(H s + b), out_i = Σ_l S_il H_il. One projection serves
 * all nodes and hops, so the number of parameters does not depend on the depth.
 *
 * @param H [nodes, hops + 1, classes]; any bank of states by depth
 * @param s [classes, 1]
 * @param b [1]
 */
export function hopGate(H: tf.Tensor3D, s: tf.Tensor, b: tf.Tensor): GatedHops {
  const [nodes, depths, classes] = H.shape;
  const scores = tf.add(tf.matMul(tf.reshape(H, [nodes * depths, classes]), s as tf.Tensor2D), b);
  const gates = tf.reshape<tf.Rank.R2>(tf.sigmoid(scores), [nodes, depths]);
  const output = tf.sum(tf.mul(tf.expandDims(gates, 2), H), 1) as tf.Tensor2D;
  return { gates, output };
}

/**
 * How far each node looks: Σ_l l S_il / Σ_l S_il, in hops.
 *
 * @param gates [nodes, hops + 1]
 * @returns [nodes]
 */
export function effectiveRadius(gates: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const hop = tf.range(0, gates.shape[1]);
    return tf.div(tf.sum(tf.mul(gates, hop), 1), tf.sum(gates, 1));
  });
}
