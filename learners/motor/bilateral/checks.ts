/**
 * What the study asks of its results: the checks of the reference run, in six groups, and the three claims
 * of the paper's abstracts (Rinaldo et al. 2024, arXiv 2401.14057, versions 1 and 2), as data. Each has a
 * quantity, which is worked out from the results of all seeds that its variants have in common, and a bound.
 *
 * Which loss trains the "dominant" system is not settled: the released code gives A to the left hemisphere,
 * which the abstract calls dominant, but the abstract's words for it (efficient, coordinated) describe what
 * B asks for. So the losses go by their content here, and the paper's claims are judged under both labels.
 * Nor is it known by which measure the paper's systems are "better": claims are judged by accuracy, by
 * economy, and by the measures that would suit each label.
 */
import { mean, standardDeviation } from "../../statistics/descriptive.ts";
import { above, below } from "../../outcomes.ts";
import { metricNames } from "./metrics.ts";
import type { ModelName } from "./models.ts";
import { type PaperTask, paperTasks, variantOf } from "./study.ts";

/** The values of a variant's metric under the seeds that count; NaN for what was not measured. */
export type Sample = (variant: string, metric: string) => readonly number[];

/** Something that is asked. */
export interface Check {
  readonly group: string;
  readonly statement: string;
  /** The variants that it speaks of. */
  readonly variants: readonly string[];
  /** What is compared with the bound, in words. */
  readonly quantity: string;
  readonly value: (sample: Sample) => number;
  readonly side: "above" | "below";
  readonly bound: number;
  /** The difference from the bound that counts; the bound itself unless given. */
  readonly scale?: number;
  /** With fewer seeds it is not judged; 3 unless given. */
  readonly seeds?: number;
}

/** A single seed proves nothing, and two have no spread worth the name. */
export const fewestSeeds = 3;

/** The callosum's effect is small: it takes more to see its sign. */
const callosumSeeds = 5;

/** Which loss trains the system that the paper calls dominant. */
export const dominanceLabels = ["A", "B"] as const;

export type DominanceLabel = (typeof dominanceLabels)[number];

const other: Readonly<Record<DominanceLabel, DominanceLabel>> = { A: "B", B: "A" };

const hands = { A: "uni-a", B: "uni-b" } as const satisfies Record<DominanceLabel, ModelName>;

/** The hand that a task is for: a reach for the dominant one, a hold for the other one. */
export function preferredHand(label: DominanceLabel, task: PaperTask): ModelName {
  return hands[task === "reach" ? label : other[label]];
}

/** The hand that a task is not for. */
export function otherHand(label: DominanceLabel, task: PaperTask): ModelName {
  return preferredHand(other[label], task);
}

const bilateralModels = ["bi-bal", "bi-spec", "bicc-bal", "bicc-spec"] as const;

/** Whether a deviation of values about `centre` is more than what rounding makes of equal ones. */
export const isSpread = (deviation: number, centre: number) => deviation > 1e-9 * Math.abs(centre);

const pooledDeviation = (a: readonly number[], b: readonly number[]) =>
  Math.sqrt((standardDeviation(a) ** 2 + standardDeviation(b) ** 2) / 2);

const meanOf = (sample: Sample, variant: string, metric: string) => mean(sample(variant, metric));

/** The mean of a metric with one variant over that with another. */
const ratio = (sample: Sample, metric: string, first: string, second: string) =>
  meanOf(sample, first, metric) / meanOf(sample, second, metric);

/**
 * How far one variant's mean is above another's, in pooled standard deviations over seeds; NaN where there
 * is no spread to count in.
 */
function excess(sample: Sample, metric: string, first: string, second: string): number {
  const [a, b] = [sample(first, metric), sample(second, metric)];
  const pooled = pooledDeviation(a, b);
  return isSpread(pooled, mean(b)) ? (mean(a) - mean(b)) / pooled : NaN;
}

/** The check of a ratio of means. */
function ratioCheck(
  group: string,
  statement: string,
  [first, second]: readonly [string, string],
  [metric, words]: readonly [string, string],
  limits: Pick<Check, "bound"> & Partial<Pick<Check, "scale" | "seeds">>,
): Check {
  return {
    group,
    statement,
    variants: [first, second],
    quantity: `${words}, ${first} over ${second}`,
    value: (sample) => ratio(sample, metric, first, second),
    side: "below",
    ...limits,
  };
}

const errorMetric = ["finalError", "final error"] as const;
const effortMetric = ["effort", "effort"] as const;

/** 1. The losses dissociate, between measures. */
const dissociation = paperTasks.flatMap((task): Check[] => {
  const [a, b] = [variantOf(task, "uni-a"), variantOf(task, "uni-b")];
  const group = "The losses dissociate";
  return [
    ratioCheck(
      group,
      `${task}: training for A makes more accurate than training for B, below 0.85 of its final error`,
      [a, b],
      errorMetric,
      { bound: 0.85 },
    ),
    ratioCheck(
      group,
      `${task}: training for B makes more economical than training for A, below half its effort`,
      [b, a],
      effortMetric,
      { bound: 0.5 },
    ),
  ];
});

/** 2. and 3. A bilateral network against both hands. */
const bothHands = paperTasks.flatMap((task) =>
  (["bicc-bal", "bicc-spec"] as const).flatMap((model): Check[] => {
    const group = task === "reach"
      ? "Reach: two hemispheres against either hand"
      : "Hold: two hemispheres against either hand";
    const variant = variantOf(task, model);
    const [a, b] = [variantOf(task, "uni-a"), variantOf(task, "uni-b")];
    return [
      ratioCheck(
        group,
        `${task}: ${model} is more accurate than the less accurate hand, at most 0.85 of its final error`,
        [variant, b],
        errorMetric,
        { bound: 0.85 },
      ),
      {
        group,
        statement:
          `${task}: ${model} is as accurate as the more accurate hand, within one pooled deviation`,
        variants: [variant, a],
        quantity: `final error above that of ${a}, in pooled deviations over seeds`,
        value: (sample) => excess(sample, "finalError", variant, a),
        side: "below",
        bound: 1,
      },
      ratioCheck(
        group,
        `${task}: ${model} does so with at most 0.4 of that hand's effort`,
        [variant, a],
        effortMetric,
        { bound: 0.4 },
      ),
    ];
  })
);

/** 4. The callosum, in all four pairs. */
const callosumPairs = paperTasks.flatMap((task) =>
  ([["bicc-bal", "bi-bal"], ["bicc-spec", "bi-spec"]] as const).map(([with_, without]) =>
    ratioCheck(
      "The callosum helps",
      `${task}: ${with_} is more accurate than ${without}`,
      [variantOf(task, with_), variantOf(task, without)],
      errorMetric,
      { bound: 1, scale: 0.05, seeds: callosumSeeds },
    )
  )
);

/** The cuts by which networks are compared: of either hemisphere's output, and of the callosum. */
const cuts = ["low-left", "low-right", "cc"] as const;

/** How much a cut adds to the final error, m. */
const harm = (sample: Sample, variant: string, cut: (typeof cuts)[number]) =>
  meanOf(sample, variant, metricNames.lesion(cut, "finalError")) -
  meanOf(sample, variant, "finalError");

/** 5. Specialisation shows in lesions. */
const specialisation = paperTasks.flatMap((task) =>
  ([["bi-spec", "bi-bal"], ["bicc-spec", "bicc-bal"]] as const).flatMap(
    ([specialised, balanced]): Check[] => {
      const group = "Specialisation shows in lesions";
      const [spec, bal] = [variantOf(task, specialised), variantOf(task, balanced)];
      const quantity = "S, the logarithm of effort with the right half cut over that with the left";
      const own = specialised === "bicc-spec" ? cuts : cuts.slice(0, 2);
      return [
        {
          group,
          statement: `${task}: the halves of ${specialised} differ in drive, S above 2`,
          variants: [spec],
          quantity,
          value: (sample) => meanOf(sample, spec, metricNames.specialisation),
          side: "above",
          bound: 2,
        },
        {
          group,
          statement: `${task}: the halves of ${balanced} do not, |S| below 1`,
          variants: [bal],
          quantity: `|S|, ${quantity.slice(3)}`,
          value: (sample) => Math.abs(meanOf(sample, bal, metricNames.specialisation)),
          side: "below",
          bound: 1,
        },
        {
          group,
          statement: `${task}: every cut hurts ${specialised} more than ${balanced}`,
          variants: [spec, bal],
          quantity: "least ratio of what a cut adds to the final error",
          value: (sample) =>
            Math.min(...own.map((cut) => harm(sample, spec, cut) / harm(sample, bal, cut))),
          side: "above",
          bound: 1,
          scale: 0.1,
        },
      ];
    },
  )
);

/** 6. Equal units are fewer parameters. */
const sizes = paperTasks.map((task) =>
  ratioCheck(
    "Equal units are fewer parameters",
    `${task}: bicc-bal has at most 0.7 of the parameters of uni-bal`,
    [variantOf(task, "bicc-bal"), variantOf(task, "uni-bal")],
    [metricNames.parameters, "parameters"],
    { bound: 0.7 },
  )
);

/** The checks of the reference run. */
export const checks: readonly Check[] = [
  ...dissociation,
  ...bothHands,
  ...callosumPairs,
  ...specialisation,
  ...sizes,
];

/** The smallest advantage over a hand that counts: 15 % of its error or effort. */
const advantage = 0.15;

/** What "better" may mean on each task. */
const senses: Readonly<
  Record<
    DominanceLabel,
    readonly { readonly words: string; readonly by: Readonly<Record<PaperTask, string>> }[]
  >
> = {
  A: [
    { words: "by final error", by: { reach: "finalError", hold: "finalError" } },
    { words: "by effort", by: { reach: "effort", hold: "effort" } },
    {
      words: "reach by final error, hold by stillness",
      by: { reach: "finalError", hold: "endSpeed" },
    },
  ],
  B: [
    { words: "by final error", by: { reach: "finalError", hold: "finalError" } },
    { words: "by effort", by: { reach: "effort", hold: "effort" } },
    { words: "reach by effort, hold by final error", by: { reach: "effort", hold: "finalError" } },
  ],
};

/** Each system is better on its preferred task. */
function crossing(label: DominanceLabel): Check[] {
  const variants = paperTasks.flatMap((task) =>
    Object.values(hands).map((hand) => variantOf(task, hand))
  );
  return senses[label].map(({ words, by }) => ({
    group: `The paper, with ${label} as the dominant system`,
    statement: `each hand is better than the other on its preferred task (${words})`,
    variants,
    quantity: "the preferred hand over the other, the larger ratio of both tasks",
    value: (sample) =>
      Math.max(
        ...paperTasks.map((task) =>
          ratio(
            sample,
            by[task],
            variantOf(task, preferredHand(label, task)),
            variantOf(task, otherHand(label, task)),
          )
        ),
      ),
    side: "below",
    bound: 1,
    scale: advantage,
  }));
}

/** On both tasks one bilateral model beats the non-preferred hand and matches the preferred one. */
function bothTasks(label: DominanceLabel): Check[] {
  const variants = paperTasks.flatMap((task) =>
    [...Object.values(hands), ...bilateralModels].map((model) => variantOf(task, model))
  );
  return [errorMetric, effortMetric].map(([metric, words]) => ({
    group: `The paper, with ${label} as the dominant system`,
    statement:
      "on both tasks one bilateral model beats the non-preferred hand and is as good as the preferred " +
      `one, within one pooled deviation (by ${words})`,
    variants,
    quantity: "the smallest of its four margins, of the bilateral model for which that is largest",
    value: (sample) =>
      Math.max(...bilateralModels.map((model) =>
        Math.min(...paperTasks.flatMap((task) => {
          const variant = variantOf(task, model);
          const preferred = variantOf(task, preferredHand(label, task));
          const beaten = variantOf(task, otherHand(label, task));
          return [
            below(ratio(sample, metric, variant, beaten), 1, advantage),
            below(excess(sample, metric, variant, preferred), 1),
          ];
        }))
      )),
    side: "above",
    bound: 0,
    scale: 1,
  }));
}

/** The callosum tends to help; hemispheres work together. Neither speaks of dominance. */
const together: readonly Check[] = [
  {
    group: "The paper, under either label",
    statement: "the callosum tends to help, though not always specialised models",
    variants: callosumPairs.flatMap(({ variants }) => variants),
    quantity: "final error with the callosum over that without, mean of the four pairs",
    value: (sample) => mean(callosumPairs.map(({ value }) => value(sample))),
    side: "below",
    bound: 1,
    scale: 0.05,
    seeds: callosumSeeds,
  },
  {
    group: "The paper, under either label",
    statement:
      "the hemispheres collaborate: neither half of a bilateral model is as accurate alone",
    variants: paperTasks.flatMap((task) => bilateralModels.map((model) => variantOf(task, model))),
    quantity: "final error over that of its better half, the largest ratio of all bilateral models",
    value: (sample) =>
      Math.max(...paperTasks.flatMap((task) =>
        bilateralModels.map((model) => {
          const variant = variantOf(task, model);
          const halves = (["low-left", "low-right"] as const).map((cut) =>
            meanOf(sample, variant, metricNames.lesion(cut, "finalError"))
          );
          return meanOf(sample, variant, "finalError") / Math.min(...halves);
        })
      )),
    side: "below",
    bound: 1,
    scale: advantage,
  },
];

/** The claims of the abstracts. Those of the two labels contradict each other. */
export const paperClaims: readonly Check[] = [
  ...dominanceLabels.flatMap((label) => [...crossing(label), ...bothTasks(label)]),
  ...together,
];

/** By how much what was found holds or fails. */
export function marginOf({ side, bound, scale }: Check, value: number): number {
  return (side === "above" ? above : below)(value, bound, scale);
}
