/// <reference lib="dom" />
/** Gets documents from the page's own server, which makes them by the types of their schemas. */
import type { z } from "zod";
import type { Immutable } from "../../cluster/documents.ts";

/** A document as it is sent: numbers that JSON does not have are null in it. */
export type Sent<Schema extends z.ZodType> = Immutable<z.input<Schema>>;

/** What has come of asking for a document. */
export type Reply<Document> =
  | { readonly kind: "document"; readonly document: Document }
  /** There is no such thing. */
  | { readonly kind: "absent" }
  /** It may be there, but cannot be had now; why, for the reader of the page. */
  | { readonly kind: "unavailable"; readonly message: string };

/**
 * Ask for the document at `address`.
 * @throws {DOMException} when `signal` is aborted
 */
export async function fetchDocument<Schema extends z.ZodType>(
  address: string,
  signal: AbortSignal,
): Promise<Reply<Sent<Schema>>> {
  try {
    const response = await fetch(address, { signal });
    if (response.ok) return { kind: "document", document: await response.json() };
    if (response.status === 404) return { kind: "absent" };
    return { kind: "unavailable", message: (await response.text()).trim() };
  } catch (error) {
    signal.throwIfAborted();
    // Browsers report a broken line as a TypeError, a reply that was cut short as a SyntaxError.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    return { kind: "unavailable", message: "The laboratory cannot be reached." };
  }
}

/** A number that was sent: NaN where it cannot be told. */
export const told = (value: number | null | undefined): number => value ?? NaN;
