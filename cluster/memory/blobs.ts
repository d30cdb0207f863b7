/** Blobs in memory. */
import { BackboneError, type BlobEntry, type Revision } from "../backbone.ts";
import { digestOf } from "../digest.ts";

/** Bytes under their digests. */
export class MemoryBlobs {
  readonly #blobs = new Map<string, { readonly bytes: Uint8Array; readonly revision: Revision }>();
  #revision: Revision = 0;

  put(bytes: Uint8Array): string {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, { bytes: bytes.slice(), revision: ++this.#revision });
    return digest;
  }

  /** @throws {BackboneError} "damaged" when what is kept has another digest */
  get(digest: string): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#blobs.get(digest)?.bytes.slice();
    if (bytes && digestOf(bytes) !== digest) {
      throw new BackboneError("damaged", `blob ${digest} has digest ${digestOf(bytes)}`);
    }
    return bytes;
  }

  list(): BlobEntry[] {
    return [...this.#blobs].map(([digest, { bytes, revision }]) => (
      { digest, size: bytes.length, revision }
    ));
  }

  remove(digest: string, revision: Revision = Infinity): void {
    const kept = this.#blobs.get(digest);
    if (kept && kept.revision <= revision) this.#blobs.delete(digest);
  }

  /** Flip a bit of the blob with this digest. */
  damage(digest: string): void {
    const bytes = this.#blobs.get(digest)?.bytes;
    if (!bytes || bytes.length === 0) throw new Error(`no blob ${digest} with a bit to flip`);
    bytes[bytes.length >> 1] ^= 1;
  }
}
