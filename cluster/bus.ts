/**
 * The bus: how the parts of the laboratory talk. Nothing above it can tell whether the other side is
 * in the same thread, in a worker, or on another machine.
 *
 * Delivery is at most once and in order for one publisher; a subscriber that throws does not disturb
 * the others. Payloads are bytes, as on NATS; `protocol.ts` says what they mean. They are not copied: what
 * has been published or received must not be changed, and a received one may be a part of a larger buffer.
 */
export interface Bus {
  /** Send `payload` to everyone who listens to exactly `subject`. */
  publish(subject: string, payload: Uint8Array): void;
  /** Call `handler` for every later payload on exactly `subject`. */
  subscribe(subject: string, handler: (payload: Uint8Array) => void): Subscription;
}

/** A running subscription. */
export interface Subscription {
  /** Stop it; harmless when it has ended already. */
  unsubscribe(): void;
}

/** What a run's parts say to one another, and under which subject. */
export const subjects = {
  /** `Event` messages, JSON. */
  events: (run: string) => `run.${run}.events`,
  /** `Command` messages, JSON. */
  commands: (run: string) => `run.${run}.commands`,
  /** Binary frames, see `frame.ts`. */
  frames: (run: string) => `run.${run}.frames`,
  /** The controller's weights as a safetensors file, for those who show or measure it. */
  weights: (run: string) => `run.${run}.weights`,
  /** Weights and optimiser as a safetensors file, for whoever keeps the run. */
  checkpoints: (run: string) => `run.${run}.checkpoints`,
  /** `Control` messages to the training, JSON. */
  control: (run: string) => `run.${run}.control`,
} as const;
