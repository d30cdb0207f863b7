/**
 * Who may watch a site, and who may give it orders. On the loopback interface everybody who comes from its
 * own pages may do both. Wherever other machines can reach it a token says who somebody is: in a cookie,
 * as browsers keep it, or in the header of RFC 6750 (`Authorization: Bearer`), as programs send it.
 *
 * Tokens are compared by their digests, in constant time: how long an answer takes says nothing of how much
 * of a guess was right. Guesses need not be slowed down: a token has far more values than can be tried.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What somebody may do: look at everything, or give orders as well. */
export type Right = "watch" | "control";

/** The tokens of a site. */
export interface AccessTokens {
  /** Grants everything. */
  readonly control: string;
  /** Grants looking; without it nobody may look who may not give orders. */
  readonly watch?: string;
}

/** What tokens look like: they stand in cookies, headers and addresses as they are. */
export const tokenPattern = /^[A-Za-z0-9_-]{16,200}$/;

/** How many random bytes there are in a token: more than anybody can guess. */
const tokenBytes = 24;

/** A fresh pair, from the system's random numbers: secrets follow from no seed. */
export function newTokens(): Required<AccessTokens> {
  const token = () => randomBytes(tokenBytes).toString("base64url");
  return { control: token(), watch: token() };
}

/**
 * Whether only this machine can reach what listens on `host`.
 * @param host an address or a name, IPv6 without brackets
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Tells what somebody may do. */
export interface Access {
  /** Whether it takes a token to get in. */
  readonly isByToken: boolean;
  /** What a request with these headers may do; undefined when nothing. */
  right(headers: IncomingHttpHeaders): Right | undefined;
  /** What a token grants. */
  rightOf(token: string): Right | undefined;
  /** The value of a `Set-Cookie` header that has a browser send the token from now on. */
  cookie(token: string): string;
}

/** For the loopback interface: whoever gets in may do everything. */
export const everybody: Access = {
  isByToken: false,
  right: () => "control",
  rightOf: () => undefined,
  cookie() {
    throw new TypeError("a site without tokens has no use for a cookie");
  },
};

/**
 * Access by token.
 * @param port that the site listens on: browsers send cookies to all ports of a host, so their names differ
 * @throws {RangeError} when a token is too short, has other characters, or both are the same
 */
export function accessByToken(tokens: AccessTokens, port: number): Access {
  const known = (["control", "watch"] as const).flatMap((right) => {
    const token = tokens[right];
    return token === undefined ? [] : [{ right, digest: digestOf(checked(right, token)) }];
  });
  if (tokens.control === tokens.watch) {
    throw new RangeError("the tokens to control and to watch are the same; make two");
  }
  const cookieName = `callosum-${port}`;
  const rightOf = (token: string) => {
    const digest = digestOf(token);
    // All of them, whichever it is.
    const matches = known.map((each) => timingSafeEqual(each.digest, digest));
    return known.find((_, index) => matches[index])?.right;
  };
  return {
    isByToken: true,
    rightOf,
    right({ authorization, cookie }) {
      const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ??
        cookieOf(cookie ?? "", cookieName);
      return token === undefined ? undefined : rightOf(token);
    },
    // Lax: who follows a link to the laboratory is let in. Nothing is done by a mere request, and
    // WebSockets are for those alone who come from the site's own pages.
    cookie: (token) => `${cookieName}=${token}; HttpOnly; SameSite=Lax; Path=/`,
  };
}

const digestOf = (token: string) => createHash("sha256").update(token).digest();

function checked(right: Right, token: string): string {
  if (tokenPattern.test(token)) return token;
  // Not the token itself: errors are printed and logged.
  throw new RangeError(
    `the token to ${right} has ${token.length} characters; ` +
      "it must have 16 to 200 of A-Z, a-z, 0-9, - and _",
  );
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}
