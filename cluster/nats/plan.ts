/**
 * All that the laboratory declares on a NATS server: streams, tables, consumers, subjects. Nothing else
 * names them. `p` is the plan's prefix, "callosum" unless several laboratories share a server.
 *
 * | what | subjects | written by | read by | promised | kept |
 * | --- | --- | --- | --- | --- | --- |
 * | bus | `p.bus.<subject>` | everybody | everybody | at most once; dropped while the server is away or slow | not at all |
 * | tables `KV_p_<table>` | `$KV.p_<table>.<key>` | see cluster/jobs/records.ts | everybody | a write counts once, by compare-and-set on the key's revision | the last value of each key |
 * | logs `p_logs` | `p.log.<name>` | the holder of a job | reporter, page, whoever resumes | an entry counts once, by compare-and-set on the log's last position | until its run is deleted |
 * | queue `p_queue` | `p.queue.<lane>` | submitters, reconciler | workers, one consumer a lane | a hint: at least once, unless something goes badly wrong | until it is acknowledged |
 * | blobs `p_blobs` | `p.blob.<digest>.<chunk>` | workers | workers, reporter | what is read has the digest asked for, or is reported as damaged | until it is removed, or nobody has referred to it for an hour |
 * | dead letters `p_dead` | `p.bus.dead-letters` | everybody | people | as the bus: none is lost while the server is there | 30 days, the oldest go first when the room is used up |
 *
 * A stream that is full refuses what is new (`discard: new`), except for the dead letters. Every
 * duplicate window is as short as possible: message ids are not used, see the queue.
 *
 * Only what nats-server 2.9 knows is used.
 */
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { type TableName, tableNames } from "../backbone.ts";
import { deadLetterSubject } from "../dead_letters.ts";
import { encodeSubject, encodeToken } from "./subject_names.ts";

/** What may be chosen. */
export interface PlanOptions {
  /** Begins every name. Lower-case letters, digits and `-`. Default "callosum". */
  readonly prefix?: string;
  /** Servers that keep each message: 1, or 3 or 5 in a cluster of servers. Default 1. */
  readonly replicas?: 1 | 3 | 5;
  /** Room for all that is kept, bytes; the server reserves it. Default 8 GiB. */
  readonly storage?: number;
  /** How long nothing may be heard of a hint before somebody else gets it, ms. Default 15 s. */
  readonly ackWait?: number;
}

/** A stream as it is declared. */
export type DeclaredStream =
  & Partial<StreamConfig>
  & Pick<StreamConfig, "name" | "subjects" | "max_bytes">;

/** What is declared on the server, and how everything is called there. */
export interface Plan {
  readonly prefix: string;
  /** Every stream, those of the tables included. */
  readonly streams: readonly DeclaredStream[];
  /** The subject of the bus under which `subject` is published. */
  readonly busSubject: (subject: string) => string;
  readonly tables: Readonly<
    Record<TableName, { readonly bucket: string; readonly stream: string }>
  >;
  readonly logs: {
    readonly stream: string;
    /** Begins every subject. */
    readonly root: string;
    readonly subject: (name: string) => string;
  };
  readonly queue: {
    readonly stream: string;
    readonly subject: (lane: string) => string;
    readonly consumer: (lane: string) => ConsumerConfig & { readonly durable_name: string };
  };
  readonly blobs: {
    readonly stream: string;
    /** Begins every subject; then come the digest and the chunk. */
    readonly root: string;
    readonly subject: (digest: string, chunk: number | "*") => string;
  };
  readonly deadLetters: { readonly stream: string };
}

/** Bytes of a chunk of a blob; half of the smallest message size that servers are set to. */
export const chunkBytes = 512 * 1024;

/** Shares of the room, in 64ths. */
const shares = { table: 1, logs: 16, queue: 4, blobs: 32, deadLetters: 2 } as const;

/** Hints of a lane that may be with somebody at once; a worker that would exceed it has to wait. */
const largestPending = 10_000;

/** Workers that may wait for a hint of one lane at once. */
const largestWaiting = 2_048;

/**
 * The plan.
 * @throws {RangeError} when an option is out of its range
 */
export function planOf(options: PlanOptions = {}): Plan {
  const { prefix = "callosum", replicas = 1, storage = 8 * 2 ** 30, ackWait = 15_000 } = options;
  if (!/^[a-z0-9-]{1,30}$/.test(prefix)) {
    throw new RangeError(
      `the prefix "${prefix}" must have 1 to 30 lower-case letters, digits and dashes`,
    );
  }
  if (!(storage >= 2 ** 20)) {
    throw new RangeError(`a storage of ${storage} bytes is too small; at least 1 MiB is needed`);
  }
  if (!(ackWait >= 100)) {
    throw new RangeError(`an ack-wait of ${ackWait} ms is too short; at least 100 ms are needed`);
  }
  const declare = (
    name: string,
    subject: string,
    share: number,
    special: Partial<StreamConfig>,
  ): DeclaredStream => ({
    name,
    subjects: [subject],
    max_bytes: Math.floor(storage / 64 * share),
    num_replicas: replicas,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    duplicate_window: nanos(100),
    ...special,
  });
  const tables = tablesOf(prefix);
  const stream = (name: string) => `${prefix}_${name}`;
  return {
    prefix,
    streams: [
      ...tableNames.map((name) =>
        // The layout of NATS's own key-value buckets, so that its tools can read them.
        declare(tables[name].stream, `$KV.${tables[name].bucket}.>`, shares.table, {
          max_msgs_per_subject: 1,
        })
      ),
      declare(stream("logs"), `${prefix}.log.>`, shares.logs, {}),
      declare(stream("queue"), `${prefix}.queue.*`, shares.queue, {
        retention: RetentionPolicy.Workqueue,
      }),
      // A chunk that is written again replaces the one before, whose content was the same.
      declare(stream("blobs"), `${prefix}.blob.*.*`, shares.blobs, {
        max_msgs_per_subject: 1,
        allow_direct: true,
      }),
      declare(
        stream("dead"),
        `${prefix}.bus.${encodeSubject(deadLetterSubject)}`,
        shares.deadLetters,
        {
          discard: DiscardPolicy.Old,
          max_age: nanos(30 * 24 * 3_600_000),
          no_ack: true,
        },
      ),
    ],
    busSubject: (subject) => `${prefix}.bus.${encodeSubject(subject)}`,
    tables,
    logs: {
      stream: stream("logs"),
      root: `${prefix}.log.`,
      subject: (name) => `${prefix}.log.${encodeSubject(name)}`,
    },
    queue: {
      stream: stream("queue"),
      subject: (lane) => `${prefix}.queue.${encodeToken(lane)}`,
      consumer: (lane) => ({
        durable_name: encodeToken(lane),
        filter_subject: `${prefix}.queue.${encodeToken(lane)}`,
        deliver_policy: DeliverPolicy.All,
        replay_policy: ReplayPolicy.Instant,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWait),
        max_ack_pending: largestPending,
        max_waiting: largestWaiting,
        // Attempts are counted in the ledger; a hint that the server gave up on would stay for ever.
        max_deliver: -1,
      }),
    },
    blobs: {
      stream: stream("blobs"),
      root: `${prefix}.blob.`,
      subject: (digest, chunk) => `${prefix}.blob.${encodeToken(digest)}.${chunk}`,
    },
    deadLetters: { stream: stream("dead") },
  };
}

function tablesOf(prefix: string): Plan["tables"] {
  const entries = tableNames.map((name) => {
    const bucket = `${prefix}_${name}`;
    return [name, { bucket, stream: `KV_${bucket}` }] as const;
  });
  return Object.fromEntries(entries) as Plan["tables"];
}
