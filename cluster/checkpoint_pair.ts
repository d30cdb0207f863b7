/**
 * The last two checkpoints of a run, each with its SHA-256 digest, so that neither a crash while saving
 * nor damage on the disk goes unnoticed or costs more than one checkpoint.
 *
 *     checkpoint.safetensors             the latest
 *     checkpoint.previous.safetensors    the one before
 *     checkpoint.sha256                  their digests, as `sha256sum --check` reads them
 *
 * A checkpoint is good when its digest is anywhere in the list. Saving goes in these steps, each of
 * which happens wholly or not at all:
 *
 *     1  the new checkpoint is written beside the others and brought to the disk
 *     2  the list is replaced: the new digest, and that of the one to be kept
 *     3  latest → previous, if the latest is good
 *     4  new → latest
 *
 * After a crash up to step 3 the latest is the old one and good; between 3 and 4 there is only a
 * previous one, which is the old one and good; after 4 all is done. A latest that has been damaged
 * meanwhile never takes the place of a good previous one.
 */
import { digestOf } from "./digest.ts";
import { join } from "node:path";
import { partialPath, replaceFile, syncFolder, writePartial } from "./durable_file.ts";
import { RunStoreError } from "./run_store_error.ts";

/** The latest checkpoint's file. */
export const checkpointName = "checkpoint.safetensors";
const previousName = "checkpoint.previous.safetensors";
const digestsName = "checkpoint.sha256";

/** A checkpoint that matches its digest. */
export type LoadedCheckpoint =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly from: "latest" }
  | {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly from: "previous";
    /** What is wrong with the latest one, in one line. */
    readonly reason: string;
  };

/** The checkpoints in a folder that match their digests. */
export interface GoodCheckpoints {
  readonly latest?: Uint8Array<ArrayBuffer>;
  readonly previous?: Uint8Array<ArrayBuffer>;
}

type Candidate =
  | { readonly state: "good"; readonly bytes: Uint8Array<ArrayBuffer>; readonly digest: string }
  | { readonly state: "missing" | "corrupt" };

/** Keep `bytes` as the latest checkpoint in `folder`, and the one that was the latest as the previous. */
export async function saveCheckpointPair(folder: string, bytes: Uint8Array): Promise<void> {
  const latest = join(folder, checkpointName);
  const previous = join(folder, previousName);
  const listed = await readDigests(folder);
  const old = await readCandidate(latest, listed);
  const kept = old.state === "good" ? old : await readCandidate(previous, listed);

  await writePartial(latest, bytes);
  const lines = [`${digestOf(bytes)}  ${checkpointName}\n`];
  if (kept.state === "good") lines.push(`${kept.digest}  ${previousName}\n`);
  await replaceFile(join(folder, digestsName), new TextEncoder().encode(lines.join("")));
  if (old.state === "good") await Deno.rename(latest, previous);
  await Deno.rename(partialPath(latest), latest);
  await syncFolder(folder);
}

/**
 * The latest checkpoint in `folder` that matches its digest; `undefined` when none was ever saved.
 * @throws {RunStoreError} `corrupt-checkpoint` when there are checkpoints and none is good
 */
export async function loadCheckpointPair(folder: string): Promise<LoadedCheckpoint | undefined> {
  const listed = await readDigests(folder);
  const latest = await readCandidate(join(folder, checkpointName), listed);
  if (latest.state === "good") return { bytes: latest.bytes, from: "latest" };

  const previous = await readCandidate(join(folder, previousName), listed);
  const problem = latest.state === "missing"
    ? `${checkpointName} is missing (the process died while saving it)`
    : `${checkpointName} is corrupt (its SHA-256 is not in ${digestsName})`;
  if (previous.state === "good") {
    return { bytes: previous.bytes, from: "previous", reason: problem };
  }
  if (latest.state === "missing" && previous.state === "missing") return undefined;
  throw new RunStoreError(
    "corrupt-checkpoint",
    join(folder, latest.state === "missing" ? previousName : checkpointName),
    `${problem}, and ${previousName} is ${previous.state} too; ` +
      `restore one of them with ${digestsName} from a copy, or start a new run`,
  );
}

/** Both checkpoints in `folder`, as far as they are there and intact. */
export async function goodCheckpoints(folder: string): Promise<GoodCheckpoints> {
  const listed = await readDigests(folder);
  const latest = await readCandidate(join(folder, checkpointName), listed);
  const previous = await readCandidate(join(folder, previousName), listed);
  return {
    ...latest.state === "good" && { latest: latest.bytes },
    ...previous.state === "good" && { previous: previous.bytes },
  };
}

async function readIfPresent(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function readCandidate(path: string, listed: ReadonlySet<string>): Promise<Candidate> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return { state: "missing" };
  const digest = digestOf(bytes);
  return listed.has(digest) ? { state: "good", bytes, digest } : { state: "corrupt" };
}

/** Read line by line, so that a damaged line costs one checkpoint and not both. */
async function readDigests(folder: string): Promise<ReadonlySet<string>> {
  const text = new TextDecoder().decode(await readIfPresent(join(folder, digestsName)));
  return new Set(text.split("\n").map((line) => line.split(" ", 1)[0]).filter(Boolean));
}
