/**
 * The bus over NATS: plain publications, at most once. What is published while the server is away, or
 * faster than it takes it, is dropped and counted, never queued without bound.
 *
 * Nothing is copied, since a copy costs more than all the rest: as on the other buses, a payload must not
 * be changed after it was published, and one that is kept for long keeps what else came in with it.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { BackboneError } from "../backbone.ts";
import type { Bus } from "../bus.ts";
import type { Counters } from "../counters.ts";
import { inProcessBus } from "../in_process.ts";
import { sharedSubscriptions } from "../interest.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./plan.ts";
import { remembering } from "./subject_names.ts";

/** How much may be on its way to the server, bytes. */
const largestBacklog = 16 * 2 ** 20;

/** After so much, bytes, the server is asked whether it has it. */
const checkEvery = 2 ** 20;

/** A bus whose participants are all who use the same plan on the same server. */
export function natsBus(
  connection: Connection,
  plan: Plan,
  onError: (error: unknown, subject: string) => void,
  counters?: Pick<Counters, "add">,
): Bus {
  const local = inProcessBus(onError);
  const backlog = new Backlog(connection.nats);
  const nameOf = remembering(plan.busSubject);
  return {
    publish(subject, payload) {
      if (payload.length > connection.largestMessage) {
        throw new BackboneError(
          "too-large",
          `a message of ${payload.length} bytes on ${subject} is too large; the server takes ` +
            `${connection.largestMessage}: raise its max_payload`,
        );
      }
      if (connection.link.state !== "connected" || !backlog.hasRoom) {
        counters?.add("frames.dropped");
        return;
      }
      connection.nats.publish(nameOf(subject), payload);
      backlog.add(payload.length);
    },
    subscribe: sharedSubscriptions(local, (subject) =>
      connection.nats.subscribe(nameOf(subject), {
        callback: (error, message) => {
          if (error) onError(error, subject);
          else local.publish(subject, plain(message.data));
        },
      })),
  };
}

/** The same bytes as an array of the language's own class, without a copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How much has been published that the server may not have yet. */
class Backlog {
  #bytes = 0;
  /** Published since the server was last asked. */
  #unasked = 0;

  constructor(private readonly nats: NatsConnection) {}

  get hasRoom(): boolean {
    return this.#bytes < largestBacklog;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#unasked += bytes;
    if (this.#unasked < checkEvery) return;
    const asked = this.#unasked;
    this.#unasked = 0;
    // When the connection is lost, what was on its way is lost too, and there is room again.
    const settle = () => this.#bytes -= asked;
    this.nats.flush().then(settle, settle);
  }
}
