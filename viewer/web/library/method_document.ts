/** A method's document as the page has it, and what of it is told at a glance. */
import type { libraryDocument, ParameterSchema } from "../../../cluster/documents.ts";
import type { Estimate } from "../compare/estimate_plot.ts";
import { type Sent, told } from "../documents.ts";
import { isJudged } from "../run/verdict.ts";

export type SentLibrary = Sent<typeof libraryDocument>;
export type SentMethod = SentLibrary["methods"][number];
/** What a method is, whatever its runs have come to. */
export type MethodItself = Omit<SentMethod, "last">;
export type SentLastRun = NonNullable<SentMethod["last"]>;
export type SentVariantSummary = SentLastRun["variants"][string];
export type SentMetricSummary = SentVariantSummary["metrics"][string];
export type ProfileName = keyof SentMethod["profiles"];

/** What is known of a method's claim. */
export type ClaimState = "shown" | "not shown" | "not judged" | "not run";

/** In the order in which a reader looks for them. */
export const claimStates: readonly ClaimState[] = ["shown", "not shown", "not judged", "not run"];

/** What the method's newest run says of its claim. */
export function claimStateOf({ last }: Pick<SentMethod, "last">): ClaimState {
  if (!last) return "not run";
  if (!isJudged(last.claim)) return "not judged";
  return last.claim.holds ? "shown" : "not shown";
}

/** The score of a variant in one metric. */
export interface Score {
  readonly variant: string;
  readonly estimate: Estimate;
}

/** What a method is judged by at a glance: its first metric, of itself and of what it was run beside. */
export interface Headline {
  readonly metric: string;
  /** Undefined where the run has results of other variants only. */
  readonly own: Score | undefined;
  readonly others: readonly Score[];
}

/** Colours of the method itself and of what it was run beside, see `seriesStyle`. */
export const categories = { own: 0, beside: 7 } as const;

/** What is told of a method at a glance; undefined without results. */
export function headlineOf(method: SentMethod): Headline | undefined {
  const variants = Object.entries(method.last?.variants ?? {});
  const own = ownVariant(method);
  const judged = variants.find(([name]) => name === own) ?? variants[0];
  const metric = judged && Object.keys(judged[1].metrics)[0];
  if (metric === undefined) return undefined;
  const scores = scoresOf(variants, metric);
  return {
    metric,
    own: scores.find(({ variant }) => variant === own),
    others: scores.filter(({ variant }) => variant !== own),
  };
}

/** The scores in `metric` of the variants that have it, in their order. */
export function scoresOf(
  variants: readonly (readonly [name: string, summary: SentVariantSummary])[],
  metric: string,
): Score[] {
  return variants.flatMap(([variant, { metrics }]) => {
    const summary = metrics[metric];
    return summary ? [{ variant, estimate: estimateOf(summary) }] : [];
  });
}

/** A metric over the seeds, as it is drawn. */
export function estimateOf({ mean, interval, values }: SentMetricSummary): Estimate {
  return {
    mean: told(mean),
    interval: interval ? [told(interval[0]), told(interval[1])] : undefined,
    values: values.map(told),
  };
}

/**
 * Which variant of the newest run is the method itself: the one of its name, else the first that is called after
 * it, such as "dagnn-10" with ten hops; of a method whose variants have other names, the first.
 */
export function ownVariant({ id, last, profiles }: SentMethod): string | undefined {
  const { variants = [] } = last ? profiles[last.profile] ?? {} : {};
  return variants.find((name) => name === id) ??
    variants.find((name) => name.startsWith(`${id}-`)) ??
    variants[0];
}

/** The hyper-parameters' schema, as the server has made it. */
export const parametersOf = ({ parameters }: Pick<SentMethod, "parameters">): ParameterSchema =>
  parameters as ParameterSchema;
