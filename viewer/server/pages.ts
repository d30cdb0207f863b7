/** The few things that the viewer serves over http: pages, their styles and scripts, its health. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Buffer } from "node:buffer";
import type { TrustedAddresses } from "./addresses.ts";

/** Own script, own style, own socket, own workers; nothing inline, nothing from elsewhere, no framing. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Of a script that runs as a worker: it may compile WebAssembly, and reaches nothing but its page. */
const workerPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** A file that is served as it is. */
export interface PageFile {
  readonly url: URL;
  readonly type: string;
}

const file = (path: string, type: string): PageFile => ({
  url: new URL(path, import.meta.url),
  type,
});

/** The page of one run. */
export const runPage = file("../web/index.html", "text/html; charset=utf-8");
/** The page of a laboratory. */
export const laboratoryPage = file("../web/laboratory.html", "text/html; charset=utf-8");

/** What pages consist of, by its address. */
const files: Readonly<Record<string, PageFile>> = {
  "/style.css": file("../web/style.css", "text/css; charset=utf-8"),
  "/laboratory.css": file("../web/laboratory.css", "text/css; charset=utf-8"),
  "/icon.svg": file("../web/icon.svg", "image/svg+xml"),
  "/charts.css": {
    url: new URL(import.meta.resolve("uplot/dist/uPlot.min.css")),
    type: "text/css; charset=utf-8",
  },
};

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly policy?: string;
}

const plain = (status: number, body: string): Reply => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${body}\n`,
});

/** What the handler answers with besides the files. */
export interface PageSources {
  readonly addresses: TrustedAddresses;
  /** The pages by their paths. A request can name nothing else, so there is no path to escape from. */
  readonly pages: Readonly<Record<string, PageFile>>;
  /** The pages' scripts by their paths; one rejects with a message for the reader of the page. */
  readonly scripts: ReadonlyMap<string, Promise<string>>;
  /** The scripts that run as workers, with what they import, by their paths. */
  readonly workers: ReadonlyMap<string, Promise<string>>;
  /** What `/health` says; JSON. */
  health(): unknown;
}

/** A script that tells the reader of the page why the real one is missing. */
const excuse = (error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  return `document.querySelector("#notice").textContent = ${JSON.stringify(reason)};`;
};

async function reply(request: IncomingMessage, sources: PageSources): Promise<Reply> {
  const { host, origin } = request.headers;
  if (!sources.addresses.host(host)) {
    return plain(421, "This address is not served here. Open the address that the run printed.");
  }
  if (origin !== undefined && !sources.addresses.origin(origin)) {
    return plain(403, "Requests from other sites are refused.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain(405, "Only GET and HEAD are answered.");
  }
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path === "/health") {
    return { status: 200, type: "application/json", body: JSON.stringify(sources.health()) };
  }
  const script = sources.scripts.get(path);
  if (script) {
    const body = await script.catch(excuse);
    return { status: 200, type: "text/javascript; charset=utf-8", body };
  }
  const worker = sources.workers.get(path);
  if (worker) {
    const type = "text/javascript; charset=utf-8";
    return await worker.then(
      (body) => ({ status: 200, type, body, policy: workerPolicy }),
      () => plain(500, "This script could not be bundled."),
    );
  }
  const found = [sources.pages, files].find((known) => Object.hasOwn(known, path));
  if (!found) return plain(404, "There is nothing here.");
  const { url, type } = found[path];
  return { status: 200, type, body: await Deno.readFile(url) };
}

/**
 * Answers one request after the other.
 * @param onError told what went wrong when a file of the page could not be read
 */
export function pageHandler(
  sources: PageSources,
  onError: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    reply(request, sources)
      .catch((error): Reply => {
        onError(error);
        return plain(500, "The page could not be read from disk.");
      })
      .then(({ status, type, body, policy = pagePolicy }) => {
        response.writeHead(status, {
          ...headers,
          "content-security-policy": policy,
          ...(status === 405 && { allow: "GET, HEAD" }),
          "content-type": type,
          "content-length": Buffer.byteLength(body),
        });
        response.end(request.method === "HEAD" ? undefined : body);
      });
  };
}
