/**
 * How many processes the kernel has killed because memory ran out, as far as it says. Linux counts them in
 * /proc/vmstat; Deno gives nobody that file, so `cat` reads it (`--allow-run=cat`).
 */

/** The count since the system began; undefined where it is not told. */
export async function countOomKills(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const command = new Deno.Command("cat", { args: ["/proc/vmstat"], stderr: "null" });
    const { stdout } = await command.output();
    return oomKillsIn(new TextDecoder().decode(stdout));
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (absent) return undefined;
    throw error;
  }
}

/** The count in the text of /proc/vmstat. */
export function oomKillsIn(vmstat: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(vmstat)?.[1];
  return count === undefined ? undefined : Number(count);
}
