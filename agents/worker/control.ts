/** What a person may ask of a worker, over the bus; a worker that is away does not hear it. */
import { z } from "zod";

/** The subject on which the worker `id` listens. */
export const workerControlSubject = (id: string) => `worker.${id}.control`;

export const workerControl = z.discriminatedUnion("type", [
  /** Finish the job in hand, take no other, and leave. */
  z.strictObject({ type: z.literal("drain") }),
]);

export type WorkerControl = z.infer<typeof workerControl>;

/** A message to a worker as bytes for the bus. */
export function encodeWorkerControl(message: WorkerControl): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}
