/** Which run a user means. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";

/** The folder of a run: by its path, or by its name alone among the runs in `out`. */
export function runPath(named: string, out: string): string {
  const among = join(out, named);
  const isName = basename(named) === named && !existsSync(named) && existsSync(among);
  return isName ? among : named;
}
