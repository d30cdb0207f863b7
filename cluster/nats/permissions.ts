/**
 * What each kind of process may do on the NATS server: the subjects that its key is let to, and no more.
 * The names are those of the plan; the interface's subjects are JetStream's.
 *
 * | role | writes | reads |
 * | --- | --- | --- |
 * | owner | everything, declares the streams | everything |
 * | worker | jobs, results, alarms, workers, leases, logs, blobs, hints, the bus | the laboratory |
 * | submitter | specs, lanes, runs, jobs, leases, hints, commands on the bus | the laboratory |
 * | page | commands on the bus | the laboratory |
 *
 * Nobody but the owner can make, change, empty or delete a stream, with one exception: a worker removes
 * blobs that are not needed any more, which on NATS is the right to purge the stream of the blobs. What is
 * read is restricted to the laboratory's own streams; answers come in an inbox of the role's own, so
 * that a page cannot listen to what a worker is told. The owner's key serves in every role.
 *
 * A role that may read a stream may make consumers of it, and a consumer's messages go where its maker
 * says, also into a subject that the role itself may not write to. NATS offers nothing against that
 * within one account; who must be protected from one another needs accounts of their own.
 */
import { type TableName, tableNames } from "../backbone.ts";
import { deadLetterSubject } from "../dead_letters.ts";
import type { Plan } from "./plan.ts";

/** What a process is. */
export const roles = ["owner", "worker", "submitter", "page"] as const;

export type Role = (typeof roles)[number];

/** What each role may do, in words. */
export const roleMeanings: Readonly<Record<Role, string>> = {
  owner: "may do everything, and declares what the laboratory keeps",
  worker: "may take jobs and keep what comes of them",
  submitter: "may submit jobs, give orders to runs and workers, and read everything",
  page: "may read everything, and send commands to the runs that it shows",
};

/** Subjects that may be used, as NATS's configuration has them. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Where answers to a role, or to any (`*`), come in. */
export function inboxPrefix(plan: Plan, role: Role | "*"): string {
  return `_INBOX.${plan.prefix}.${role}`;
}

/** Tables that each role writes. */
const writtenTables: Record<Exclude<Role, "owner">, readonly TableName[]> = {
  worker: ["jobs", "results", "alarms", "workers", "leases"],
  submitter: ["specs", "lanes", "runs", "jobs", "leases"],
  page: [],
};

/** Subjects of the bus that each role sends to; `*` stands for a run or a worker. */
const sentSubjects: Record<Exclude<Role, "owner">, readonly string[]> = {
  worker: [">"],
  submitter: ["run.*.commands", "run.*.control", "worker.*.control"],
  page: ["run.*.commands"],
};

/** What `role` may do. */
export function permissionsOf(role: Role, plan: Plan): Permissions {
  const inbox = `${inboxPrefix(plan, role)}.>`;
  const bus = `${plan.prefix}.bus`;
  if (role === "owner") {
    return {
      publish: [
        `${plan.prefix}.>`,
        ...tableNames.map((table) => `$KV.${plan.tables[table].bucket}.>`),
        "$JS.API.>",
        "$JS.ACK.>",
        "$JS.FC.>",
      ],
      // Its key also serves what the owner runs in another role: the workers of its own machine, a submitter.
      subscribe: [`${bus}.>`, `${inboxPrefix(plan, "*")}.>`],
    };
  }
  return {
    publish: [
      ...plan.streams.map(({ name }) => `$JS.API.STREAM.INFO.${name}`),
      ...readableStreams(plan).flatMap(reading),
      ...writtenTables[role].map((table) => `$KV.${plan.tables[table].bucket}.>`),
      ...sentSubjects[role].map((subject) => `${bus}.${subject}`),
      `${bus}.${deadLetterSubject}`,
      ...(role === "page" ? [] : giving(plan)),
      ...(role === "worker" ? working(plan) : []),
    ],
    subscribe: [`${bus}.>`, inbox],
  };
}

/** Whether `role` may publish to `subject`, one without wildcards. */
export function mayPublish(role: Role, plan: Plan, subject: string): boolean {
  return permissionsOf(role, plan).publish.some((pattern) => matches(pattern, subject));
}

/** NATS's wildcards: `*` stands for one token, `>` at the end for one or more. */
function matches(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split("."), subject.split(".")];
  const isOpen = wanted.at(-1) === ">";
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  return (isOpen ? given.length > fixed.length : given.length === fixed.length) &&
    fixed.every((token, index) => token === "*" || token === given[index]);
}

function readableStreams(plan: Plan): string[] {
  return [
    ...tableNames.map((table) => plan.tables[table].stream),
    plan.logs.stream,
    plan.blobs.stream,
    plan.deadLetters.stream,
  ];
}

/** To read a stream: single messages, and consumers with their flow control. */
function reading(stream: string): string[] {
  return [
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}

/** To give hints, and to look how many are waiting. */
function giving(plan: Plan): string[] {
  return [`${plan.prefix}.queue.*`, `$JS.API.CONSUMER.INFO.${plan.queue.stream}.*`];
}

/** What only workers do: take hints, write logs, keep and remove blobs. */
function working(plan: Plan): string[] {
  const { queue, blobs, prefix } = plan;
  return [
    `$JS.API.CONSUMER.DURABLE.CREATE.${queue.stream}.*`,
    `$JS.API.CONSUMER.CREATE.${queue.stream}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${queue.stream}.*`,
    `$JS.ACK.${queue.stream}.>`,
    `${prefix}.log.>`,
    `${prefix}.blob.*.*`,
    `$JS.API.STREAM.PURGE.${blobs.stream}`,
  ];
}
