/** A report of the library as Markdown, to be read. */
import type { ClaimPart, Paper } from "../../learners/method.ts";
import { isJudged } from "../../learners/outcomes.ts";
import { readable } from "./readable.ts";
import type { LibraryReport, MetricSummary, ReportTable, VariantSummary } from "./report.ts";
import { table, tableText } from "./report_tables.ts";

/** The text of `report.md`. */
export function reportText(report: LibraryReport): string {
  const sections = [
    `# ${report.method}: the claim is ${verdict(report.claim)}`,
    citation(report.paper),
    claimText(report),
    failuresText(report),
    ...report.tables.map(methodTable),
    resultsTable(report),
    figuresText(report),
    costTable(report),
    settingsText(report),
    ...metricTables(report.variants),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** A paper in one line. */
export function citation({ title, authors, year, venue, arxiv }: Paper): string {
  const where = [venue, arxiv && `https://arxiv.org/abs/${arxiv}`].filter(Boolean).join(", ");
  return `${authors} (${year}): ${title}.${where ? ` ${where}` : ""}`;
}

/** Such as "1 seed" and "3 seeds". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What the results say of a claim, or of a part of one. */
export function verdict(part: Pick<ClaimPart, "holds" | "margin">): string {
  return isJudged(part) ? part.holds ? "shown" : "not shown" : "not judged";
}

/** Such as "shown, margin 0.5, 4 of 5 parts judged". */
export function claimVerdict({ claim, missing }: Pick<LibraryReport, "claim" | "missing">): string {
  const { margin, parts } = claim;
  if (!isJudged(claim)) {
    const why = missing.length > 0 ? `without results of ${missing.join(", ")}` : "at this profile";
    return `${verdict(claim)} ${why}`;
  }
  const judged = parts.filter(isJudged).length;
  const rest = judged < parts.length ? `, ${judged} of ${parts.length} parts judged` : "";
  return `${verdict(claim)}, margin ${readable(margin)}${rest}`;
}

function claimText(report: LibraryReport): string {
  const { claim: { statement, parts }, missing } = report;
  const lines = [`## Claim\n`, `**${claimVerdict(report)}**: ${statement}`];
  if (parts.length > 0) {
    const rows = parts.map((part) => [
      part.statement,
      verdict(part),
      isJudged(part) ? readable(part.margin) : "",
    ]);
    lines.push("", table(["part", "", "margin"], rows), "", marginMeaning);
  }
  if (missing.length > 0) lines.push("", `There are no results of ${missing.join(", ")}.`);
  return lines.join("\n");
}

const marginMeaning =
  "A margin is how far a part is from failing, in units of the effect that it " +
  "asks for, or of the smallest that matters to it; the claim's is that of its weakest part.";

function failuresText({ failures }: LibraryReport): string {
  if (failures.length === 0) return "";
  const rows = failures.map(({ variant, seed, message }) => [variant, String(seed), message]);
  return `## Failed jobs\n\n${table(["variant", "seed", "why"], rows)}`;
}

type Variants = Readonly<Record<string, VariantSummary>>;

function metricNames(variants: Variants): string[] {
  return [...new Set(Object.values(variants).flatMap(({ metrics }) => Object.keys(metrics)))];
}

/** A table of the method's own. */
function methodTable({ title, caption, columns, rows, file }: ReportTable): string {
  return `## ${title}\n\n${caption} ([CSV](${file}))\n\n${tableText({ columns, rows })}`;
}

/** More columns than these nobody reads. */
const widestTable = 12;

/** All variants and metrics at a glance, where they are few. */
function resultsTable({ variants, jobs }: LibraryReport): string {
  const names = metricNames(variants);
  if (names.length === 0) return "";
  const everyNumber = `Every number of every job is in [${jobs}](${jobs})`;
  if (names.length > widestTable) {
    return `## Results\n\n${everyNumber}; below there is a table for each of the ${names.length} metrics.`;
  }
  const rows = Object.entries(variants).map(([variant, { metrics }]) => [
    variant,
    ...names.map((name) => {
      const found = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      return found ? `${readable(found.mean)} ± ${readable(found.std)}` : "";
    }),
  ]);
  return `## Results\n\nMean ± standard deviation over seeds. ${everyNumber}.\n\n${
    table(["variant", ...names], rows)
  }`;
}

function metricTables(variants: Variants): string[] {
  const entries = Object.entries(variants);
  return metricNames(variants).map((name) => {
    const rows = entries.flatMap(([variant, { metrics, seeds }]) =>
      Object.hasOwn(metrics, name) ? [metricRow(variant, seeds, metrics[name])] : []
    );
    const head = ["variant", "mean", "95 % interval", "deviation", "seeds", "values"];
    return `## ${name}\n\n${table(head, rows)}`;
  });
}

function metricRow(
  variant: string,
  seeds: readonly number[],
  { mean, std, interval, values }: MetricSummary,
): string[] {
  return [
    variant,
    readable(mean),
    interval ? interval.map(readable).join(" … ") : "one seed",
    readable(std),
    seeds.join(", "),
    values.map(readable).join(", "),
  ];
}

function costTable({ variants, seconds, residentBytes }: LibraryReport): string {
  const rows = Object.entries(variants).map(([variant, { cost, description }]) => [
    variant,
    description,
    readable(cost.seconds),
    megabytes(cost.tensorBytes),
    cost.multiplyAdds === null ? "not counted" : readable(cost.multiplyAdds),
  ]);
  const head = ["variant", "what it is", "seconds a job", "tensors, MB", "multiply-adds a job"];
  // Of a run that a cluster has done, nobody knows what it took in memory.
  const memory = residentBytes === 0
    ? ""
    : `; the process held at most ${megabytes(residentBytes)} MB`;
  const whole = `The whole run took ${readable(seconds)} s${memory}.`;
  return `## Cost\n\n${table(head, rows)}\n\n${whole}`;
}

const megabytes = (bytes: number) => readable(bytes / 1e6);

function figuresText({ figures }: LibraryReport): string {
  if (figures.length === 0) return "";
  const shown = figures.map(({ title, caption, file, data }) =>
    `![${title}](${file})\n\n${caption} ([CSV](${data}))`
  );
  return ["## Figures", ...shown].join("\n\n");
}

function settingsText(
  { run, profile, backend, device, config, versions }: LibraryReport,
): string {
  const rows = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  const where = `Run ${run}, profile ${profile}, backend ${backend} (${device}), ` +
    `Callosum ${versions.callosum}, Deno ${versions.deno}, TensorFlow.js ${versions.tensorflow}.`;
  const meaning =
    "Intervals in the metrics' tables below: 95 %, of the mean over seeds, by Student's t.";
  return `## Settings\n\n${where} ${meaning}\n\n${table(["key", "value"], rows)}`;
}
