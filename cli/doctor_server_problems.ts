/** What of a laboratory's server is not as it should be, and what to do about it. */
import { type Access, areOnThisMachine } from "../cluster/nats/credentials.ts";
import { parseNatsVersion } from "../cluster/nats/durability.ts";
import type { ServerExamination } from "../cluster/nats/examination.ts";
import { roleMeanings } from "../cluster/nats/permissions.ts";
import { shareUsed } from "../cluster/nats/storage.ts";
import { sizeText } from "../cluster/size_text.ts";
import { serverNames } from "./nats_words.ts";

/** Something that somebody should do something about. */
export interface ServerProblem {
  readonly problem: string;
  readonly remedy: string;
}

/** From this share on a part of the store counts as full soon. */
const nearlyFull = 0.8;

/** Clocks may differ by so much, s. */
const tolerableDifference = 2;

/** The smallest message that the laboratory needs to get through, bytes; NATS's own default. */
const neededMessage = 2 ** 20;

type Check = (examination: ServerExamination, access: Access) => readonly ServerProblem[];

/** See the file's head; the gravest first. */
export function serverProblems(examination: ServerExamination, access: Access): ServerProblem[] {
  return checks.flatMap((check) => check(examination, access));
}

const checks: readonly Check[] = [
  ({ version }) => {
    const [major, minor, patch] = parseNatsVersion(`v${version}`) ?? [0, 0, 0];
    if (major < 2 || (major === 2 && minor < 9)) {
      return [{
        problem: `the server is version ${version || "unknown"}`,
        remedy: "update it to 2.9 or later, the first version that is tested with this",
      }];
    }
    return major === 2 && minor === 10 && patch >= 20 && patch <= 22
      ? [{
        problem: `version ${version} is known to have lost whole streams when it was killed`,
        remedy: "update it to 2.10.23 or later",
      }]
      : [];
  },
  ({ role }) =>
    role === undefined
      ? [{
        problem: "the key is let in, but belongs to nobody of the laboratory",
        remedy: "use one of the keys that deno task keys makes with the server's configuration",
      }]
      : [],
  ({ demandsKeys }, access) =>
    demandsKeys || areOnThisMachine(access) ? [] : [{
      problem: "the server asks nobody who they are: whoever reaches it may do everything",
      remedy: "start it with the configuration that deno task keys writes",
    }],
  ({ encrypted }, access) =>
    encrypted || areOnThisMachine(access) ? [] : [{
      problem: "the connection is not encrypted: anybody on the way can read along",
      remedy: "give the server a certificate (deno task keys --tls-cert --tls-key), and use tls://",
    }],
  ({ role, jetStream }) =>
    jetStream || role === undefined ? [] : [{
      problem: "JetStream is off, or still starting: nothing can be kept",
      remedy: "start the server with a configuration that has a jetstream block",
    }],
  ({ streams }) => {
    const missing = streams.filter(({ state }) => state === "missing");
    return missing.length === 0 ? [] : [{
      problem: missing.length === streams.length
        ? "the laboratory is not declared on the server"
        : `${missing.map(({ stream }) => stream).join(", ")} is missing`,
      remedy: "run deno task cluster --nats URL with the owner's key, which declares it",
    }];
  },
  ({ streams }) =>
    streams.flatMap((finding) =>
      finding.state !== "different" ? [] : [{
        problem: `${finding.stream} is not as planned: ` +
          finding.differences.map(({ setting, present, declared }) =>
            `${setting} is ${JSON.stringify(present)} instead of ${JSON.stringify(declared)}`
          ).join(", "),
        remedy: "run deno task cluster --nats URL with the owner's key, which brings it into line",
      }]
    ),
  ({ parts }) =>
    parts.filter((part) => shareUsed(part) >= nearlyFull).map((part) => ({
      problem: `${part.part}: ${(100 * shareUsed(part)).toFixed(0)} % of ${
        sizeText(part.room)
      } are used; what is new is refused when it is full`,
      remedy:
        "delete runs that nobody needs (deno task runs delete), or sweep (deno task runs sweep)",
    })),
  ({ largestMessage }) =>
    largestMessage >= neededMessage ? [] : [{
      problem: `the server takes no message larger than ${sizeText(largestMessage)}`,
      remedy: `set max_payload to ${neededMessage} or more in its configuration`,
    }],
  ({ role, rights }) =>
    role === undefined
      ? []
      : rights.flatMap(({ part, granted, planned }) =>
        granted === planned ? [] : [
          planned
            ? {
              problem: `this ${role}'s key may not write to ${part}, although a ${role} ` +
                roleMeanings[role],
              remedy: "give it the permissions that deno task keys writes",
            }
            : {
              problem: `this ${role}'s key may write to ${part}, which is not for a ${role}`,
              remedy: "give it the permissions that deno task keys writes, and no others",
            },
        ]
      ),
  ({ clock }) =>
    clock === undefined || Math.abs(clock.ahead) - clock.uncertainty <= tolerableDifference
      ? []
      : [{
        problem: `the server's clock is ${Math.abs(clock.ahead).toFixed(1)} s ${
          clock.ahead > 0 ? "ahead of" : "behind"
        } this machine's`,
        remedy:
          "set the clocks by NTP; no job depends on them, but what logs say and keys that expire",
      }],
  ({ deadLetters }, access) =>
    deadLetters === 0 ? [] : [{
      problem: `${deadLetters} messages that nobody could read are kept`,
      remedy:
        "look whether programs of two versions, or strangers, use the server: nats --server " +
        `${serverNames(access.servers)} stream view callosum_dead`,
    }],
];
