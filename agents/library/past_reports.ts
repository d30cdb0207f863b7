/** The reports of earlier runs of the library, as their folders have them. */
import { join } from "node:path";
import { z } from "zod";
import { describingErrors } from "../../cluster/run_store_error.ts";
import { profileNames } from "../../learners/method.ts";

/** What is looked at of a `report.json`; a margin that JSON does not have is null in it. */
const pastReport = z.object({
  run: z.string(),
  method: z.string(),
  profile: z.enum(profileNames),
  backend: z.string(),
  claim: z.object({
    statement: z.string(),
    holds: z.boolean(),
    margin: z.number().nullable().transform((margin) => margin ?? NaN),
  }),
  seconds: z.number(),
});

/** The outcome of an earlier run. */
export type PastReport = z.output<typeof pastReport>;

/**
 * The latest report of each profile of a method in the folder of runs `root`; none where there is no
 * such folder. Folders of other runs, and of runs without a report, are passed over.
 */
export async function lastReports(root: string, method: string): Promise<PastReport[]> {
  const latest = new Map<string, PastReport>();
  // Folders are called after the time of their runs.
  for (const name of (await folderNames(root)).sort()) {
    const report = await readReport(join(root, name, "report.json"));
    if (report?.method === method) latest.set(report.profile, report);
  }
  return profileNames.flatMap((profile) => latest.get(profile) ?? []);
}

/** The names of the folders in `root`; none where there is no such folder. */
export function folderNames(root: string): Promise<string[]> {
  return describingErrors("read", root, async () => {
    try {
      const entries = await Array.fromAsync(Deno.readDir(root));
      return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
}

async function readReport(path: string): Promise<PastReport | undefined> {
  try {
    return pastReport.safeParse(JSON.parse(await Deno.readTextFile(path))).data;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
