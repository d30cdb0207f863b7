/**
 * The process that run_store_test.ts kills: `deno run run_store_child.ts MODE FOLDER [NUMBER]`.
 * What it has done for certain it says on standard output, a line each.
 */
import { ok, rejects, strictEqual } from "node:assert/strict";
import { z } from "zod";
import {
  createRun,
  openRun,
  type RunFolder,
  RunStoreError,
  type RunStoreErrorCode,
} from "../../cluster/run_store.ts";

export const schemas = {
  config: z.strictObject({ seed: z.int().min(0), updates: z.int().min(1) }),
  event: z.strictObject({ update: z.int().min(1), loss: z.number() }),
};
type Config = z.infer<typeof schemas.config>;
type Event = z.infer<typeof schemas.event>;

export const updatesPerCheckpoint = 5;

export function eventOf(update: number): Event {
  return { update, loss: 1 / update };
}

/** 64 KiB that depend on the update in every byte. */
export function checkpointOf(update: number): Uint8Array {
  const words = new Uint32Array(16_384);
  words.forEach((_, index) => words[index] = Math.imul(update, 0x9e3779b1) + index);
  words[0] = update;
  return new Uint8Array(words.buffer);
}

/** The update that `bytes` were made for; fails when a single bit is different. */
export function updateOf(bytes: Uint8Array): number {
  const update = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const expected = checkpointOf(update);
  ok(bytes.length === expected.length && bytes.every((byte, index) => byte === expected[index]));
  return update;
}

/** Rejects unless `operation` fails with this code, in one line. */
export async function fails(code: RunStoreErrorCode, operation: Promise<unknown>): Promise<void> {
  await rejects(operation, (error) => {
    ok(error instanceof RunStoreError, String(error));
    strictEqual(error.code, code, error.message);
    strictEqual(error.message.includes("\n"), false, error.message);
    return true;
  });
}

/** The update of the checkpoint from which the run goes on, 0 without one. */
export async function resume(run: RunFolder<Config, Event>): Promise<number> {
  const checkpoint = await run.loadCheckpoint();
  const update = checkpoint === undefined ? 0 : updateOf(checkpoint.bytes);
  await run.truncateEvents((event) => event.update > update);
  return update;
}

/** Go on with the run up to update `last`, as a trainer does. */
async function train(folder: string, last: number): Promise<void> {
  await using run = await openRun(folder, schemas);
  console.log("open");
  for (let update = await resume(run) + 1; update <= last; update++) {
    await run.appendEvent(eventOf(update));
    if (update % 2 === 0) await run.flush();
    if (update % updatesPerCheckpoint === 0) {
      await run.saveCheckpoint(checkpointOf(update));
      console.log(`saved ${update}`);
    }
  }
  await run.saveReport({ updates: last });
}

/** Have the run open until killed. */
async function hold(folder: string): Promise<void> {
  await openRun(folder, schemas);
  console.log("open");
  await new Promise(() => setInterval(() => {}, 1000));
}

/** One checkpoint and a report, halted for ever before change number `stop` of anything on the disk. */
async function halt(folder: string, stop: number): Promise<void> {
  await using run = await openRun(folder, schemas);
  const before = await resume(run);
  haltBeforeChange(stop);
  for (let update = before + 1; update <= before + updatesPerCheckpoint; update++) {
    await run.appendEvent(eventOf(update));
  }
  await run.saveCheckpoint(checkpointOf(before + updatesPerCheckpoint));
  await run.saveReport({ updates: before + updatesPerCheckpoint });
}

/** Count what changes the disk; at number `stop` do half of it, if it can be halved, and no more. */
function haltBeforeChange(stop: number): void {
  let changes = 0;
  const isLast = () => ++changes === stop;
  const halted = () => {
    console.log("halted");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return Promise.reject(new Error("unreachable"));
  };
  const { rename, remove, FsFile: { prototype: file } } = Deno;
  const { write, writeSync, sync, truncate } = file;
  Object.defineProperties(Deno, {
    rename: { value: (from: string, to: string) => isLast() ? halted() : rename(from, to) },
    remove: { value: (path: string) => isLast() ? halted() : remove(path) },
  });
  Object.assign(file, {
    write(this: Deno.FsFile, bytes: Uint8Array) {
      if (!isLast()) return write.call(this, bytes);
      writeSync.call(this, bytes.subarray(0, bytes.length >> 1));
      return halted();
    },
    sync(this: Deno.FsFile) {
      return isLast() ? halted() : sync.call(this);
    },
    truncate(this: Deno.FsFile, length?: number) {
      return isLast() ? halted() : truncate.call(this, length);
    },
  });
}

/** On a disk with room for three checkpoints and not much more. */
async function fill(root: string): Promise<void> {
  const name = { time: new Date(0), title: "full" };
  await using run = await createRun(root, { seed: 1, updates: 10 }, name, schemas);
  await run.appendEvent(eventOf(1));
  await run.saveCheckpoint(checkpointOf(1));
  await run.appendEvent(eventOf(2));
  await run.saveCheckpoint(checkpointOf(2));
  const filler = `${root}/filler`;
  await rejects(Deno.writeFile(filler, new Uint8Array(1 << 20)), { code: "ENOSPC" });

  const note = { ...eventOf(3), loss: Math.PI };
  for (let count = 0; count < 200; count++) await run.appendEvent(note);
  await fails("disk-full", run.flush());
  await fails("disk-full", run.saveCheckpoint(checkpointOf(3)));
  await fails("disk-full", run.saveReport({ text: "long".repeat(10_000) }));
  await fails("disk-full", createRun(root, run.config, name, schemas));
  strictEqual(
    [...Deno.readDirSync(root)].length,
    2,
    "a run that could not begin has left a folder",
  );
  strictEqual(
    [...Deno.readDirSync(run.path)].some((file) => file.name.endsWith(".partial")),
    false,
  );
  const kept = await run.loadCheckpoint();
  ok(kept?.from === "latest" && updateOf(kept.bytes) === 2);

  await Deno.remove(filler);
  await run.saveCheckpoint(checkpointOf(3));
  strictEqual((await run.readEvents()).length, 202);
}

/** On a disk that cannot be written to, and has a run in `FOLDER/run`. */
async function readOnly(root: string): Promise<void> {
  await fails("unwritable", openRun(`${root}/run`, schemas));
  const name = { time: new Date(0), title: "new" };
  await fails("unwritable", createRun(root, { seed: 1, updates: 1 }, name, schemas));
  await fails("unwritable", createRun(`${root}/a/b`, { seed: 1, updates: 1 }, name, schemas));
}

if (import.meta.main) {
  const [mode, folder, number] = Deno.args;
  if (mode === "train") await train(folder, Number(number));
  else if (mode === "hold") await hold(folder);
  else if (mode === "halt") await halt(folder, Number(number));
  else if (mode === "fill") await fill(folder);
  else if (mode === "read-only") await readOnly(folder);
  else throw new Error(`unknown mode ${mode}`);
  // Not before the run is closed.
  console.log("finished");
}
