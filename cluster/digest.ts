/** Content addresses: SHA-256 in hexadecimal. */
import { createHash } from "node:crypto";

/** The SHA-256 digest of `content` (of a string's UTF-8 bytes), 64 hexadecimal digits. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
