/**
 * What a nats-server's version promises about messages that it has acknowledged.
 *
 * Sources: nats-server's own code (v2.9.10 server/stream.go: files are flushed every two minutes; from 2.10
 * `sync_interval` sets it, and the default has stayed), its release notes, and Jepsen's analysis of 2.12.1.
 */

/** The version in what `nats-server --version` prints, as numbers. */
export function parseNatsVersion(text: string): readonly [number, number, number] | undefined {
  const parts = /\bv(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  return parts && [parts[0], parts[1], parts[2]];
}

/**
 * What that version keeps when its process is killed, and when the power fails.
 * @param flushesAlways whether its configuration is known to say `sync_interval: always`
 */
export function natsDurability(
  [major, minor, patch]: readonly [number, number, number],
  flushesAlways = false,
): string {
  if (major !== 2 || minor < 2) {
    return "a version without JetStream as it is used here; 2.9 or later is";
  }
  if (minor < 9) return "older than 2.9, the first version that is tested here";
  if (minor === 9) {
    return "a killed server keeps all that it has acknowledged; a power cut may undo its last 2 minutes, " +
      "since files are flushed (fsync) every 2 minutes, which this version cannot change";
  }
  if (minor === 10 && patch >= 20 && patch <= 22) {
    return "known to have lost whole streams when its process was killed; update to 2.10.23 or later";
  }
  if (flushesAlways) {
    return "a killed server keeps all that it has acknowledged; so it does in a power cut, since files are " +
      "flushed (fsync) before that (`sync_interval: always`), but for gaps in releases before August 2026";
  }
  return "a killed server keeps all that it has acknowledged; a power cut may undo its last 2 minutes " +
    "unless the configuration says `sync_interval: always` under `jetstream`; releases before August " +
    "2026 leave gaps in that too";
}
