/**
 * Documents over http: what cluster/documents.ts lists, opened by whoever knows the laboratory. Those who look
 * again are told when nothing has changed; what is not JSON is for keeping, and nothing of it can run in a
 * browser.
 */
import type { IncomingHttpHeaders } from "node:http";
import { readDocumentAddress } from "../../cluster/document_addresses.ts";
import {
  type DocumentForm,
  type DocumentSource,
  DocumentUnavailableError,
  type OpenedDocument,
} from "../../cluster/document_source.ts";

/** Bytes of the largest document that is sent: a checkpoint may be large, the server's memory is not. */
const mostBytes = 512 * 2 ** 20;

const types: Readonly<Record<DocumentForm, string>> = {
  json: "application/json",
  svg: "image/svg+xml",
  csv: "text/csv; charset=utf-8",
  text: "text/plain; charset=utf-8",
  markdown: "text/markdown; charset=utf-8",
  safetensors: "application/octet-stream",
};

/** Nothing is loaded, nothing runs; a picture has its own style and the images that it carries. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

/** What a request for a document is answered with. */
export interface DocumentReply {
  readonly status: 200 | 304 | 404 | 503;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly policy: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The answer to a request for the document at `url`, a path with its query.
 * @throws what is no foreseen reason for a document not to be had
 */
export async function documentReply(
  url: string,
  headers: IncomingHttpHeaders,
  source: DocumentSource,
): Promise<DocumentReply> {
  const [path, query = ""] = url.split("?", 2);
  const request = readDocumentAddress(path, new URLSearchParams(query));
  if (!request) return refusal(404, "There is no such document.");
  try {
    const document = await source.open(request);
    if (!document) return refusal(404, "There is no such document, or not yet.");
    return answer(document, headers["if-none-match"]);
  } catch (error) {
    if (error instanceof DocumentUnavailableError) return refusal(503, error.message);
    throw error;
  }
}

function answer(
  { form, body, version, fileName }: OpenedDocument,
  known: string | undefined,
): DocumentReply {
  if (body.length > mostBytes) {
    const size = `${Math.ceil(body.length / 2 ** 20)} MB`;
    return refusal(503, `${fileName} has ${size}, which is too large to be sent.`);
  }
  const tag = `"${version}"`;
  const headers = {
    etag: tag,
    // To be kept, but never shown without asking whether it is still so.
    "cache-control": "private, no-cache",
    ...form !== "json" && {
      "content-disposition": `attachment; filename="${safeName(fileName)}"`,
    },
  };
  const isKnown = known?.split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
  return isKnown
    ? { status: 304, type: types[form], body: "", policy, headers }
    : { status: 200, type: types[form], body, policy, headers };
}

/** What every system takes for a file's name, and no header for anything else. */
const safeName = (name: string) => name.replace(/[^A-Za-z0-9._-]+/g, "_");

function refusal(status: 404 | 503, message: string): DocumentReply {
  const body = `${message}\n`;
  return { status, type: types.text, body, policy, headers: { "cache-control": "no-store" } };
}
