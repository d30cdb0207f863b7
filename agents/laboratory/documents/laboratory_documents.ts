/**
 * Opens the documents of a laboratory's pages (cluster/documents.ts). Nothing is made twice as long as nothing
 * has changed, and only so much at a time.
 */
import { BackboneError } from "../../../cluster/backbone.ts";
import { digestOf } from "../../../cluster/digest.ts";
import type { DocumentRequest } from "../../../cluster/document_addresses.ts";
import {
  type DocumentSource,
  DocumentUnavailableError,
  type OpenedDocument,
} from "../../../cluster/document_source.ts";
import { RunStoreError } from "../../../cluster/run_store_error.ts";
import { unlessAborted } from "../../abort.ts";
import { JobSlots } from "../../job_slots.ts";
import { comparisonDocument } from "./comparison_document.ts";
import { type Draft, jsonDraft, openedDraft } from "./draft.ts";
import type { KnownRun } from "./known_run.ts";
import { LaboratoryRuns, type LaboratoryRunsOptions, type LastResults } from "./laboratory_runs.ts";
import { libraryDocument } from "./library_document.ts";
import { RecentlyUsed } from "./recently_used.ts";
import { runDraft } from "./run_drafts.ts";
import { runsDocument } from "./run_document.ts";

/** Documents that are made at a time; more would only make all of them wait. */
const mostAtOnce = 4;
/** Documents that may be in the making, most of them waiting; a page with all of a run's figures has fewer. */
const mostOpening = 250;
/** How long somebody waits for a document, ms. */
const patience = 20_000;
/** How many are remembered. */
const remembered = 48;

type Opening = Promise<OpenedDocument | undefined>;

/** Opens documents until it is closed. */
export class LaboratoryDocuments implements DocumentSource, Disposable {
  readonly #runs: LaboratoryRuns;
  readonly #closed = new AbortController();
  readonly #slots = new JobSlots(mostAtOnce);
  readonly #made = new RecentlyUsed<OpenedDocument | undefined>(remembered);
  /** Whoever asks for the same meanwhile gets the same. */
  readonly #opening = new Map<string, Opening>();

  constructor(options: LaboratoryRunsOptions) {
    this.#runs = new LaboratoryRuns(options);
  }

  /** Open no more. */
  [Symbol.dispose](): void {
    this.#closed.abort(new DocumentUnavailableError("The laboratory is closing."));
    this.#runs[Symbol.dispose]();
  }

  async open(request: DocumentRequest): Opening {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate), patience);
    try {
      const signal = AbortSignal.any([late.signal, this.#closed.signal]);
      return await unlessAborted(signal, this.#shared(request));
    } catch (error) {
      throw foreseen(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #shared(request: DocumentRequest): Opening {
    const key = JSON.stringify(request);
    const known = this.#opening.get(key);
    if (known) return known;
    if (this.#opening.size >= mostOpening) {
      throw new DocumentUnavailableError("Too many documents are asked for; try again in a while.");
    }
    const opening = this.#slots.use(() => this.#open(request))
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(request: DocumentRequest): Opening {
    switch (request.kind) {
      case "library":
        return await this.#openLibrary(request);
      case "runs": {
        const heads = await this.#runs.heads();
        const make = () => Promise.resolve(jsonDraft("runs", runsDocument(heads)));
        return await this.#remembered(request, heads, make);
      }
      case "comparison":
        return await this.#openComparison(request);
      default: {
        const known = await this.#runs.find(request.run);
        if (!known) return undefined;
        const make = () => runDraft(request, known, this.#runs);
        // A checkpoint is too large to be remembered.
        if (request.kind === "checkpoint") return openedIf(await make());
        return await this.#remembered(request, known.version, make);
      }
    }
  }

  /** The document as it was made last, if it was made of the same. */
  #remembered(
    request: DocumentRequest,
    version: unknown,
    make: () => Promise<Draft | undefined>,
  ): Opening {
    const key = digestOf(JSON.stringify([request, version]));
    return this.#made.get(key, async () => openedIf(await make()));
  }

  async #openLibrary(request: DocumentRequest): Opening {
    const methods = await this.#runs.methods();
    const heads = await this.#runs.heads();
    const last = new Map<string, LastResults>();
    for (const method of methods) {
      const found = await this.#runs.lastOf(method, heads);
      if (found) last.set(method.id, found);
    }
    const versions = [...last].map(([id, { version }]) => [id, version]);
    return await this.#remembered(request, versions, () => {
      const document = libraryDocument(methods, ({ id }) => last.get(id)?.last);
      return Promise.resolve(jsonDraft("library", document));
    });
  }

  async #openComparison(request: DocumentRequest & { readonly kind: "comparison" }): Opening {
    const runs: KnownRun[] = [];
    for (const name of request.runs) {
      const known = await this.#runs.find(name);
      if (known) runs.push(known);
    }
    const versions = runs.map(({ resultsVersion }) => resultsVersion);
    return await this.#remembered(request, versions, async () => {
      const compared = [];
      for (const known of runs) {
        compared.push({ run: known.head.run, outcomes: await this.#runs.outcomesOf(known) });
      }
      return jsonDraft("comparison", comparisonDocument(compared, request));
    });
  }
}

const openedIf = (draft: Draft | undefined) => draft && openedDraft(draft);

/** What is wrong with what is kept is for whoever asks; everything else is a fault of ours. */
function foreseen(error: unknown): unknown {
  const isForeseen = error instanceof BackboneError || error instanceof RunStoreError ||
    (error instanceof Error && error.name === "FigureError");
  return isForeseen ? new DocumentUnavailableError(error.message, { cause: error }) : error;
}

const tooLate = new DocumentUnavailableError(
  "The laboratory's server cannot be reached, or takes too long; try again in a while.",
);
