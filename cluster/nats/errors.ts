/**
 * What goes wrong on NATS, as the backbone's errors: what was being done, why it failed, what to do.
 * The codes are those of nats-server's server/errors.json.
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { BackboneError } from "../backbone.ts";
import { type Role, roleMeanings } from "./permissions.ts";

/** Codes of JetStream's API that mean: no room. */
const fullCodes = new Set([
  10002, // resource limits exceeded for account
  10023, // insufficient resources
  10028, // insufficient memory resources available
  10047, // insufficient storage resources available
  10077, // the store refused the message; its description says why, here a limit or the disk
]);

/** Codes of JetStream's API that mean: the message is too large. */
const tooLargeCodes = new Set([10054]);

/** "wrong last sequence" in its two forms: a compare-and-set has lost. */
const lostRaceCodes = new Set<number>([JetStreamApiCodes.StreamWrongLastSequence, 10164]);

/** Whether `error` says that a compare-and-set has lost against somebody else's write. */
export function isLostRace(error: unknown): boolean {
  return error instanceof JetStreamApiError && lostRaceCodes.has(error.code);
}

/** Whether `error` says that a stream, a consumer, or all of JetStream is not there (any more). */
export function isMissing(error: unknown): boolean {
  for (const cause of causes(error)) {
    if (cause instanceof errors.NoRespondersError) return true;
    if (cause instanceof JetStreamApiError) {
      return cause.code === JetStreamApiCodes.StreamNotFound ||
        cause.code === JetStreamApiCodes.ConsumerNotFound;
    }
  }
  return false;
}

/** Whether `error` says that the server's store cannot take a stream: 10049, for which no reason is given. */
export function isUnstorable(error: unknown): error is JetStreamApiError {
  return error instanceof JetStreamApiError && error.code === 10049;
}

/** Whether `error` says that this user may not do that. */
export function isForbidden(error: unknown): boolean {
  for (const cause of causes(error)) {
    if (cause instanceof errors.PermissionViolationError) return true;
  }
  return false;
}

/**
 * `error` as the backbone's error; what is no matter of NATS is returned as it is.
 *
 * @param what what was being done, for the message: "to append to the log job.7"
 * @param role whose key it was done with, where that is known
 */
export function backboneError(what: string, error: unknown, role?: Role): Error {
  for (const cause of causes(error)) {
    if (cause instanceof BackboneError) return cause;
    const found = kindOf(cause, role);
    if (found) return new BackboneError(found[0], `${what}: ${found[1]}`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** The error and what has caused it, the last cause last. */
function* causes(error: unknown): Iterable<unknown> {
  for (let cause = error; cause !== undefined && cause !== null;) {
    yield cause;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
}

function kindOf(error: unknown, role?: Role): [BackboneError["kind"], string] | undefined {
  if (error instanceof errors.PermissionViolationError) return ["refused", forbidden(error, role)];
  if (
    error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError
  ) {
    return [
      "refused",
      `the server does not accept these credentials (${error.message}); check the user, and that ` +
      "they have not expired",
    ];
  }
  if (error instanceof JetStreamApiError) return kindOfApiError(error);
  if (isMistrust(error)) {
    return [
      "refused",
      `no trusted TLS connection (${error.message}); name the authority that has signed the server's ` +
      "certificate, and call the server by the host name that stands in it",
    ];
  }
  if (error instanceof errors.InvalidArgumentError && error.message.includes("max_payload")) {
    return ["too-large", "the message is larger than the server's max_payload"];
  }
  if (error instanceof errors.NoRespondersError) {
    return ["unavailable", "nobody on the server answers for it: JetStream is off or starting"];
  }
  if (error instanceof errors.TimeoutError) return ["unavailable", "no answer in time"];
  if (
    error instanceof errors.ClosedConnectionError ||
    error instanceof errors.DrainingConnectionError ||
    error instanceof errors.ConnectionError ||
    (error instanceof errors.RequestError && error.cause === undefined)
  ) {
    return ["unavailable", error.message];
  }
  return undefined;
}

function forbidden(
  { operation, subject }: InstanceType<typeof errors.PermissionViolationError>,
  role: Role | undefined,
): string {
  const what = `may not ${operation === "publish" ? "write to" : "listen to"} ${subject}`;
  return role === undefined
    ? `this key ${what}; give it the permissions of its role (cluster/nats/permissions.ts)`
    : `a key used as a ${role}'s ${what}: a ${role} ${
      roleMeanings[role]
    }; use the key of somebody ` +
      "who may, or give this one the permissions of its role (cluster/nats/permissions.ts)";
}

/** Whether one side does not trust the other's certificate, or has none. */
function isMistrust(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/.test(code) ||
    /does not support 'tls'/.test(error.message);
}

function kindOfApiError(error: JetStreamApiError): [BackboneError["kind"], string] {
  const text = `${error.message} (JetStream error ${error.code})`;
  if (fullCodes.has(error.code)) {
    return [
      "full",
      `${text}; give the server more room (max_file_store, the disk), or remove what is not needed`,
    ];
  }
  if (tooLargeCodes.has(error.code)) return ["too-large", text];
  if (isMissing(error) || error.status >= 500) return ["unavailable", text];
  return ["refused", text];
}
