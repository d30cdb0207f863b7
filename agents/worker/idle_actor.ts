/**
 * What a worker does while it has no job: it acts for trainers that want actors, in a thread of its own,
 * which is started when the first of them is heard of. A job comes first.
 */
import type { Bus, Subscription } from "../../cluster/bus.ts";
import type { DeadLetters } from "../../cluster/dead_letters.ts";
import type { Log } from "../../cluster/log.ts";
import { type ActorThread, startActor } from "../rollouts/actor_threads.ts";
import { decodeAnnouncement, ownBuild, rolloutSubjects } from "../rollouts/messages.ts";

/** How an idle worker is set up. */
export interface IdleActorOptions {
  /** The worker's id: the names of its actors begin with it. */
  readonly worker: string;
  /** Where messages go that cannot be read. */
  readonly letters: DeadLetters;
  readonly log: Log;
  /** Starts an actor. */
  readonly start?: typeof startActor;
}

/** So long after its last piece an actor counts as helping, ms. */
const helpingFor = 5_000;

/** What the subjects of pieces begin and end with. */
const [piecesOf, pieces] = rolloutSubjects.pieces("*").split("*");

/** How long the piece in hand may take once there is a job, ms: its trainer has others do it then. */
const patience = 1_000;

/** See the file's head. */
export class IdleActor {
  #listening?: Subscription;
  #actor?: ActorThread;
  #actors = 0;
  /** Whether an actor has died, of which there is no reason to expect better the next time. */
  #isUnfit = false;
  /** When an actor has brought a piece. */
  #helpedAt = -Infinity;
  readonly #leaving = new Set<Promise<void>>();

  constructor(private readonly bus: Bus, private readonly options: IdleActorOptions) {}

  /** Whether an actor brings pieces to a trainer. */
  get isHelping(): boolean {
    return this.#actor !== undefined && performance.now() - this.#helpedAt < helpingFor;
  }

  /** There is no job now. Harmless to repeat. */
  begin(): void {
    if (this.#isUnfit || this.#listening || this.#actor) return;
    const { announcements } = rolloutSubjects;
    const hear = this.options.letters.reader(announcements, decodeAnnouncement, (announcement) => {
      if (announcement.wanted > 0 && announcement.build === ownBuild()) this.#act();
    });
    this.#listening = this.bus.subscribe(announcements, hear);
  }

  /** There is a job now: what is in hand is finished, if it does not take long. */
  end(): void {
    this.#stopListening();
    const actor = this.#actor;
    this.#actor = undefined;
    if (!actor) return;
    const leaving = leave(actor).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** For good; resolves when no actor is left. */
  async close(): Promise<void> {
    this.end();
    await Promise.all(this.#leaving);
  }

  /** From now on the actor listens itself. */
  #act(): void {
    this.#stopListening();
    const { worker, log, start = startActor } = this.options;
    this.#actor = start(this.#noticing(), `${worker}-actor-${++this.#actors}`, (error) => {
      this.#isUnfit = true;
      this.#actor = undefined;
      log.warn(`no help to trainers any more: ${error.message}`);
    });
    log.info("helps trainers while there is no job");
  }

  /** The bus, on which it is noticed when a piece is sent. */
  #noticing(): Bus {
    const { bus } = this;
    return {
      publish: (subject, payload) => {
        const isPiece = subject.startsWith(piecesOf) && subject.endsWith(pieces);
        if (isPiece) this.#helpedAt = performance.now();
        bus.publish(subject, payload);
      },
      subscribe: (subject, handler) => bus.subscribe(subject, handler),
    };
  }

  #stopListening(): void {
    this.#listening?.unsubscribe();
    this.#listening = undefined;
  }
}

async function leave(actor: ActorThread): Promise<void> {
  const late = setTimeout(() => actor.kill(), patience);
  await actor.leave();
  clearTimeout(late);
}
