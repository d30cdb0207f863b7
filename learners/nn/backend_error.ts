/** Why a tensor backend cannot be used, and what to do about it. */
export class BackendError extends Error {
  override readonly name = "BackendError";

  /**
   * @param problem what is wrong, as a sentence about the backend: "finds no adapter"
   * @param remedy what to do, as a clause: "add --allow-read"
   */
  constructor(
    backend: string,
    readonly problem: string,
    readonly remedy?: string,
    options?: ErrorOptions,
  ) {
    super([`backend ${backend} ${problem}`, remedy].filter(Boolean).join("; "), options);
  }
}
