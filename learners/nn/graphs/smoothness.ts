/** How alike the representations of a graph's nodes have become. */

/**
 * Smoothness metric value (Liu et al. 2020, section 3): the mean over all pairs of different nodes of
 * ½ ‖x_i/‖x_i‖ − x_j/‖x_j‖‖. 0: all point the same way (fully smoothed); 1 at most.
 *
 * It is computed off the backend in double precision: in single precision the difference of two nearly
 * equal directions, which is what matters here, would be lost. A node of zeros counts as direction 0.
 *
 * @param x [nodes, width], row after row
 * @throws {RangeError} when x is not made of whole rows, or of fewer than 2
 */
export function smoothnessMetric(x: ArrayLike<number>, width: number): number {
  const nodes = x.length / width;
  if (!Number.isInteger(nodes) || nodes < 2) {
    throw new RangeError(`${x.length} numbers are not 2 or more rows of ${width}`);
  }
  const u = directions(x, nodes, width);
  let sum = 0;
  for (let i = 0; i < nodes; i++) {
    for (let j = 0; j < i; j++) {
      let squared = 0;
      for (let c = 0; c < width; c++) squared += (u[i * width + c] - u[j * width + c]) ** 2;
      sum += Math.sqrt(squared) / 2;
    }
  }
  return sum / (nodes * (nodes - 1) / 2);
}

/** Every row divided by its length. */
function directions(x: ArrayLike<number>, nodes: number, width: number): Float64Array {
  const u = Float64Array.from(x);
  for (let i = 0; i < nodes; i++) {
    const row = u.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row);
    if (length > 0) row.forEach((value, c) => row[c] = value / length);
  }
  return u;
}
