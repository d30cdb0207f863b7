/** What is made of one run: its documents, and what can be downloaded of it. */
import type { DocumentRequest } from "../../../cluster/document_addresses.ts";
import { csvRecords } from "../../csv.ts";
import { figureCsv } from "../../figures/csv.ts";
import { jobsCsv, tableCsv } from "../../library/report_tables.ts";
import { reportText } from "../../library/report_text.ts";
import { curvesCsv, curvesDocument } from "./curves_document.ts";
import { csvDraft, type Draft, jsonDraft } from "./draft.ts";
import { onGround } from "./figure_ground.ts";
import type { KnownRun } from "./known_run.ts";
import type { LaboratoryRuns } from "./laboratory_runs.ts";
import { evaluationsOf, libraryRunDocument, simRunDocument } from "./run_document.ts";

/** What may be asked for of one run. */
export type RunRequest = Extract<DocumentRequest, { readonly run: string }>;

/** What is made of its results. */
type ResultsRequest = RunRequest & {
  readonly kind: "figure picture" | "figure data" | "table data" | "job data" | "report";
};

/** What `request` asks for; undefined when the run has no such thing. */
export async function runDraft(
  request: RunRequest,
  known: KnownRun,
  runs: LaboratoryRuns,
): Promise<Draft | undefined> {
  const { run } = request;
  switch (request.kind) {
    case "run":
      return jsonDraft(run, await runDocument(known, runs));
    case "curves": {
      const curves = await runs.curvesOf(known);
      return jsonDraft(`${run}-curves`, curvesDocument(curves, request.metric));
    }
    case "curve data":
      return csvDraft(`${run}-curves`, await curvesCsv(known));
    case "log": {
      const body = known.log.map((line) => `${line}\n`).join("");
      return { form: "text", fileName: `${run}.log.txt`, body };
    }
    case "checkpoint": {
      const body = await known.checkpoint(request.job);
      const fileName = `${run}-${request.job}.safetensors`;
      return body && { form: "safetensors", fileName, body };
    }
    default:
      return await resultsDraft(request, known, runs);
  }
}

async function runDocument(known: KnownRun, runs: LaboratoryRuns) {
  const { work } = known.head;
  const { metrics } = await runs.curvesOf(known);
  if (work.kind === "sim") {
    return simRunDocument(known, work.config, await evaluationsOf(known), metrics);
  }
  const { config } = work;
  const method = await runs.methodOf(config);
  return libraryRunDocument(known, {
    config,
    method,
    metrics,
    ...await runs.resultsOf(known, config),
  });
}

async function resultsDraft(
  request: ResultsRequest,
  known: KnownRun,
  runs: LaboratoryRuns,
): Promise<Draft | undefined> {
  const { run } = request;
  const { work } = known.head;
  if (work.kind === "sim") {
    return request.kind === "job data"
      ? csvDraft(`${run}-evaluations`, await evaluationsCsv(known))
      : undefined;
  }
  const method = await runs.methodOf(work.config);
  const { results } = await runs.resultsOf(known, work.config);
  if (!results || !method) return undefined;
  const { report, figures, outcomes } = results;
  switch (request.kind) {
    case "job data":
      return csvDraft(`${run}-jobs`, jobsCsv(method, outcomes));
    case "report":
      return { form: "markdown", fileName: `${run}.report.md`, body: reportText(report) };
    case "table data": {
      const table = report.tables.at(request.number - 1);
      return table && csvDraft(`${run}-table-${request.number}`, tableCsv(table));
    }
    case "figure data": {
      const figure = figures.at(request.number - 1);
      if (!figure) return undefined;
      return csvDraft(`${run}-figure-${request.number}`, figureCsv(figure));
    }
    case "figure picture": {
      const figure = figures.at(request.number - 1);
      if (!figure) return undefined;
      // Vega, which a laboratory that draws nothing does not need.
      const { figureSvg } = await import("../../figures/svg.ts");
      const fileName = `${run}-figure-${request.number}-${request.theme}.svg`;
      return { form: "svg", fileName, body: onGround(await figureSvg(figure), request.theme) };
    }
  }
}

async function evaluationsCsv(known: KnownRun): Promise<string> {
  const evaluations = await evaluationsOf(known);
  return csvRecords(
    evaluations.map(({ stage, update, engine, trials, measures }) => ({
      stage,
      update,
      engine,
      trials,
      ...measures,
    })),
  );
}
