/**
 * The document that compares variants of several runs by one metric. Under one seed two variants have the same
 * data and the same random numbers, so differences are taken seed by seed, as in the reports' own comparisons.
 */
import type { ComparisonReference } from "../../../cluster/document_paths.ts";
import type { ComparisonDocument } from "../../../cluster/documents.ts";
import type { Outcomes } from "../../../learners/method.ts";
import { pairedDifferences, valuesOf } from "../../../learners/outcomes.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";
import { hedgesGz } from "../../../learners/statistics/effect_sizes.ts";
import { bootstrapInterval, meanInterval } from "../../../learners/statistics/intervals.ts";

/** A run with what its jobs have come to, by variant; of one without variants under "". */
export interface ComparedRun {
  readonly run: string;
  readonly outcomes: Outcomes;
}

type Group = ComparisonDocument["groups"][number];

/** What is to be compared. */
export interface ComparisonWishes {
  /** The first that there is unless given. */
  readonly metric?: string;
  readonly reference?: ComparisonReference;
}

/** The comparison of all variants of `runs`. */
export function comparisonDocument(
  runs: readonly ComparedRun[],
  wishes: ComparisonWishes,
): ComparisonDocument {
  const all = runs.flatMap(({ outcomes }) => Object.values(outcomes).flat());
  const metrics = [...new Set(all.flatMap(({ result }) => Object.keys(result.metrics)))];
  const asked = wishes.metric ?? metrics[0] ?? "";
  const metric = metrics.includes(asked) ? asked : "";
  const { groups, outcomes } = measuredGroups(runs, metric);
  const wished = wishes.reference && nameOf(wishes.reference);
  const reference = groups.find((group) => nameOf(group) === wished) ?? groups[0];
  return {
    type: "comparison",
    runs: runs.map(({ run }) => run),
    metrics,
    metric,
    reference: reference ? { run: reference.run, variant: reference.variant } : null,
    groups: groups.map((group): Group => ({
      ...group,
      difference: group === reference ? null : difference(group, reference, outcomes, metric),
    })),
  };
}

/** No run's name has a line feed in it. */
const nameOf = ({ run, variant }: ComparisonReference) => `${run}\n${variant}`;

/** The variants that report the metric, and the results of all of them under their groups' names. */
function measuredGroups(runs: readonly ComparedRun[], metric: string) {
  const outcomes: Record<string, Outcomes[string]> = {};
  const groups: Omit<Group, "difference">[] = [];
  for (const { run, outcomes: own } of runs) {
    for (const [variant, results] of Object.entries(own)) {
      const measured = results.filter(({ result }) => Object.hasOwn(result.metrics, metric));
      if (measured.length === 0) continue;
      outcomes[nameOf({ run, variant })] = measured;
      const values = valuesOf(own, variant, metric);
      groups.push({
        run,
        variant,
        seeds: measured.map(({ seed }) => seed),
        values,
        mean: mean(values),
        interval: meanInterval(values) ?? null,
      });
    }
  }
  return { groups, outcomes };
}

/** How much larger `group` is than `reference`. */
function difference(
  group: Omit<Group, "difference">,
  reference: Omit<Group, "difference">,
  outcomes: Outcomes,
  metric: string,
): NonNullable<Group["difference"]> {
  const names = [nameOf(group), nameOf(reference)] as const;
  const differences = pairedDifferences(outcomes, names, metric);
  if (differences.length === 0) {
    const value = group.mean - reference.mean;
    return { value, interval: null, by: "independent", pairs: 0, effect: NaN };
  }
  return {
    value: mean(differences),
    interval: bootstrapInterval(differences) ?? null,
    by: "paired",
    pairs: differences.length,
    effect: hedgesGz(differences),
  };
}
