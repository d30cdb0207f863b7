/**
 * Cholesky factors of a symmetric, positive definite matrix whose rows are zero before some column: the
 * envelope, which the factor keeps (George & Liu 1981, Computer Solution of Large Sparse Positive Definite
 * Systems, chapter 4). The joints of a chain of links couple neighbours only, so the cost grows with the
 * number of joints, not with its cube.
 */
export class EnvelopeCholesky {
  #size = 0;
  #entries = new Float64Array(0);
  #first = new Int32Array(0);

  get size(): number {
    return this.#size;
  }

  /** Makes room for a matrix of `size` rows; its entries are then to be set. */
  resize(size: number): void {
    if (size > this.#first.length) {
      this.#entries = new Float64Array(size * size);
      this.#first = new Int32Array(size);
    }
    this.#size = size;
  }

  /** Says that row `i` is zero before column `first`, at most `i`. */
  setFirst(i: number, first: number): void {
    this.#first[i] = first;
  }

  /** Sets an entry of the lower triangle within the envelope. */
  set(i: number, j: number, value: number): void {
    this.#entries[i * this.#size + j] = value;
  }

  /**
   * Replaces the matrix by its factor L, A = L Lᵀ.
   * @throws {RangeError} when the matrix is not positive definite
   */
  factorise(): void {
    const { size } = this;
    const entries = this.#entries, first = this.#first;
    for (let i = 0; i < size; i++) {
      const row = i * size;
      for (let j = first[i]; j <= i; j++) {
        const other = j * size;
        let sum = entries[row + j];
        for (let k = Math.max(first[i], first[j]); k < j; k++) {
          sum -= entries[row + k] * entries[other + k];
        }
        if (j < i) {
          entries[row + j] = sum / entries[other + j];
        } else {
          if (!(sum > 0)) throw new RangeError(`row ${i} of the matrix has a pivot of ${sum}`);
          entries[row + i] = Math.sqrt(sum);
        }
      }
    }
  }

  /** x ← L⁻¹ x, for the `size` numbers from `start` on. */
  forward(x: Float64Array, start = 0): void {
    const { size } = this;
    const entries = this.#entries, first = this.#first;
    for (let i = 0; i < size; i++) {
      const row = i * size;
      let sum = x[start + i];
      for (let k = first[i]; k < i; k++) sum -= entries[row + k] * x[start + k];
      x[start + i] = sum / entries[row + i];
    }
  }

  /** x ← L⁻ᵀ x */
  backward(x: Float64Array): void {
    const { size } = this;
    const entries = this.#entries, first = this.#first;
    for (let i = size - 1; i >= 0; i--) {
      const row = i * size;
      const value = x[i] / entries[row + i];
      x[i] = value;
      for (let k = first[i]; k < i; k++) x[k] -= entries[row + k] * value;
    }
  }
}
