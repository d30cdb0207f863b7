/**
 * Keeps the report of a run of the library: `report.json`, `report.md`, `tables/*.csv`, and
 * `figures/*.svg` with what they show in `figures/*.csv`.
 */
import { join } from "node:path";
import { replaceFile } from "../../cluster/durable_file.ts";
import { describingErrors } from "../../cluster/run_store_error.ts";
import type { Method } from "../../learners/method.ts";
import { figureCsv } from "../figures/csv.ts";
import { figureSvg } from "../figures/svg.ts";
import { type LibraryReport, libraryReport } from "./report.ts";
import { jobsCsv, tableCsv } from "./report_tables.ts";
import { reportText } from "./report_text.ts";
import type { LibraryRunFolder, RunEnd } from "./run.ts";

/**
 * Make the report of a run that was not stopped, and keep it in the run's folder. `report.json` comes
 * last: where it is, the rest is there too.
 * @throws {RunStoreError} when it cannot be kept
 */
export async function saveLibraryReport(
  folder: LibraryRunFolder,
  method: Method,
  end: RunEnd,
): Promise<LibraryReport> {
  const { id, path, config } = folder;
  const events = await folder.readEvents();
  const { report, figures, outcomes } = libraryReport({ run: id, method, config, end, events });
  await describingErrors("write", path, async () => {
    for (const folder of ["figures", "tables"]) {
      await Deno.mkdir(join(path, folder), { recursive: true });
    }
    for (const [index, figure] of figures.entries()) {
      const { file, data } = report.figures[index];
      await writeText(join(path, file), await figureSvg(figure));
      await writeText(join(path, data), figureCsv(figure));
    }
    for (const table of report.tables) await writeText(join(path, table.file), tableCsv(table));
    await writeText(join(path, report.jobs), jobsCsv(method, outcomes));
  });
  await writeReportText(path, reportText(report));
  await folder.saveReport(report);
  return report;
}

/**
 * Keep a report to be read, `report.md`, in a run's folder.
 * @throws {RunStoreError} when it cannot be kept
 */
export function writeReportText(path: string, text: string): Promise<void> {
  const file = join(path, "report.md");
  return describingErrors("write", file, () => writeText(file, text));
}

function writeText(path: string, text: string): Promise<void> {
  return replaceFile(path, new TextEncoder().encode(text));
}
