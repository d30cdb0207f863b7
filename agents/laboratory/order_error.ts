/** Why an order of a page cannot be carried out, in words for its reader. */
export class OrderError extends Error {
  override readonly name = "OrderError";
}
