/**
 * What the plan declares, kept true on the server: streams that are missing are made, and what differs
 * is brought into line by whoever owns the laboratory. It also notices when the server has come back with
 * less than it had: a store that was emptied, or an older copy of it.
 */
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import { BackboneError } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import type { Log } from "../log.ts";
import { isForbidden, isUnstorable } from "./errors.ts";
import type { Role } from "./permissions.ts";
import type { DeclaredStream, Plan } from "./plan.ts";

/** Something that was acknowledged is not there any more. */
export interface StoreLoss {
  readonly stream: string;
  /** "emptied": the stream was made anew. "older": it ends before what has been seen of it. */
  readonly kind: "emptied" | "older";
}

/** What is remembered of a stream. */
interface Seen {
  readonly created: string;
  /** The highest position that was acknowledged or read. */
  last: number;
}

/** See the file's head. */
export class Declaration {
  readonly #seen = new Map<string, Seen>();
  readonly #listeners = new Set<(loss: StoreLoss) => void>();

  constructor(
    private readonly manager: JetStreamManager,
    private readonly plan: Plan,
    private readonly role: Role,
    private readonly log?: Log,
  ) {}

  /** Remember that `stream` has had an entry at `position`. */
  saw(stream: string, position: number): void {
    const seen = this.#seen.get(stream);
    if (seen && position > seen.last) seen.last = position;
  }

  /** Call `handler` whenever the server turns out to have lost something. */
  onLoss(handler: (loss: StoreLoss) => void): Subscription {
    const own = (loss: StoreLoss) => handler(loss);
    this.#listeners.add(own);
    return { unsubscribe: () => this.#listeners.delete(own) };
  }

  /**
   * Make it so.
   * @throws {BackboneError} "refused" when something is missing and this user may not declare it
   */
  async check(): Promise<void> {
    await Promise.all(this.plan.streams.map(async (declared) => {
      this.#compare(declared.name, await this.#ensure(declared));
    }));
  }

  async #ensure(declared: DeclaredStream): Promise<StreamInfo> {
    const present = await this.#find(declared.name);
    if (!present) return await this.#create(declared);
    const isAsDeclared = settingDifferences(present, declared).length === 0;
    if (this.role !== "owner" || isAsDeclared) return present;
    this.log?.info("a stream's settings are brought into line", { stream: declared.name });
    return await this.manager.streams.update(declared.name, { ...present.config, ...declared });
  }

  async #find(name: string): Promise<StreamInfo | undefined> {
    try {
      return await this.manager.streams.info(name);
    } catch (error) {
      const missing = error instanceof JetStreamApiError &&
        error.code === JetStreamApiCodes.StreamNotFound;
      if (missing) return undefined;
      throw error;
    }
  }

  async #create(declared: DeclaredStream): Promise<StreamInfo> {
    try {
      // A copy, since the client writes into what it is given.
      return await this.manager.streams.add({ ...declared });
    } catch (error) {
      if (isUnstorable(error)) throw damaged(declared.name, error);
      if (!isForbidden(error)) throw error;
      throw new BackboneError(
        "refused",
        `the NATS server has no stream ${declared.name}, and a ${this.role} may not make it: ` +
          "run `deno task cluster --nats URL` with the owner's credentials first",
        { cause: error },
      );
    }
  }

  #compare(name: string, { created, state }: StreamInfo): void {
    const seen = this.#seen.get(name);
    const kind = !seen
      ? undefined
      : seen.created !== created
      ? "emptied"
      : seen.last > state.last_seq
      ? "older"
      : undefined;
    // Nothing is lost with a stream that nothing was seen of.
    const lost = kind && seen && seen.last > 0;
    this.#seen.set(name, { created, last: state.last_seq });
    if (!lost) return;
    this.log?.warn(
      kind === "emptied"
        ? "the NATS server came back without this stream; it was made anew, and is empty"
        : "the NATS server came back with an older copy of this stream; what came later is lost",
      { stream: name, seen: seen.last, present: state.last_seq },
    );
    for (const listener of [...this.#listeners]) listener({ stream: name, kind });
  }
}

/** @param error why the server cannot keep the stream, though it would */
function damaged(stream: string, error: Error): BackboneError {
  return new BackboneError(
    "damaged",
    `the NATS server cannot keep the stream ${stream} (${error.message}): what its store has of it is ` +
      'damaged, or cannot be written; its log says more ("Stream create failed"). Move the folder ' +
      `jetstream/$G/streams/${stream} out of its store and start it again: the stream is made anew, ` +
      "empty, and whoever has submitted or finished something brings it again",
    { cause: error },
  );
}

/** A setting of a stream that is not as it is declared. */
export interface SettingDifference {
  readonly setting: string;
  readonly present: unknown;
  readonly declared: unknown;
}

/** What is declared and not so; the server's own additions do not matter. */
export function settingDifferences(
  { config }: Pick<StreamInfo, "config">,
  declared: DeclaredStream,
): SettingDifference[] {
  const settings = config as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(declared).flatMap(([setting, value]) => {
    const present = settings[setting] ?? false;
    return JSON.stringify(present) === JSON.stringify(value)
      ? []
      : [{ setting, present, declared: value }];
  });
}
