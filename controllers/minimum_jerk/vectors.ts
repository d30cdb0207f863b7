/** The little linear algebra that the parts of the minimum-jerk controller share. */

/** a · b. */
export const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/** a − b. */
export const minus = (a: readonly number[], b: readonly number[]) =>
  a.map((value, i) => value - b[i]);

/** Solves a small symmetric, positive definite system by elimination. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let i = pivot + 1; i < size; i++) {
      const factor = rows[i][pivot] / rows[pivot][pivot];
      for (let j = pivot; j <= size; j++) rows[i][j] -= factor * rows[pivot][j];
    }
  }
  const solution = Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, j) => j > i ? sum + rows[i][j] * value : sum, 0);
    solution[i] = (rows[i][size] - known) / rows[i][i];
  }
  return solution;
}
