/** Keeps the report of a run of the library: `report.json`, `report.md` and `figures/*.svg`. */
import { join } from "node:path";
import { replaceFile } from "../../cluster/durable_file.ts";
import { describingErrors } from "../../cluster/run_store_error.ts";
import type { Method } from "../../learners/method.ts";
import { figureSvg } from "../figures/svg.ts";
import { type LibraryReport, libraryReport } from "./report.ts";
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
  const { report, figures } = libraryReport({ run: id, method, config, end, events });
  await describingErrors("write", path, async () => {
    await Deno.mkdir(join(path, "figures"), { recursive: true });
    for (const [index, figure] of figures.entries()) {
      await writeText(join(path, report.figures[index].file), await figureSvg(figure));
    }
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
