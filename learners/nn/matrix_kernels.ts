/**
 * The products of small networks inside a control loop, on flat arrays laid out [row][column]: rows are
 * units, columns the trials of a batch. The loops are blocked so that a value once loaded serves
 * several products; tensor engines spend far longer on dispatch alone at these sizes.
 */

/**
 * out[r][c] += Σ_k matrix[r · rowStride + k · innerStride] · x[k][c].
 *
 * With a weight matrix W of shape [inputs, outputs], Wᵀx is `rowStride` 1 and `innerStride` outputs,
 * W δ is `rowStride` outputs and `innerStride` 1.
 *
 * @param rows rows of `out`
 * @param inner rows of `x`
 * @param columns columns of both
 */
export function addProduct(
  out: Float64Array,
  matrix: Float64Array,
  x: Float64Array,
  rows: number,
  inner: number,
  columns: number,
  rowStride: number,
  innerStride: number,
): void {
  const pairs = rows - rows % 2;
  const quads = inner - inner % 4;
  for (let r = 0; r < pairs; r += 2) {
    const [outA, outB] = [r * columns, (r + 1) * columns];
    for (let k = 0; k < quads; k += 4) {
      const a = r * rowStride + k * innerStride;
      const b = a + rowStride;
      const a0 = matrix[a], a1 = matrix[a + innerStride];
      const a2 = matrix[a + 2 * innerStride], a3 = matrix[a + 3 * innerStride];
      const b0 = matrix[b], b1 = matrix[b + innerStride];
      const b2 = matrix[b + 2 * innerStride], b3 = matrix[b + 3 * innerStride];
      const from0 = k * columns, from1 = from0 + columns;
      const from2 = from1 + columns, from3 = from2 + columns;
      for (let c = 0; c < columns; c++) {
        const x0 = x[from0 + c], x1 = x[from1 + c], x2 = x[from2 + c], x3 = x[from3 + c];
        out[outA + c] += a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3;
        out[outB + c] += b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3;
      }
    }
  }
  // What the blocks leave over: the last inner rows of the paired rows, and an odd last row.
  for (let r = 0; r < rows; r++) {
    for (let k = r < pairs ? quads : 0; k < inner; k++) {
      const weight = matrix[r * rowStride + k * innerStride];
      const [to, from] = [r * columns, k * columns];
      for (let c = 0; c < columns; c++) out[to + c] += weight * x[from + c];
    }
  }
}

/** matrix[i][j] += Σ_c x[i][c] · y[j][c]: the gradient of a weight matrix [rows of x, rows of y]. */
export function addOuterProduct(
  matrix: Float64Array,
  x: Float64Array,
  y: Float64Array,
  xRows: number,
  yRows: number,
  columns: number,
): void {
  const pairs = xRows - xRows % 2;
  const doubles = yRows - yRows % 2;
  for (let i = 0; i < pairs; i += 2) {
    const xA = i * columns, xB = xA + columns;
    for (let j = 0; j < doubles; j += 2) {
      const yA = j * columns, yB = yA + columns;
      let aa = 0, ab = 0, ba = 0, bb = 0;
      for (let c = 0; c < columns; c++) {
        const a = x[xA + c], b = x[xB + c], p = y[yA + c], q = y[yB + c];
        aa += a * p;
        ab += a * q;
        ba += b * p;
        bb += b * q;
      }
      const at = i * yRows + j;
      matrix[at] += aa;
      matrix[at + 1] += ab;
      matrix[at + yRows] += ba;
      matrix[at + yRows + 1] += bb;
    }
  }
  for (let i = 0; i < xRows; i++) {
    for (let j = i < pairs ? doubles : 0; j < yRows; j++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += x[i * columns + c] * y[j * columns + c];
      matrix[i * yRows + j] += sum;
    }
  }
}

/** vector[r] += Σ_c x[r][c]: the gradient of biases. */
export function addRowSums(
  vector: Float64Array,
  x: Float64Array,
  rows: number,
  columns: number,
): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += x[r * columns + c];
    vector[r] += sum;
  }
}

/** out[r][c] = vector[r]: what a layer adds its product to. */
export function fillRows(
  out: Float64Array,
  vector: Float64Array,
  rows: number,
  columns: number,
): void {
  for (let r = 0; r < rows; r++) out.fill(vector[r], r * columns, (r + 1) * columns);
}

/** out += scale · x, element by element. */
export function addScaled(out: Float64Array, x: Float64Array, scale: number): void {
  for (let i = 0; i < out.length; i++) out[i] += scale * x[i];
}
