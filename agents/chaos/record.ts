/** A campaign's log on the disk: what its parts and its workers say, in the order in which it comes. */

/** See the file's head. */
export class Record implements AsyncDisposable {
  #written: Promise<unknown> = Promise.resolve();

  private constructor(private readonly file: Deno.FsFile) {}

  /** @param path a file that is made anew */
  static async open(path: string): Promise<Record> {
    return new Record(await Deno.create(path));
  }

  /** Add a line. */
  line(text: string): void {
    this.write(new TextEncoder().encode(`${text}\n`));
  }

  /** Add a piece of what somebody says. */
  write(piece: Uint8Array): void {
    this.#written = this.#written.then(() => this.#writeAll(piece));
  }

  async #writeAll(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length;) {
      done += await this.file.write(piece.subarray(done));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    this.file.close();
  }
}
