/** The few things that the viewer serves over http: pages, their styles and scripts, its health. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Buffer } from "node:buffer";
import { documentsPath } from "../../cluster/document_paths.ts";
import type { DocumentSource } from "../../cluster/document_source.ts";
import type { RecordingSource } from "../../cluster/trial_recording.ts";
import type { Access } from "./access.ts";
import type { TrustedAddresses } from "./addresses.ts";
import { documentReply } from "./documents.ts";
import { recordingReply } from "./recordings.ts";
import { type SignIn, signInByAddress, signInByForm, signInPath } from "./sign_in.ts";

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

/** Of the page that asks for the token: a form, and nothing that runs. */
const signInPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
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
  "/run.css": file("../web/run/run.css", "text/css; charset=utf-8"),
  "/library.css": file("../web/library/library.css", "text/css; charset=utf-8"),
  "/compare.css": file("../web/compare/compare.css", "text/css; charset=utf-8"),
  "/icon.svg": file("../web/icon.svg", "image/svg+xml"),
  "/charts.css": {
    url: new URL(import.meta.resolve("uplot/dist/uPlot.min.css")),
    type: "text/css; charset=utf-8",
  },
};

/** What the page that asks for the token consists of, by its address; everybody may have it. */
const publicFiles: Readonly<Record<string, PageFile>> = {
  "/icon.svg": files["/icon.svg"],
  "/sign-in.css": file("./sign_in.css", "text/css; charset=utf-8"),
};

const signInPage = file("./sign_in.html", "text/html; charset=utf-8");
/** What stands in that page where the problem is to be. */
const problemPlace = `<p role="alert"></p>`;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly policy?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

const plain = (status: number, body: string): Reply => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${body}\n`,
});

/** What the handler answers with besides the files. */
export interface PageSources {
  readonly addresses: TrustedAddresses;
  /** Who may have them. */
  readonly access: Access;
  /** The pages by their paths. A request can name nothing else, so there is no path to escape from. */
  readonly pages: Readonly<Record<string, PageFile>>;
  /** The pages' scripts by their paths; one rejects with a message for the reader of the page. */
  readonly scripts: ReadonlyMap<string, Promise<string>>;
  /** The scripts that run as workers, with what they import, by their paths. */
  readonly workers: ReadonlyMap<string, Promise<string>>;
  /** The documents that the pages ask for, where there are any. */
  readonly documents?: DocumentSource;
  /** What is kept of the motion that they show, where something is. */
  readonly recording?: RecordingSource;
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
  const { access, addresses } = sources;
  if (!addresses.host(host)) {
    return plain(421, "This address is not served here. Open the address that the run printed.");
  }
  if (origin !== undefined && !addresses.origin(origin)) {
    return plain(403, "Requests from other sites are refused.");
  }
  const path = (request.url ?? "/").split("?", 1)[0];
  const right = access.right(request.headers);
  if (access.isByToken && path === signInPath && request.method === "POST") {
    return await signedIn(await signInByForm(request, access));
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    const allow = { allow: "GET, HEAD" };
    return { ...plain(405, "Only GET and HEAD are answered."), headers: allow };
  }
  if (access.isByToken) {
    const attempt = signInByAddress(request, access);
    if (attempt) return await signedIn(attempt);
  }
  if (Object.hasOwn(publicFiles, path)) return await served(publicFiles[path]);
  if (right === undefined) {
    return await whoAreYou(Object.hasOwn(sources.pages, path) ? "" : undefined);
  }
  if (sources.documents && path.startsWith(documentsPath)) {
    return await documentReply(request.url ?? "", request.headers, sources.documents);
  }
  const recorded = await recordingReply(path, sources.recording);
  if (recorded) return recorded;
  return await content(path, sources);
}

/** What there is under a path, for those who may have it. */
async function content(path: string, sources: PageSources): Promise<Reply> {
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
  return found ? await served(found[path]) : plain(404, "There is nothing here.");
}

async function served({ url, type }: PageFile): Promise<Reply> {
  return { status: 200, type, body: await Deno.readFile(url) };
}

/** Where an attempt to get in leads. */
async function signedIn(attempt: SignIn): Promise<Reply> {
  if ("refused" in attempt) return await whoAreYou(attempt.refused);
  const { cookie, location } = attempt;
  return { ...plain(303, "Come in."), headers: { "set-cookie": cookie, location } };
}

/**
 * The question for the token.
 * @param problem of an attempt to get in, in words of this file's own; undefined where no person reads it
 */
async function whoAreYou(problem: string | undefined): Promise<Reply> {
  const asking = { "www-authenticate": "Bearer" };
  if (problem === undefined) {
    return { ...plain(401, "This needs the token that was printed."), headers: asking };
  }
  const { url, type } = signInPage;
  const body = (await Deno.readTextFile(url)).replace(
    problemPlace,
    problem === "" ? "" : `<p role="alert">${problem}</p>`,
  );
  // Without a referrer browsers send the form as from nowhere, `Origin: null`, which is refused.
  const more = { ...asking, "referrer-policy": "same-origin" };
  return { status: 401, type, body, policy: signInPolicy, headers: more };
}

/**
 * Answers one request after the other.
 * @param onError told what went wrong when something could not be read
 */
export function pageHandler(
  sources: PageSources,
  onError: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    reply(request, sources)
      .catch((error): Reply => {
        onError(error);
        return plain(500, "This could not be read; what the server says tells why.");
      })
      .then(({ status, type, body, policy = pagePolicy, headers: more }) => {
        response.writeHead(status, {
          ...headers,
          ...more,
          "content-security-policy": policy,
          "content-type": type,
          // What has not changed has another length than none.
          ...status !== 304 && { "content-length": Buffer.byteLength(body) },
        });
        response.end(request.method === "HEAD" ? undefined : body);
      });
  };
}
