/** A document as it is made, before it is ready to be sent. */
import { digestOf } from "../../../cluster/digest.ts";
import type { DocumentForm, OpenedDocument } from "../../../cluster/document_source.ts";

/** See the file's head. */
export interface Draft {
  readonly form: DocumentForm;
  readonly fileName: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** A document of JSON. */
export function jsonDraft(name: string, document: object): Draft {
  return { form: "json", fileName: `${name}.json`, body: JSON.stringify(document) };
}

/** A document of comma-separated values. */
export function csvDraft(name: string, body: string): Draft {
  return { form: "csv", fileName: `${name}.csv`, body };
}

/** Hexadecimal digits that tell one body from every other. */
const versionDigits = 32;

/** The document, ready to be sent. */
export function openedDraft({ form, fileName, body }: Draft): OpenedDocument {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { form, fileName, body: bytes, version: digestOf(bytes).slice(0, versionDigits) };
}
