/**
 * Checkpoints among the blobs. Each carries the attempt that has made it, so that no two jobs or attempts
 * ever share one: it can be removed without asking who else needs it.
 *
 *     callosum checkpoint <job> <epoch> <step>\n   ASCII
 *     bytes
 */
import { type Backbone, BackboneError } from "../backbone.ts";
import type { CheckpointPointer } from "./records.ts";

/** A checkpoint, read. */
export interface Checkpoint {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly step: number;
}

function header(job: string, epoch: number, step: number): Uint8Array {
  return new TextEncoder().encode(`callosum checkpoint ${job} ${epoch} ${step}\n`);
}

/** The blob of a checkpoint. */
export function checkpointBlob(
  job: string,
  epoch: number,
  { bytes, step }: { readonly bytes: Uint8Array; readonly step: number },
): Uint8Array<ArrayBuffer> {
  const head = header(job, epoch, step);
  const blob = new Uint8Array(head.length + bytes.length);
  blob.set(head);
  blob.set(bytes, head.length);
  return blob;
}

/**
 * The checkpoint of `job` to which `pointer` points; undefined when it is gone.
 * @throws {BackboneError} "damaged" when what is there is not that checkpoint
 */
export async function readCheckpoint(
  { blobs }: Pick<Backbone, "blobs">,
  job: string,
  { digest, epoch, step }: CheckpointPointer,
): Promise<Checkpoint | undefined> {
  const blob = await blobs.get(digest);
  if (!blob) return undefined;
  const head = header(job, epoch, step);
  if (head.some((byte, index) => blob[index] !== byte)) {
    throw new BackboneError(
      "damaged",
      `blob ${digest} is not the checkpoint of job ${job} at step ${step}`,
    );
  }
  return { bytes: blob.slice(head.length), step };
}
