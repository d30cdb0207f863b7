/** Variants compared two by two over their seeds: paired tests, corrected for how many there are. */
import { pairedDifferences } from "./outcomes.ts";
import type { Outcomes } from "./method.ts";
import { mean } from "./statistics/descriptive.ts";
import { hedgesGz } from "./statistics/effect_sizes.ts";
import { bootstrapInterval } from "./statistics/intervals.ts";
import { holm } from "./statistics/multiple_comparisons.ts";
import { signedRankTest, signFlipTest, studentTest } from "./statistics/paired_tests.ts";
import type { Cell, Column, Table } from "./table.ts";

/** Two variants by one metric. */
export interface Comparison {
  /** What is compared, in words, such as "with and without callosum, reach". */
  readonly name: string;
  /** The difference is that of the first less the second. */
  readonly variants: readonly [first: string, second: string];
  readonly metric: string;
  /** Of the difference, once it is multiplied by `scale`. */
  readonly unit?: string;
  /** 1 unless given; such as 100 for metres in centimetres. */
  readonly scale?: number;
}

const columns: readonly Column[] = [
  { label: "comparison" },
  { label: "measure" },
  { label: "pairs", decimals: 0 },
  { label: "difference" },
  { label: "effect g_z", decimals: 2 },
  { label: "t", decimals: 2 },
  { label: "p, t test" },
  { label: "p, Holm" },
  { label: "p, signs" },
  { label: "p, ranks" },
];

const meaning =
  "The difference is that of the first less the second, mean over the seeds that both " +
  "have, with its 95 % bootstrap interval (expanded percentile); g_z is Cohen's d_z with Hedges' " +
  "correction. p-values are two-sided: Student's paired t test; the same adjusted by Holm's procedure for " +
  "all comparisons of this table; Fisher's exact test of the signs' randomisation; Wilcoxon's exact signed-" +
  "rank test. The two exact ones cannot get below 2/2ⁿ with n pairs.";

/**
 * A table of comparisons, which are one family for Holm's correction: those that are to be judged together.
 * Comparisons of variants without a seed in common are left out.
 *
 * @param about the title, and what one should read in it
 */
export function comparisonTable(
  about: Pick<Table, "title" | "caption">,
  comparisons: readonly Comparison[],
  outcomes: Outcomes,
): Table {
  const compared = comparisons.map((comparison) => ({
    comparison,
    differences: scaledDifferences(comparison, outcomes),
  })).filter(({ differences }) => differences.length > 0);
  const tests = compared.map(({ differences }) => studentTest(differences));
  const adjusted = holm(tests.map(({ p }) => p));
  const rows = compared.map(({ comparison, differences }, row): Cell[] => {
    const interval = bootstrapInterval(differences);
    return [
      comparison.name,
      measure(comparison),
      differences.length,
      { value: mean(differences), ...interval && { interval } },
      hedgesGz(differences),
      tests[row].statistic,
      { p: tests[row].p },
      { p: adjusted[row] },
      { p: signFlipTest(differences).p },
      { p: signedRankTest(differences).p },
    ];
  });
  return { title: about.title, caption: `${about.caption} ${meaning}`, columns, rows };
}

function scaledDifferences(
  { variants, metric, scale = 1 }: Comparison,
  outcomes: Outcomes,
): number[] {
  return pairedDifferences(outcomes, variants, metric).map((difference) => scale * difference);
}

function measure({ metric, unit }: Comparison): string {
  return unit === undefined ? metric : `${metric} (${unit})`;
}
