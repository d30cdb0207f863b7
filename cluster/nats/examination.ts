/**
 * Looks at a NATS server as a doctor does: whose key this is, what is there of what the plan declares, how
 * full it is, what the key may write. Nothing is changed: where only trying tells, a message is sent that
 * the server is told to refuse.
 */
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  ReplayPolicy,
  type StreamInfo,
} from "@nats-io/jetstream";
import {
  nanos,
  type NatsConnection,
  type NodeConnectionOptions,
  nuid,
} from "@nats-io/transport-node";
import { tableNames } from "../backbone.ts";
import { type Access, accessOptions } from "./credentials.ts";
import { type SettingDifference, settingDifferences } from "./declaration.ts";
import { backboneError, isForbidden, isMissing } from "./errors.ts";
import { inboxPrefix, mayPublish, type Role } from "./permissions.ts";
import { type DeclaredStream, type Plan, planOf } from "./plan.ts";
import { roleOfKey } from "./role_check.ts";
import { type StoredPart, storedParts } from "./storage.ts";
import { connect } from "./transport.ts";

/** What was found out about a server. */
export interface ServerExamination {
  /** `host:port` that answered. */
  readonly address: string;
  readonly name: string;
  readonly version: string;
  /** Whether nobody on the way can read along. */
  readonly encrypted: boolean;
  /** Whether it asks who one is. */
  readonly demandsKeys: boolean;
  /** The largest message that it takes, bytes. */
  readonly largestMessage: number;
  /** Undefined: the key belongs to nobody of the laboratory, and nothing more can be seen. */
  readonly role?: Role;
  /** Whether JetStream answers. */
  readonly jetStream: boolean;
  /** What the plan declares, in its order. */
  readonly streams: readonly StreamFinding[];
  /** How full what is there is. */
  readonly parts: readonly StoredPart[];
  /** How far the server's clock is ahead of this machine's. */
  readonly clock?: ClockDifference;
  /** What the key may write, against what its role may. */
  readonly rights: readonly RightFinding[];
  /** Messages that nobody could read, as far as they are kept. */
  readonly deadLetters: number;
}

/** How a declared stream stands. */
export type StreamFinding =
  | { readonly stream: string; readonly state: "as planned" | "missing" }
  | {
    readonly stream: string;
    readonly state: "different";
    readonly differences: readonly SettingDifference[];
  };

/** Of two clocks. */
export interface ClockDifference {
  /** s */
  readonly ahead: number;
  /** As exact as the way to the server and back allows, s. */
  readonly uncertainty: number;
}

/** A right to write a part of what is kept. */
export interface RightFinding {
  readonly part: string;
  readonly granted: boolean;
  /** Whether the key's role has it. */
  readonly planned: boolean;
}

/** How long each answer may take, ms. */
const answerTime = 5_000;

/** The code of "expected stream does not match". */
const streamMismatch = 10060;

/** What an expectation is that no stream fulfils; the server refuses the message therefore. */
const noStream = "none-is-called-so";

/**
 * Examine the server.
 * @throws {BackboneError} "unavailable" when there is none, "refused" when it does not let us in
 */
export async function examineServer(
  access: Access,
  plan: Plan = planOf(),
): Promise<ServerExamination> {
  const options = await accessOptions(access);
  try {
    const role = await withConnection(options, "_INBOX", (nats) => roleOfKey(nats, plan));
    const inbox = role ? inboxPrefix(plan, role) : "_INBOX";
    return await withConnection(options, inbox, (nats) => examine(nats, plan, role));
  } catch (error) {
    // Without the secrets that may stand in the addresses.
    const place = [options.servers].flat().join(", ");
    throw backboneError(`to examine the NATS server at ${place}`, error);
  }
}

async function withConnection<T>(
  options: NodeConnectionOptions,
  inboxPrefix: string,
  use: (nats: NatsConnection) => Promise<T>,
): Promise<T> {
  const nats = await connect({
    ...options,
    name: "doctor",
    inboxPrefix,
    timeout: answerTime,
    reconnect: false,
  });
  try {
    return await use(nats);
  } finally {
    await nats.close();
  }
}

async function examine(
  nats: NatsConnection,
  plan: Plan,
  role: Role | undefined,
): Promise<ServerExamination> {
  const { info } = nats;
  const common = {
    address: nats.getServer(),
    name: info?.server_name ?? "",
    version: info?.version ?? "",
    encrypted: info?.tls_required ?? false,
    demandsKeys: info?.auth_required ?? false,
    largestMessage: info?.max_payload ?? 0,
  };
  const nothing = { streams: [], parts: [], rights: [], deadLetters: 0 };
  if (role === undefined) return { ...common, ...nothing, jetStream: false };
  const manager = await jetstreamManager(nats, { timeout: answerTime, checkAPI: false });
  const found = await findStreams(manager, plan);
  if (!found) return { ...common, ...nothing, role, jetStream: false };
  const present = [...found.values()];
  return {
    ...common,
    role,
    jetStream: true,
    streams: plan.streams.map((declared) => judged(declared, found.get(declared.name))),
    parts: storedParts(plan, present),
    clock: await clockDifference(manager, plan, found),
    rights: await examineRights(jetstream(nats, { timeout: answerTime }), plan, role, found),
    deadLetters: found.get(plan.deadLetters.stream)?.state.messages ?? 0,
  };
}

/** The declared streams that are there, by their names; undefined when JetStream does not answer. */
async function findStreams(
  manager: JetStreamManager,
  { streams }: Plan,
): Promise<Map<string, StreamInfo> | undefined> {
  const found = new Map<string, StreamInfo>();
  for (const { name } of streams) {
    try {
      found.set(name, await manager.streams.info(name));
    } catch (error) {
      const isOff = error instanceof JetStreamApiError &&
        error.code === JetStreamApiCodes.JetStreamNotEnabledForAccount;
      if (isOff || (isMissing(error) && !(error instanceof JetStreamApiError))) return undefined;
      if (!isMissing(error)) throw error;
    }
  }
  return found;
}

function judged(declared: DeclaredStream, info: StreamInfo | undefined): StreamFinding {
  const stream = declared.name;
  if (!info) return { stream, state: "missing" };
  const differences = settingDifferences(info, declared);
  return differences.length === 0
    ? { stream, state: "as planned" }
    : { stream, state: "different", differences };
}

/** A consumer carries the time at which it was made; the server forgets it by itself. */
async function clockDifference(
  manager: JetStreamManager,
  plan: Plan,
  found: ReadonlyMap<string, StreamInfo>,
): Promise<ClockDifference | undefined> {
  const { stream } = plan.tables.workers;
  if (!found.has(stream)) return undefined;
  const began = performance.now();
  const asked = Date.now();
  const { created } = await manager.consumers.add(stream, {
    name: `doctor-${nuid.next()}`,
    filter_subject: `$KV.${plan.tables.workers.bucket}.>`,
    deliver_policy: DeliverPolicy.New,
    replay_policy: ReplayPolicy.Instant,
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(answerTime),
    mem_storage: true,
    num_replicas: 1,
  });
  const half = (performance.now() - began) / 2;
  return { ahead: (Date.parse(created) - asked - half) / 1000, uncertainty: half / 1000 };
}

/** A subject of each part. */
function probes(plan: Plan): { readonly part: string; readonly stream: string; subject: string }[] {
  const { tables, logs, queue, blobs } = plan;
  return [
    ...tableNames.map((part) => (
      { part, stream: tables[part].stream, subject: `$KV.${tables[part].bucket}.doctor` }
    )),
    { part: "logs", stream: logs.stream, subject: logs.subject("doctor") },
    { part: "queue", stream: queue.stream, subject: queue.subject("doctor") },
    { part: "blobs", stream: blobs.stream, subject: blobs.subject("doctor", 0) },
  ];
}

async function examineRights(
  client: JetStreamClient,
  plan: Plan,
  role: Role,
  found: ReadonlyMap<string, StreamInfo>,
): Promise<RightFinding[]> {
  const rights: RightFinding[] = [];
  for (const { part, stream, subject } of probes(plan)) {
    if (!found.has(stream)) continue;
    const granted = await mayWrite(client, subject);
    rights.push({ part, granted, planned: mayPublish(role, plan, subject) });
  }
  return rights;
}

/** Whether the server would have taken a message, had it not been told to refuse it. */
async function mayWrite(client: JetStreamClient, subject: string): Promise<boolean> {
  try {
    await client.publish(subject, new Uint8Array(), { expect: { streamName: noStream } });
  } catch (error) {
    if (isForbidden(error)) return false;
    const isRefused = error instanceof JetStreamApiError &&
      error.code === streamMismatch;
    if (isRefused) return true;
    throw error;
  }
  throw new Error(`the server has taken a message to ${subject} that it should have refused`);
}
