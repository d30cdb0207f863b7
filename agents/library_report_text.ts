/** A report of the library as Markdown, to be read. */
import type { Claim, Paper } from "../learners/method.ts";
import type { LibraryReport, MetricSummary, VariantSummary } from "./library_report.ts";

/** The text of `report.md`. */
export function reportText(report: LibraryReport): string {
  const sections = [
    `# ${report.method}: ${report.claim.holds ? "the claim shows" : "the claim does not show"}`,
    citation(report.paper),
    claimText(report.claim, report.missing),
    failuresText(report),
    resultsTable(report.variants),
    figuresText(report),
    ...metricTables(report.variants),
    costTable(report),
    settingsText(report),
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

/** A number with four significant digits. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return "not a number";
  const rounded = Number(value.toPrecision(4));
  const isExtreme = rounded !== 0 && (Math.abs(rounded) >= 1e6 || Math.abs(rounded) < 1e-4);
  return isExtreme ? rounded.toExponential() : String(rounded);
}

function claimText({ statement, holds, margin, parts }: Claim, missing: readonly string[]): string {
  const lines = [
    `## Claim\n`,
    `**${verdict(holds)}**, margin ${readable(margin)}: ${statement}`,
  ];
  if (parts.length > 0) {
    const rows = parts.map((part) => [
      part.statement,
      verdict(part.holds),
      readable(part.margin),
    ]);
    lines.push("", table(["part", "", "margin"], rows));
  }
  if (missing.length > 0) {
    lines.push("", `Judged without ${missing.join(", ")}, of which there are no results.`);
  }
  return lines.join("\n");
}

const verdict = (holds: boolean) => holds ? "shown" : "not shown";

function failuresText({ failures }: LibraryReport): string {
  if (failures.length === 0) return "";
  const rows = failures.map(({ variant, seed, message }) => [variant, String(seed), message]);
  return `## Failed jobs\n\n${table(["variant", "seed", "why"], rows)}`;
}

type Variants = Readonly<Record<string, VariantSummary>>;

function metricNames(variants: Variants): string[] {
  return [...new Set(Object.values(variants).flatMap(({ metrics }) => Object.keys(metrics)))];
}

/** All variants and metrics at a glance. */
function resultsTable(variants: Variants): string {
  const names = metricNames(variants);
  if (names.length === 0) return "";
  const rows = Object.entries(variants).map(([variant, { metrics }]) => [
    variant,
    ...names.map((name) => {
      const found = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      return found ? `${readable(found.mean)} ± ${readable(found.std)}` : "";
    }),
  ]);
  return `## Results\n\nMean ± standard deviation over seeds.\n\n${
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
  const whole = `The whole run took ${readable(seconds)} s; the process held at most ` +
    `${megabytes(residentBytes)} MB.`;
  return `## Cost\n\n${table(head, rows)}\n\n${whole}`;
}

const megabytes = (bytes: number) => readable(bytes / 1e6);

function figuresText({ figures }: LibraryReport): string {
  if (figures.length === 0) return "";
  const shown = figures.map(({ title, caption, file }) => `![${title}](${file})\n\n${caption}`);
  return ["## Figures", ...shown].join("\n\n");
}

function settingsText(
  { run, profile, backend, device, config, versions }: LibraryReport,
): string {
  const rows = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  const where = `Run ${run}, profile ${profile}, backend ${backend} (${device}), ` +
    `Callosum ${versions.callosum}, Deno ${versions.deno}, TensorFlow.js ${versions.tensorflow}.`;
  const meaning = "Intervals: 95 %, of the mean over seeds, by Student's t.";
  return `## Settings\n\n${where} ${meaning}\n\n${table(["key", "value"], rows)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s+/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
