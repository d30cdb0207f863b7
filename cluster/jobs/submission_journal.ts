/**
 * What this machine has submitted, on its disk before it is in the ledger: a submission that was
 * interrupted is finished by whoever comes next, and a ledger that has lost its data is filled again.
 *
 *     <folder>/pending/<run>.json     may not be in the ledger yet
 *     <folder>/entered/<run>.json     has been entered
 *
 * A file is there, whole and on the disk, or it is not there.
 */
import { join } from "node:path";
import { z } from "zod";
import { replaceFile, syncFolder } from "../durable_file.ts";
import { canonicalJson, jobId } from "./identity.ts";
import type { Ledger } from "./ledger.ts";
import { decodeRecord } from "./record_table.ts";
import { jobSpec, runRecord } from "./records.ts";

const submission = z.strictObject({
  /** The run's id. */
  run: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/),
  record: runRecord,
  /** What the run's jobs are. */
  specs: z.array(jobSpec),
  /** 0 … 9, 0 is taken first. */
  priority: z.int().min(0).max(9),
});

/** Jobs that are submitted together. */
export type Submission = z.infer<typeof submission>;

/** Jobs entered at a time. */
const submissionsAtOnce = 16;

export class SubmissionJournal {
  private constructor(private readonly folder: string) {}

  /** @param folder made when it is missing */
  static async open(folder: string): Promise<SubmissionJournal> {
    for (const part of ["pending", "entered"]) {
      await Deno.mkdir(join(folder, part), { recursive: true });
    }
    await syncFolder(folder);
    return new SubmissionJournal(folder);
  }

  /**
   * Keep the submission on the disk, enter it into the ledger, and note that. Harmless to repeat.
   * @throws {RangeError} when a job of the run has no spec, or a spec belongs to no job of the run
   */
  async submit(ledger: Ledger, given: Submission): Promise<void> {
    requireComplete(given);
    const text = canonicalJson(submission.parse(given));
    await replaceFile(this.#path("pending", given.run), new TextEncoder().encode(text));
    await this.#enter(ledger, given);
  }

  /** Finish the submissions that were interrupted. @returns their runs */
  async finish(ledger: Ledger): Promise<string[]> {
    const pending = await this.#read("pending");
    for (const given of pending) await this.#enter(ledger, given);
    return pending.map(({ run }) => run);
  }

  /** Enter all that was ever submitted here once more, where it is not there. @returns the runs */
  async restore(ledger: Ledger): Promise<string[]> {
    const entered = await this.#read("entered");
    for (const given of entered) await enter(ledger, given);
    return [...entered.map(({ run }) => run), ...await this.finish(ledger)];
  }

  async #enter(ledger: Ledger, given: Submission): Promise<void> {
    await enter(ledger, given);
    await Deno.rename(this.#path("pending", given.run), this.#path("entered", given.run));
    for (const part of ["pending", "entered"]) await syncFolder(join(this.folder, part));
  }

  async #read(part: "pending" | "entered"): Promise<Submission[]> {
    const folder = join(this.folder, part);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    const complete = names.filter((name) => name.endsWith(".json")).sort();
    return await Promise.all(complete.map(async (name) => {
      const path = join(folder, name);
      return decodeRecord(path, submission, await Deno.readFile(path));
    }));
  }

  #path(part: "pending" | "entered", run: string): string {
    return join(this.folder, part, `${run}.json`);
  }
}

/** The jobs first: a run that can be seen is complete. */
async function enter(ledger: Ledger, { run, record, specs, priority }: Submission): Promise<void> {
  for (let start = 0; start < specs.length; start += submissionsAtOnce) {
    const slice = specs.slice(start, start + submissionsAtOnce);
    await Promise.all(slice.map((spec) => ledger.submit(spec, { priority, run })));
  }
  await ledger.submitRun(run, record);
}

function requireComplete({ run, record, specs }: Submission): void {
  const given = new Set(specs.map(jobId));
  const named = new Set(Object.values(record.jobs));
  const difference = given.symmetricDifference(named);
  if (difference.size === 0) return;
  const [id] = difference;
  throw new RangeError(
    given.has(id)
      ? `run ${run}: job ${id} has a spec but no name among the run's jobs`
      : `run ${run}: job ${id} has a name among the run's jobs but no spec`,
  );
}
