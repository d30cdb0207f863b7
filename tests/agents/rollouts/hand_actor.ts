/** An actor that does what a test tells it, message by message. */
import {
  type Assignment,
  decodeToActor,
  encodeRolloutMessage,
  type FromActor,
  rolloutSubjects,
  type ToActor,
} from "../../../agents/rollouts/messages.ts";
import { encodePiece } from "../../../agents/rollouts/piece.ts";
import type { Bus } from "../../../cluster/bus.ts";

export class HandActor {
  readonly heard: ToActor[] = [];

  constructor(readonly bus: Bus, readonly id: string, readonly name: string) {
    bus.subscribe(rolloutSubjects.actor(id, name), (payload) => {
      this.heard.push(decodeToActor(payload));
    });
  }

  say(message: FromActor): void {
    this.bus.publish(rolloutSubjects.actors(this.id), encodeRolloutMessage(message));
  }

  offer(): void {
    this.say({ type: "offer", actor: this.name });
  }

  get assignments(): Assignment[] {
    return this.heard.filter((message) => message.type === "assignment");
  }

  /** The pieces that it has been asked for, in that order. */
  get asked(): number[] {
    return this.assignments.flatMap(({ pieces }) => pieces);
  }

  /** Bring a piece, empty but for its heading. */
  bring(piece: number, weights: number, order = 1): void {
    const { name: actor } = this;
    const bytes = encodePiece({ actor, order, piece, weights, tensors: {}, labels: {} });
    this.bus.publish(rolloutSubjects.pieces(this.id), bytes);
  }
}
