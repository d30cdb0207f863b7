/** The data folder of a machine: which files that jobs need are in it, told by their content. */
import { digestOf } from "../../cluster/digest.ts";
import type { Needs } from "../../cluster/jobs/records.ts";
import { DataError } from "../../learners/data/data_error.ts";
import { readDataFile } from "../library/data_folder.ts";

/** How long a file that was not there, or was another, is not looked for again, ms. */
const patience = 10_000;

/** What was found under a name. */
interface Finding {
  /** Undefined: there is no such file. */
  readonly digest?: string;
  /** When it was looked for, by the monotonic clock. */
  readonly at: number;
}

/** Files of the data folder. A file that was found once is taken to stay as it is until it is read. */
export class DataFiles {
  readonly #findings = new Map<string, Finding>();

  /** @param folder none: no file is there */
  constructor(private readonly folder: string | undefined) {}

  /** Whether all these files are there with these contents. */
  async has(files: Needs["data"]): Promise<boolean> {
    for (const { name, digest } of files) {
      if (!(await this.#holds(name, digest))) return false;
    }
    return true;
  }

  async #holds(name: string, digest: string): Promise<boolean> {
    const known = this.#findings.get(name);
    if (known?.digest === digest) return true;
    if (known && performance.now() - known.at < patience) return false;
    const found = await this.#look(name);
    this.#findings.set(name, { digest: found, at: performance.now() });
    return found === digest;
  }

  async #look(name: string): Promise<string | undefined> {
    try {
      return digestOf(await readDataFile(this.folder, name));
    } catch (error) {
      if (error instanceof DataError) return undefined;
      throw error;
    }
  }

  /**
   * The file called `name`, for a job with these needs.
   * @throws {DataError} when it is not there, or not the one that the job was submitted with
   */
  async read(name: string, needs: Pick<Needs, "data">): Promise<Uint8Array> {
    const bytes = await readDataFile(this.folder, name);
    const expected = needs.data.find((file) => file.name === name)?.digest;
    const found = digestOf(bytes);
    if (expected === undefined) {
      throw new DataError(
        name,
        undefined,
        "a file that the job's needs do not name",
        "one of them",
      );
    }
    if (found !== expected) {
      this.#findings.delete(name);
      throw new DataError(name, undefined, `content ${found}`, `content ${expected}, as submitted`);
    }
    return bytes;
  }
}
