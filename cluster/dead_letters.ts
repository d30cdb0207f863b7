/**
 * Messages that nobody can read. Everybody who reads from the bus, a log, a table or the queue decodes
 * through `DeadLetters`: what does not parse is counted, told to the dead-letter subject of the bus with
 * the reason and its first bytes, and otherwise dropped, so that no message can stop a process.
 *
 * On NATS the subject is kept for people to look into; see cluster/nats/plan.ts.
 *
 * @example
 * ```ts
 * const letters = new DeadLetters({ bus, from: "page", counters });
 * bus.subscribe(subjects.events(run), letters.reader(subjects.events(run), decodeEvent, show));
 * ```
 */
import { z } from "zod";
import type { Bus } from "./bus.ts";
import type { Counters } from "./counters.ts";

/** The subject of the bus for them. */
export const deadLetterSubject = "dead-letters";

/** How much of a message is passed on, bytes. */
export const keptBytes = 4096;

/** The longest reason that is passed on, characters. */
const longestReason = 1000;

/** What is known of a message that nobody could read. */
export const deadLetter = z.strictObject({
  /** Where it was: a subject of the bus, `table/key`, a log, a lane. */
  source: z.string().max(2000),
  reason: z.string().max(longestReason),
  /** Whoever could not read it. */
  from: z.string().max(200),
  /** How long the message is, bytes. */
  size: z.int().min(0),
  /** Its first bytes, in base64. */
  head: z.base64(),
});

export type DeadLetter = z.infer<typeof deadLetter>;

/** Makes a message of its bytes. Throws what it likes when it cannot. */
export type Decode<Message> = (payload: Uint8Array) => Message;

/** Decodes, and disposes of what cannot be decoded. */
export class DeadLetters {
  readonly #bus: Bus;
  readonly #from: string;
  readonly #counters: Pick<Counters, "add"> | undefined;
  readonly #counts = new Map<string, number>();

  /**
   * @param options `from`: who reads, e.g. a worker's id; `counters`: counts them as "messages.malformed"
   */
  constructor(options: {
    readonly bus: Bus;
    readonly from: string;
    readonly counters?: Pick<Counters, "add">;
  }) {
    this.#bus = options.bus;
    this.#from = options.from;
    this.#counters = options.counters;
  }

  /** How many messages there were from each source. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The message in `payload`; undefined when it went to the dead letters. */
  decode<Message>(
    source: string,
    payload: Uint8Array,
    decode: Decode<Message>,
  ): Message | undefined {
    try {
      return decode(payload);
    } catch (error) {
      this.reject(source, payload, reasonOf(error));
      return undefined;
    }
  }

  /** A handler of payloads that gives `handle` those that can be read. What `handle` throws is its own. */
  reader<Message>(
    source: string,
    decode: Decode<Message>,
    handle: (message: Message) => void,
  ): (payload: Uint8Array) => void {
    return (payload) => {
      const message = this.decode(source, payload, decode);
      if (message !== undefined) handle(message);
    };
  }

  /** Dispose of a message for a reason that only its reader knows, e.g. that it is out of order. */
  reject(source: string, payload: Uint8Array, reason: string): void {
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + 1);
    this.#counters?.add("messages.malformed");
    const letter: DeadLetter = {
      source: source.slice(0, 2000),
      reason: reason.slice(0, longestReason),
      from: this.#from.slice(0, 200),
      size: payload.length,
      head: payload.subarray(0, keptBytes).toBase64(),
    };
    this.#bus.publish(deadLetterSubject, new TextEncoder().encode(JSON.stringify(letter)));
  }
}

/** Longest JSON message that is parsed, bytes; larger ones are refused unread. */
export const largestMessage = 1 << 20;

/**
 * Decodes JSON of a schema.
 *
 * @param largest longer payloads are refused, bytes
 */
export function jsonOf<Schema extends z.ZodType>(
  schema: Schema,
  largest: number = largestMessage,
): Decode<z.infer<Schema>> {
  const text = new TextDecoder("utf-8", { fatal: true });
  return (payload) => {
    if (payload.length > largest) {
      throw new RangeError(`${payload.length} bytes are too many; at most ${largest} are read`);
    }
    return schema.parse(JSON.parse(text.decode(payload)));
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
