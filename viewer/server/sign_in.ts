/**
 * How a browser comes by the cookie that lets it in: by the address that was printed, which has the token
 * in it and leads on to the same page without it, or by a form for those who have the token alone.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Access } from "./access.ts";

/** Where the form is sent. */
export const signInPath = "/sign-in";

/** The parameter of an address, and the field of the form, that has the token. */
const tokenField = "token";

/** Bytes of the largest form that is read; one with a token has under 220. */
const formBytes = 1024;
/** How long a form may take to arrive, ms. */
const formPatience = 5_000;

/** The address of a page with the token that lets in whoever opens it. */
export function withToken(url: string, token: string): string {
  const address = new URL(url);
  address.searchParams.set(tokenField, token);
  return address.href;
}

/** What comes of an attempt to get in. */
export type SignIn =
  /** The cookie to set, and where to go on. */
  | { readonly cookie: string; readonly location: string }
  | { readonly refused: string };

/** What comes of the token in the address of `request`; undefined when there is none. */
export function signInByAddress(request: IncomingMessage, access: Access): SignIn | undefined {
  const [path, query = ""] = (request.url ?? "/").split("?", 2);
  const parameters = new URLSearchParams(query);
  const token = parameters.get(tokenField);
  if (token === null) return undefined;
  parameters.delete(tokenField);
  const rest = parameters.size > 0 ? `?${parameters}` : "";
  // A path with two slashes would be another host to a browser.
  return signIn(token, `${path.replace(/^\/+/, "/")}${rest}`, access);
}

/** What comes of the form that `request` brings. */
export async function signInByForm(request: IncomingMessage, access: Access): Promise<SignIn> {
  const form = await readForm(request);
  if (form === undefined) return { refused: "That is no token: it is too long, or never arrived." };
  return signIn(new URLSearchParams(form).get(tokenField)?.trim() ?? "", "/", access);
}

function signIn(token: string, location: string, access: Access): SignIn {
  return access.rightOf(token) === undefined
    ? { refused: "This token is not, or no longer, valid here." }
    : { cookie: access.cookie(token), location };
}

/** The form in a request's body; undefined when it is too long or does not come in time. */
function readForm(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = (form?: string) => {
      clearTimeout(deadline);
      resolve(form);
    };
    const deadline = setTimeout(finish, formPatience);
    request.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > formBytes) finish();
      else chunks.push(chunk);
    });
    request.on("end", () => finish(Buffer.concat(chunks).toString("utf-8")));
    request.on("error", () => finish());
    request.on("close", () => finish());
  });
}
