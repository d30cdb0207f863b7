/**
 * An actor: waits for a trainer that wants actors, offers itself, does the pieces of work that it is asked
 * for, in that order, and sends them. It belongs to one trainer at a time, and looks for another one when
 * that one is done or gone. It can be killed at any moment: what it had is asked for elsewhere.
 */
import type { Bus, Subscription } from "../../cluster/bus.ts";
import { DeadLetters, type Decode } from "../../cluster/dead_letters.ts";
import { Breathing } from "../breathe.ts";
import { ListeningClock } from "./listening_clock.ts";
import {
  type Announcement,
  type Assignment,
  decodeAnnouncement,
  decodeToActor,
  encodeRolloutMessage,
  type FromActor,
  ownBuild,
  requireIdentifier,
  rolloutSubjects,
  type ToActor,
  type WeightsWanted,
} from "./messages.ts";
import { Performer } from "./performer.ts";
import { encodePiece } from "./piece.ts";
import { type VersionedWeights, WeightsAssembly } from "./weights_parts.ts";

/** How an actor is set up. */
export interface ActorOptions {
  /** Stands in its subjects; no two actors may have the same, a restarted one neither. */
  readonly name: string;
  /** Ends it, after the piece in hand. */
  readonly signal: AbortSignal;
  /** Silence after which its trainer is taken to be gone, ms; default 10 000. */
  readonly patience?: number;
  /** Pause between signs of life, and between offers that are not answered, ms; default 1000. */
  readonly beat?: number;
  /** Where messages go that cannot be read; unless given, its own. */
  readonly letters?: DeadLetters;
}

/** What an actor has counted. */
export interface ActorCounters {
  /** Pieces that it has sent. */
  done: number;
  /** Pieces that it could not do. */
  failed: number;
  /** Trainers that have accepted it. */
  engagements: number;
}

const usualPatience = 10_000;
const usualBeat = 1000;
/** Longest time without looking at messages, ms, unless a piece takes longer. */
const breatheEvery = 20;
const longestTick = 250;
/** More than a trainer would ever ask for: what goes beyond is ignored, and asked for again. */
const mostQueued = 1000;
const longestMessage = 4000;

/**
 * Act until `signal` is aborted.
 * @throws {RangeError} when the name cannot stand in a subject
 */
export async function runActor(bus: Bus, options: ActorOptions): Promise<ActorCounters> {
  const actor = new Actor(bus, options);
  const breathing = new Breathing(breatheEvery);
  try {
    while (!options.signal.aborted) {
      const { news } = actor;
      await (actor.performNext() ? breathing.whenDue() : news);
    }
  } finally {
    actor.close();
  }
  return actor.counters;
}

/** A piece to do. */
interface QueuedPiece extends Omit<Assignment, "type" | "pieces"> {
  readonly piece: number;
}

/** What an actor and a trainer have with each other. */
interface Engagement {
  readonly id: string;
  readonly weights: WeightsAssembly;
  readonly subscriptions: readonly Subscription[];
  accepted: boolean;
  /** The newest order that it has been asked for a piece of. */
  order: number;
  queue: QueuedPiece[];
  /** When the trainer was last heard of, on the listening clock. */
  heard: number;
  /** When the actor last said that it is there or what it lacks. */
  said: number;
}

class Actor {
  readonly counters: ActorCounters = { done: 0, failed: 0, engagements: 0 };
  readonly #bus: Bus;
  readonly #name: string;
  readonly #patience: number;
  readonly #beat: number;
  readonly #signal: AbortSignal;
  readonly #letters: DeadLetters;
  readonly #performer = new Performer();
  readonly #clock: ListeningClock;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #announcements: Subscription;
  readonly #wake = () => this.#changed();
  #engagement: Engagement | undefined;
  #news = Promise.withResolvers<void>();

  constructor(bus: Bus, options: ActorOptions) {
    const { name, signal, patience = usualPatience, beat = usualBeat } = options;
    this.#bus = bus;
    this.#name = requireIdentifier("the actor's name", name);
    this.#patience = patience;
    this.#beat = beat;
    this.#signal = signal;
    this.#letters = options.letters ?? new DeadLetters({ bus, from: name });
    this.#announcements = this.#listen(
      rolloutSubjects.announcements,
      decodeAnnouncement,
      (announcement) => this.#hearAnnouncement(announcement),
    );
    this.#clock = new ListeningClock(Math.min(beat, longestTick));
    this.#timer = setInterval(() => this.#tick(), this.#clock.interval);
    signal.addEventListener("abort", this.#wake);
  }

  /** Resolves when there may be something to do. */
  get news(): Promise<void> {
    return this.#news.promise;
  }

  /** Do the next piece and send it; false when there is none that can be done now. */
  performNext(): boolean {
    const engagement = this.#engagement;
    const next = engagement?.queue[0];
    if (!engagement || !next) return false;
    const weights = this.#weightsFor(engagement, next.weights);
    if (next.weights && !weights) return false;
    engagement.queue.shift();
    this.#perform(engagement, next, weights);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#signal.removeEventListener("abort", this.#wake);
    this.#announcements.unsubscribe();
    const engagement = this.#engagement;
    this.#disengage();
    if (engagement) this.#say(engagement, { type: "leaving", actor: this.#name });
  }

  #perform(engagement: Engagement, queued: QueuedPiece, weights?: VersionedWeights): void {
    const { order, piece, work } = queued;
    const actor = this.#name;
    let bytes: Uint8Array;
    try {
      const contents = this.#performer.perform(work, piece, weights);
      bytes = encodePiece({ ...contents, actor, order, piece, weights: weights?.version ?? 0 });
    } catch (error) {
      // The trainer does the piece itself, and meets the error where it can be dealt with.
      this.counters.failed++;
      const message = String(error).slice(0, longestMessage);
      return this.#say(engagement, { type: "failed", actor, order, piece, message });
    }
    this.counters.done++;
    this.#bus.publish(rolloutSubjects.pieces(engagement.id), bytes);
  }

  #weightsFor(
    engagement: Engagement,
    wanted: WeightsWanted | undefined,
  ): VersionedWeights | undefined {
    if (!wanted) return undefined;
    const { newest, least, exactly } = wanted;
    const held = exactly ? engagement.weights.get(newest) : engagement.weights.newest();
    return held && held.version >= least ? held : undefined;
  }

  #listen<Message>(
    subject: string,
    decode: Decode<Message>,
    handle: (message: Message) => void,
  ): Subscription {
    return this.#bus.subscribe(subject, this.#letters.reader(subject, decode, handle));
  }

  #changed(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }

  #say(engagement: Engagement, message: FromActor): void {
    engagement.said = this.#clock.time;
    this.#bus.publish(rolloutSubjects.actors(engagement.id), encodeRolloutMessage(message));
  }

  #hearAnnouncement({ id, wanted, build }: Announcement): void {
    if (this.#engagement?.id === id) {
      this.#engagement.heard = this.#clock.time;
      return;
    }
    const isFree = !this.#engagement && !this.#signal.aborted;
    if (isFree && wanted > 0 && build === ownBuild()) this.#offer(id);
  }

  #offer(id: string): void {
    const weights = new WeightsAssembly();
    const engagement: Engagement = {
      id,
      weights,
      accepted: false,
      order: 0,
      queue: [],
      heard: this.#clock.time,
      said: this.#clock.time,
      subscriptions: [
        this.#listen(
          rolloutSubjects.actor(id, this.#name),
          decodeToActor,
          (message) => this.#hear(id, message),
        ),
        this.#listen(
          rolloutSubjects.weights(id),
          (part) => weights.take(part),
          () => this.#changed(),
        ),
      ],
    };
    this.#engagement = engagement;
    this.#say(engagement, { type: "offer", actor: this.#name });
  }

  #disengage(): void {
    for (const subscription of this.#engagement?.subscriptions ?? []) subscription.unsubscribe();
    this.#engagement = undefined;
  }

  #hear(id: string, message: ToActor): void {
    const engagement = this.#engagement;
    if (engagement?.id !== id) return;
    engagement.heard = this.#clock.time;
    switch (message.type) {
      case "accepted":
        if (!engagement.accepted) this.counters.engagements++;
        engagement.accepted = true;
        return;
      case "released":
        return this.#disengage();
      case "assignment":
        this.#queue(engagement, message);
        return this.#changed();
    }
  }

  #queue(engagement: Engagement, assignment: Assignment): void {
    const { pieces, order, work, weights } = assignment;
    if (order < engagement.order) return;
    if (order > engagement.order) engagement.queue = [];
    engagement.order = order;
    for (const piece of pieces) {
      const known = engagement.queue.some((queued) => queued.piece === piece);
      if (known || engagement.queue.length >= mostQueued) continue;
      engagement.queue.push({ order, work, piece, weights });
    }
    this.#sayWhatIsLacking(engagement);
  }

  #sayWhatIsLacking(engagement: Engagement): void {
    const { queue, weights } = engagement;
    const wanted = queue[0]?.weights;
    if (!wanted) return;
    const held = weights.get(wanted.newest) ?? (wanted.exactly ? undefined : weights.newest());
    if (held && held.version >= wanted.newest) return;
    this.#say(engagement, { type: "lacking", actor: this.#name, version: wanted.newest });
  }

  #tick(): void {
    this.#clock.tick();
    const engagement = this.#engagement;
    if (!engagement) return;
    const now = this.#clock.time;
    const patience = engagement.accepted ? this.#patience : 2 * this.#beat;
    if (now - engagement.heard >= patience) return this.#disengage();
    this.#sayWhatIsLacking(engagement);
    if (now - engagement.said < this.#beat) return;
    this.#say(engagement, {
      type: engagement.accepted ? "present" : "offer",
      actor: this.#name,
    });
  }
}
