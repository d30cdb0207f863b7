/** What the doctor says of a laboratory's server. */
import { checkpointSeconds } from "../agents/worker/executor.ts";
import { counted } from "../agents/library/report_text.ts";
import { defaultTimes } from "../cluster/jobs/repairs.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { natsDurability, parseNatsVersion } from "../cluster/nats/durability.ts";
import type { ServerExamination } from "../cluster/nats/examination.ts";
import { roleMeanings } from "../cluster/nats/permissions.ts";
import { shareUsed, storageSummary } from "../cluster/nats/storage.ts";
import { sizeText } from "../cluster/size_text.ts";
import type { ServerProblem } from "./doctor_server_problems.ts";
import { serverNames } from "./nats_words.ts";
import { plainTable } from "./plain_table.ts";

/** See the file's head. */
export function serverText(
  examination: ServerExamination,
  problems: readonly ServerProblem[],
  access: Access,
): string {
  return [
    facts(examination, access).map(([name, fact]) => `${name.padEnd(9)}${fact}`).join("\n"),
    ...examination.parts.length > 0 ? [storage(examination)] : [],
    promises(examination),
    problemsText(problems),
  ].join("\n\n");
}

function facts(examination: ServerExamination, access: Access): [string, string][] {
  const { version, name, encrypted, role, jetStream, largestMessage, streams, clock } = examination;
  const planned = streams.filter(({ state }) => state === "as planned").length;
  return [
    ["server", `${serverNames(access.servers)}, nats-server ${version}${name && ` "${name}"`}`],
    ["way", encrypted ? "encrypted" : "not encrypted"],
    ["key", role === undefined ? "nobody's" : keyText(examination)],
    [
      "takes",
      `messages of up to ${sizeText(largestMessage)}; JetStream is ${jetStream ? "on" : "off"}`,
    ],
    ...streams.length > 0
      ? [["streams", `${planned} of ${streams.length} as planned`] as [string, string]]
      : [],
    ...clock ? [["clock", clockText(clock)] as [string, string]] : [],
  ];
}

function keyText({ role = "owner", demandsKeys }: ServerExamination): string {
  if (!demandsKeys) return "none is asked for: everybody may do everything";
  return `${role === "owner" ? "the" : "a"} ${role}'s, who ${roleMeanings[role]}`;
}

function clockText({ ahead, uncertainty }: NonNullable<ServerExamination["clock"]>): string {
  const size = `${Math.abs(ahead).toFixed(3)} s`;
  return `${size} ${ahead >= 0 ? "ahead of" : "behind"} this machine's, to ${
    uncertainty.toFixed(3)
  } s`;
}

function storage({ parts }: ServerExamination): string {
  const { used, room } = storageSummary(parts);
  const rows = [...parts].sort((a, b) => shareUsed(b) - shareUsed(a)).map((part) => [
    part.part,
    sizeText(part.used),
    sizeText(part.room),
    `${(100 * shareUsed(part)).toFixed(1)} %`,
  ]);
  const table = plainTable(["kept", "used", "of", "share"], rows, ["used", "of", "share"]);
  return `${table}\n${sizeText(used)} of ${sizeText(room)} are used`;
}

/** What becomes of jobs when something dies. */
function promises({ version }: ServerExamination): string {
  const numbers = parseNatsVersion(`v${version}`);
  const [lease, checkpoint] = [
    counted(defaultTimes.lease / 1000, "second"),
    counted(checkpointSeconds, "second"),
  ];
  return [
    "When a worker dies",
    "  its job goes on elsewhere: at once where its machine tells of the death, otherwise when nothing",
    `  was heard of it for ${lease}; from its last checkpoint, of which there is one every`,
    `  ${checkpoint} unless a step takes longer; and it ends as if undisturbed.`,
    "When the server is away",
    "  workers go on, keep what must not be lost, and deliver it when it is back.",
    "When the server is killed, or the power fails",
    `  ${numbers ? natsDurability(numbers) : "nobody knows: the server tells no version"}.`,
  ].join("\n");
}

function problemsText(problems: readonly ServerProblem[]): string {
  if (problems.length === 0) return "All is as it should be.";
  return [
    "What is not as it should be",
    ...problems.map(({ problem, remedy }) => `  ${problem}\n    ${remedy}`),
  ].join("\n");
}
