/** What the server of a laboratory's pages gets its documents from. */
import type { DocumentRequest } from "./document_addresses.ts";

/** The forms of documents. */
export type DocumentForm = "json" | "svg" | "csv" | "text" | "markdown" | "safetensors";

/** A document, ready to be sent. */
export interface OpenedDocument {
  readonly form: DocumentForm;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Another one whenever the body is another one; letters and digits. */
  readonly version: string;
  /** What it is called once it is kept by whoever downloads it. */
  readonly fileName: string;
}

/** Opens documents. */
export interface DocumentSource {
  /**
   * The document that is asked for; undefined when there is none.
   * @throws {DocumentUnavailableError} when it may be there, but cannot be had now
   */
  open(request: DocumentRequest): Promise<OpenedDocument | undefined>;
}

/** A document cannot be had now. The message is for whoever has asked for it. */
export class DocumentUnavailableError extends Error {
  override readonly name = "DocumentUnavailableError";
}

/** Documents of a laboratory that is still being opened: those of its source as soon as it has one. */
export class DocumentsToCome implements DocumentSource {
  source?: DocumentSource;

  /** @throws {DocumentUnavailableError} also while there is no source */
  async open(request: DocumentRequest): Promise<OpenedDocument | undefined> {
    if (!this.source) {
      throw new DocumentUnavailableError("The laboratory is being opened; try again in a while.");
    }
    return await this.source.open(request);
  }
}
