/**
 * What passes over a message port for the backbone: what a worker thread can ask of its owner, as data,
 * and the messages that carry it. The port may carry other things too, hence the envelope.
 */
import {
  type Backbone,
  BackboneError,
  type BackboneErrorKind,
  type Change,
  type Hint,
  type LinkState,
  type LogEntry,
  type TableName,
} from "./backbone.ts";

/** What is asked and answered once. */
export const procedures = {
  "table.get": (backbone: Backbone, name: TableName, key: string) => backbone.table(name).get(key),
  "table.create": (backbone: Backbone, name: TableName, key: string, value: Uint8Array) =>
    backbone.table(name).create(key, value),
  "table.update": (
    backbone: Backbone,
    name: TableName,
    key: string,
    value: Uint8Array,
    revision: number,
  ) => backbone.table(name).update(key, value, revision),
  "table.remove": (backbone: Backbone, name: TableName, key: string, revision: number) =>
    backbone.table(name).remove(key, revision),
  "table.keys": (backbone: Backbone, name: TableName) => backbone.table(name).keys(),
  "logs.append": (backbone: Backbone, name: string, payload: Uint8Array, after: number) =>
    backbone.logs.append(name, payload, after),
  "logs.last": (backbone: Backbone, name: string) => backbone.logs.last(name),
  "logs.read": (backbone: Backbone, name: string, after: number) => backbone.logs.read(name, after),
  "logs.names": (backbone: Backbone) => backbone.logs.names(),
  "logs.remove": (backbone: Backbone, name: string, until?: number) =>
    backbone.logs.remove(name, until),
  "queue.push": (backbone: Backbone, lane: string, payload: Uint8Array) =>
    backbone.queue.push(lane, payload),
  "queue.waiting": (backbone: Backbone, lane: string) => backbone.queue.waiting(lane),
  "blobs.put": (backbone: Backbone, bytes: Uint8Array) => backbone.blobs.put(bytes),
  "blobs.get": (backbone: Backbone, digest: string) => backbone.blobs.get(digest),
  "blobs.list": (backbone: Backbone) => backbone.blobs.list(),
  "blobs.remove": (backbone: Backbone, digest: string, revision?: number) =>
    backbone.blobs.remove(digest, revision),
};

type Procedures = typeof procedures;
export type ProcedureName = keyof Procedures;
export type Rest<Name extends ProcedureName> = Procedures[Name] extends
  (backbone: Backbone, ...rest: infer Rest) => unknown ? Rest : never;
export type Outcome<Name extends ProcedureName> = Awaited<ReturnType<Procedures[Name]>>;

/** What is followed, and handed over item by item. */
export type Source =
  | { readonly of: "table"; readonly name: TableName }
  | { readonly of: "log"; readonly name: string; readonly after: number };

/** What comes of a source. */
export type Item = Change | LogEntry;

/** From the worker to its owner. `id` is the worker's number of what it asks for. */
export type Request =
  /** The worker listens. */
  | { readonly kind: "hello" }
  /** The worker needs nothing more. */
  | { readonly kind: "bye" }
  | {
    readonly kind: "call";
    readonly id: number;
    readonly name: ProcedureName;
    readonly rest: readonly unknown[];
  }
  | { readonly kind: "follow"; readonly id: number; readonly source: Source }
  | {
    readonly kind: "pull";
    readonly id: number;
    readonly lanes: readonly string[];
    readonly patience: number;
  }
  /** End what is followed, or pulled, under this number. */
  | { readonly kind: "stop"; readonly id: number }
  /** About the hint that the pull of number `hint` has got. */
  | { readonly kind: "done"; readonly id: number; readonly hint: number }
  | { readonly kind: "working"; readonly hint: number }
  | { readonly kind: "give-back"; readonly hint: number; readonly delay: number };

/** From the owner to the worker. */
export type Reply =
  | { readonly kind: "link"; readonly state: LinkState }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: PortableError }
  | { readonly kind: "item"; readonly id: number; readonly item: Item };

/** What of a hint can pass. */
export type PortableHint = Pick<Hint, "payload" | "deliveries">;

/** An error that can pass and be the same again. */
export type PortableError =
  | { readonly type: "backbone"; readonly kind: BackboneErrorKind; readonly message: string }
  | { readonly type: "range"; readonly message: string }
  | { readonly type: "other"; readonly message: string };

/** `error`, to be sent. */
export function portableError(error: unknown): PortableError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BackboneError) return { type: "backbone", kind: error.kind, message };
  return { type: error instanceof RangeError ? "range" : "other", message };
}

/** The error that was sent. */
export function errorOf(sent: PortableError): Error {
  if (sent.type === "backbone") return new BackboneError(sent.kind, sent.message);
  return sent.type === "range" ? new RangeError(sent.message) : new Error(sent.message);
}

/** A message of the backbone among others on its port. */
export interface Envelope<Message> {
  readonly kind: "backbone";
  readonly message: Message;
}

/** What a `Worker`, a worker's own scope and a `MessagePort` have in common. */
export interface BackbonePort {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** One side's use of a port: sends `Out`, hears `In`. */
export class Envelopes<Out, In> {
  readonly #listener: (event: MessageEvent<Envelope<In> | undefined>) => void;

  constructor(private readonly port: BackbonePort, hear: (message: In) => void) {
    this.#listener = ({ data }) => {
      if (data?.kind === "backbone") hear(data.message);
    };
    port.addEventListener("message", this.#listener);
  }

  post(message: Out): void {
    this.port.postMessage({ kind: "backbone", message } satisfies Envelope<Out>);
  }

  /** Hear nothing more. */
  end(): void {
    this.port.removeEventListener("message", this.#listener);
  }
}

/** `value`, or what a view shows of a larger buffer, of which a message would carry all. */
export function compact(value: unknown): unknown {
  return value instanceof Uint8Array && value.byteLength < value.buffer.byteLength
    ? value.slice()
    : value;
}
