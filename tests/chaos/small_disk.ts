/** A disk that is soon full: a file system in memory. Needs the right to mount one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { succeeds } from "../cli/task_process.ts";

/** Whether one can be mounted here. */
export const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  succeeds("unshare", ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);

/** See the file's head. */
export class SmallDisk implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  /**
   * @param size MiB
   * @param folder where it is mounted; a new one by default
   */
  static async mount(size: number, folder?: string): Promise<SmallDisk> {
    const place = folder ?? await Deno.makeTempDir({ prefix: "callosum-disk-" });
    await Deno.mkdir(place, { recursive: true });
    await run("mount", "-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", place);
    return new SmallDisk(place);
  }

  /** Take all room that there is. */
  async fill(): Promise<void> {
    using file = await Deno.open(this.#ballast, { create: true, append: true });
    const piece = new Uint8Array(64 * 1024);
    try {
      for (;;) await file.write(piece);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Whether there is no room, not even for a small file. */
  async isFull(): Promise<boolean> {
    const probe = join(this.folder, "probe");
    try {
      await Deno.writeFile(probe, new Uint8Array(4096));
      return false;
    } catch (error) {
      if (isFull(error)) return true;
      throw error;
    } finally {
      await Deno.remove(probe);
    }
  }

  /** Give the room back. */
  async empty(): Promise<void> {
    await Deno.remove(this.#ballast);
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", this.folder);
    await Deno.remove(this.folder, { recursive: true });
  }
}

const isFull = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "ENOSPC";

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  assert(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
