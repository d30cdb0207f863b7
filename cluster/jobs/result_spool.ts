/**
 * Finished results on this machine's disk until the ledger has them: a worker that dies while the server
 * is away loses nothing that it has finished.
 *
 *     <folder>/<job>.<epoch>.result    a line of JSON, `spooledHeader`, then the result's bytes
 *     <folder>/<…>.result.damaged      one that could not be read, put aside
 *
 * A file is there, whole and on the disk, or it is not there. Each worker has a folder of its own.
 */
import { join } from "node:path";
import { z } from "zod";
import { BackboneError } from "../backbone.ts";
import { digestOf } from "../digest.ts";
import { replaceFile } from "../durable_file.ts";
import type { Finished } from "./commit.ts";
import { canonicalJson } from "./identity.ts";
import { FencedError, JobLog, type Origin, type PreparedEntry } from "./job_log.ts";
import { type LedgerParts, mayPass } from "./ledger_parts.ts";
import { jobSpec, resultRecord } from "./records.ts";

const spooledHeader = z.strictObject({
  job: z.string(),
  spec: jobSpec,
  record: resultRecord,
  complete: z.boolean(),
  /** Where the attempt went on from. */
  origin: z.strictObject({
    step: z.int().min(0),
    after: z.strictObject({ epoch: z.int().min(0), seq: z.int().min(0) }),
  }),
  /** Entries of the job's log that were not known to be there yet, as texts. */
  entries: z.array(z.strictObject({ seq: z.int().min(1), text: z.string() })),
});

/** A finished attempt, and what of its log was still on its way. */
export interface SpooledResult extends Finished {
  readonly origin: Origin;
  readonly entries: readonly PreparedEntry[];
}

const suffix = ".result";

export class ResultSpool {
  private constructor(private readonly folder: string) {}

  /** @param folder made when it is missing */
  static async open(folder: string): Promise<ResultSpool> {
    await Deno.mkdir(folder, { recursive: true });
    return new ResultSpool(folder);
  }

  /** Keep a result; it survives a power cut afterwards. */
  async keep(spooled: SpooledResult): Promise<void> {
    const { job, spec, record, result, complete, origin, entries } = spooled;
    const decoder = new TextDecoder();
    const header = canonicalJson({
      job,
      spec,
      record,
      complete,
      origin,
      entries: entries.map(({ seq, payload }) => ({ seq, text: decoder.decode(payload) })),
    });
    const head = new TextEncoder().encode(`${header}\n`);
    const bytes = new Uint8Array(head.length + result.length);
    bytes.set(head);
    bytes.set(result, head.length);
    await replaceFile(this.#path(job, record.epoch), bytes);
  }

  /** The ledger has it. */
  async forget({ job, record }: Pick<Finished, "job" | "record">): Promise<void> {
    await Deno.remove(this.#path(job, record.epoch));
  }

  /**
   * What waits here.
   * @param onDamage told of files that could not be read, and were put aside
   */
  async waiting(onDamage: (path: string, error: unknown) => void): Promise<SpooledResult[]> {
    const results: SpooledResult[] = [];
    const names = (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name);
    for (const name of names.filter((name) => name.endsWith(suffix)).sort()) {
      const path = join(this.folder, name);
      const bytes = await Deno.readFile(path);
      try {
        results.push(parse(bytes));
      } catch (error) {
        await Deno.rename(path, `${path}.damaged`);
        onDamage(path, error);
      }
    }
    return results;
  }

  #path(job: string, epoch: number): string {
    return join(this.folder, `${job}.${epoch}${suffix}`);
  }
}

/** @throws {Error} when it is no spooled result, or its result has another digest */
function parse(bytes: Uint8Array<ArrayBuffer>): SpooledResult {
  const end = bytes.indexOf("\n".charCodeAt(0));
  const header = spooledHeader.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))));
  const result = bytes.slice(end + 1);
  if (digestOf(result) !== header.record.digest) {
    throw new Error(`the result has digest ${digestOf(result)} instead of ${header.record.digest}`);
  }
  const encoder = new TextEncoder();
  const entries = header.entries.map(({ seq, text }) => ({ seq, payload: encoder.encode(text) }));
  return { ...header, result, entries };
}

/** Append what of the attempt's log did not get there, unless somebody else has begun since. */
export async function completeLog(
  parts: LedgerParts,
  { job, record: { worker, epoch }, origin, entries }: SpooledResult,
  signal?: AbortSignal,
): Promise<void> {
  const retry = { ...parts.retry(`the log of job ${job}`, signal), again: mayPass };
  const log = new JobLog(parts.backbone.logs, job, { worker, epoch }, origin, retry);
  try {
    await log.begin();
    for (const entry of entries) await log.append(entry);
  } catch (error) {
    // The result is right nevertheless, only its story is incomplete.
    const left = error instanceof FencedError ||
      (error instanceof BackboneError && error.kind === "too-large");
    if (!left) throw error;
    parts.onTrouble(`events of job ${job} had to be left out`, error);
  }
}
