/** Which run a user means. */
import { basename, join } from "node:path";

/** The folder of a run: by its path, or by its name alone among the runs in `out`. */
export async function runPath(named: string, out: string): Promise<string> {
  if (basename(named) !== named) return named;
  const among = join(out, named);
  const isThere = async (path: string) =>
    (await Deno.lstat(path).catch(() => undefined)) !== undefined;
  return !await isThere(named) && await isThere(among) ? among : named;
}
