/** The study's results in tables: measures by model, comparisons, lesions, and what was asked of them. */
import { lesionNames } from "../../../controllers/lesions.ts";
import { type MeasureName, measures } from "../../../sim/measures/catalogue.ts";
import { type Comparison, comparisonTable } from "../../comparisons.ts";
import type { Outcomes } from "../../method.ts";
import { estimateOf, isJudged, meanOf } from "../../outcomes.ts";
import type { Cell, Column, Table } from "../../table.ts";
import { checks, isSpread, paperClaims } from "./checks.ts";
import { type Finding, findings, trainingLength, updatesOf } from "./claim.ts";
import { metricNames } from "./metrics.ts";
import { isBilateral, type ModelName, modelNames } from "./models.ts";
import { referenceOutcomes } from "./reference.ts";
import { everyModel, type StudyModelName, type StudyTask, studyTasks, variantOf } from "./study.ts";

/** What intervals are throughout. */
const intervals = "Means over seeds with 95 % bootstrap intervals (expanded percentile).";

/** A measure as a column: metres are shown in centimetres. */
interface ShownMeasure {
  readonly metric: string;
  readonly label: string;
  readonly unit: string;
  readonly scale: number;
}

function shown(name: MeasureName, label: string): ShownMeasure {
  const [unit] = measures[name];
  return unit === "m"
    ? { metric: name, label, unit: "cm", scale: 100 }
    : { metric: name, label, unit, scale: 1 };
}

const columnOf = ({ label, unit }: ShownMeasure): Column =>
  unit === "1" ? { label } : { label, unit };

/** What is compared after a field has been learned: prediction of its force, and stiffness against it. */
const inField: readonly ShownMeasure[] = [
  shown("finalError", "final error"),
  shown("meanError", "mean error"),
  shown("effort", "effort"),
  shown("rootMeanSquareForce", "rms muscle force"),
  shown("maximalDeviation", "deviation in the field"),
  { metric: "nullFieldDeviation", label: "after-effect", unit: "cm", scale: 100 },
  { metric: "adaptationIndex", label: "adaptation index", unit: "1", scale: 1 },
  { metric: "lateralCompliance", label: "compliance across the reach", unit: "mm/N", scale: 1000 },
];

/** The measures by which models are compared, for each task. */
const headline: Readonly<Record<StudyTask, readonly ShownMeasure[]>> = {
  reach: [
    shown("finalError", "final error"),
    shown("meanError", "mean error"),
    shown("effort", "effort"),
    shown("rootMeanSquareForce", "rms muscle force"),
    shown("peakSpeed", "peak speed"),
    shown("endSpeed", "end speed"),
    shown("straightness", "path straightness"),
  ],
  hold: [
    shown("finalError", "final error"),
    shown("meanError", "mean error"),
    shown("effort", "effort"),
    shown("rootMeanSquareForce", "rms muscle force"),
    shown("endSpeed", "end speed"),
    shown("pathTravelled", "path travelled"),
    shown("maximalDisplacement", "largest displacement"),
  ],
  "curl-field": inField,
  "velocity-squared-field": inField,
  "noisy-linear-field": inField,
};

/** The models of a task that have results, the floor last. */
function modelsWithResults(outcomes: Outcomes, task: StudyTask): StudyModelName[] {
  return everyModel.filter((model) => Object.hasOwn(outcomes, variantOf(task, model)));
}

/** All tables for which there are results. */
export function bilateralTables(outcomes: Outcomes): Table[] {
  const perTask = studyTasks.filter((task) => modelsWithResults(outcomes, task).length > 0);
  return [
    ...perTask.map((task) => headlineTable(outcomes, task)),
    ...findingTables(outcomes),
    ...perTask.map((task) => comparisons(outcomes, task)).filter(({ rows }) => rows.length > 0),
    ...lesionTables(outcomes),
    ...perTask.map((task) => transferTable(outcomes, task)),
    ...perTask.map((task) => measureTable(outcomes, task)),
  ];
}

/** The reference run after as many updates as these results have; nothing if they differ among each other. */
function referenceFor(outcomes: Outcomes): Outcomes {
  const updates = updatesOf(outcomes);
  return updates.length === 1 ? referenceOutcomes(updates[0]) : {};
}

/** One model a row. */
function headlineTable(outcomes: Outcomes, task: StudyTask): Table {
  const reference = referenceFor(outcomes);
  return {
    title: `Models on ${task}`,
    caption:
      `Held-out trials in the equations of motion, ${
        trainingLength(outcomes)
      }. ${intervals} A: accuracy ` +
      "and smooth activity; B: large errors and effort. Bilateral networks of equal units have a third " +
      "fewer parameters than unilateral ones; the matched ones are unilateral networks of their size. The " +
      "last column is the final error of an independent reference run of the same length.",
    columns: [
      { label: "model" },
      { label: "parameters", decimals: 0 },
      ...headline[task].map(columnOf),
      { label: "final error, reference", unit: "cm" },
    ],
    rows: modelsWithResults(outcomes, task).map((model): Cell[] => {
      const variant = variantOf(task, model);
      const parameters = meanOf(outcomes, variant, metricNames.parameters);
      return [
        model,
        Number.isNaN(parameters) ? "" : parameters,
        ...headline[task].map(({ metric, scale }) => estimateOf(outcomes, variant, metric, scale)),
        referenceCell(reference, variant, "finalError", 100),
      ];
    }),
  };
}

/** What the reference run has; nothing where it was not noted. */
function referenceCell(reference: Outcomes, variant: string, metric: string, scale = 1): Cell {
  const { value, deviation } = estimateOf(reference, variant, metric, scale);
  if (Number.isNaN(value)) return "";
  return deviation && isSpread(deviation, value) ? { value, deviation } : value;
}

const verdict = (finding: Finding): string =>
  isJudged(finding) ? finding.margin >= 0 ? "shows" : "does not show" : "not judged";

function findingTables(outcomes: Outcomes): Table[] {
  const asked = [
    {
      title: "What was asked of the results",
      caption: "The checks of the study, beside what an independent reference run found.",
      findings: findings(checks, outcomes),
    },
    {
      title: "What the paper claims",
      caption:
        "The claims of its abstracts. Which loss trains the dominant system, and by which measure a system " +
        "is better, is not settled, so each is judged under both labels and by several measures; under " +
        "opposite labels they contradict each other.",
      findings: findings(paperClaims, outcomes),
    },
  ];
  return asked.filter(({ findings }) => findings.some(({ seeds }) => seeds.length > 0)).map((
    { title, caption, findings },
  ) => ({
    title,
    caption:
      `${caption} ${
        trainingLength(outcomes).replace(/^./, (letter) => letter.toUpperCase())
      }. Margins ` +
      "are in units of the difference that counts: positive where it shows. Intervals are 95 % bootstrap " +
      "intervals of what each seed finds alone. Not judged: fewer seeds in common than it takes.",
    columns: [
      { label: "about" },
      { label: "asked" },
      { label: "quantity" },
      { label: "bound" },
      { label: "found", decimals: 3 },
      { label: "reference", decimals: 3 },
      { label: "seeds", decimals: 0 },
      { label: "margin", decimals: 2 },
      { label: "verdict" },
    ],
    rows: findings.map((finding): Cell[] => {
      const { check, seeds, value, interval, reference, margin } = finding;
      return [
        check.group,
        check.statement,
        check.quantity,
        `${check.side} ${check.bound}`,
        interval ? { value, interval } : value,
        Number.isNaN(reference) ? "" : reference,
        seeds.length,
        margin,
        verdict(finding),
      ];
    }),
  }));
}

/** Pairs whose difference means something, with what they are about. */
const pairs: readonly (readonly [name: string, first: ModelName, second: ModelName])[] = [
  ["A against B", "uni-a", "uni-b"],
  ["hemispheres, balanced, against A", "bi-bal", "uni-a"],
  ["hemispheres, balanced, against B", "bi-bal", "uni-b"],
  ["callosal, balanced, against A", "bicc-bal", "uni-a"],
  ["callosal, balanced, against B", "bicc-bal", "uni-b"],
  ["callosal, specialised, against A", "bicc-spec", "uni-a"],
  ["callosal, specialised, against B", "bicc-spec", "uni-b"],
  ["with and without callosum, balanced", "bicc-bal", "bi-bal"],
  ["with and without callosum, specialised", "bicc-spec", "bi-spec"],
  ["specialised against balanced, without callosum", "bi-spec", "bi-bal"],
  ["specialised against balanced, with callosum", "bicc-spec", "bicc-bal"],
  ["hemispheres against one network of equal units", "bi-bal", "uni-bal"],
  ["hemispheres against one network of equal parameters", "bi-bal", "matched-bal"],
  ["callosal against one network of equal units", "bicc-bal", "uni-bal"],
  ["callosal against one network of equal parameters", "bicc-bal", "matched-bal"],
];

function comparisons(outcomes: Outcomes, task: StudyTask): Table {
  const asked = pairs.flatMap(([name, first, second]): Comparison[] => {
    const variants = [variantOf(task, first), variantOf(task, second)] as const;
    return [
      { name, variants, metric: "finalError", unit: "cm", scale: 100 },
      { name, variants, metric: "effort" },
    ];
  });
  const about = {
    title: `Differences between models on ${task}`,
    caption: `Paired over seeds, ${trainingLength(outcomes)}: equal seeds have equal trials.`,
  };
  return comparisonTable(about, asked, outcomes);
}

function lesionTables(outcomes: Outcomes): Table[] {
  const lesioned = studyTasks.flatMap((task) =>
    modelNames.filter(isBilateral).map((model) => ({
      task,
      model,
      variant: variantOf(task, model),
    }))
      .filter(({ variant }) => Object.hasOwn(outcomes, variant))
  );
  if (lesioned.length === 0) return [];
  const reference = referenceFor(outcomes);
  const number = (variant: string, metric: string, scale = 1): Cell[] => [
    estimateOf(outcomes, variant, metric, scale),
    referenceCell(reference, variant, metric, scale),
  ];
  const length = trainingLength(outcomes);
  return [
    {
      title: "Lesions",
      caption:
        `Cuts made in trained networks at test time, ${length}. low: the output of a hemisphere before the ` +
        "merge; high: its input (biases and callosum still act); cc: the callosum, alone or with an input. " +
        intervals,
      columns: [
        { label: "task" },
        { label: "model" },
        { label: "lesion" },
        { label: "final error", unit: "cm" },
        { label: "reference", unit: "cm" },
        { label: "effort" },
        { label: "reference" },
      ],
      rows: lesioned.flatMap(({ task, model, variant }) => {
        const intact = [task, model, "none"];
        return [
          [...intact, ...number(variant, "finalError", 100), ...number(variant, "effort")],
          ...lesionNames.filter((lesion) =>
            !Number.isNaN(meanOf(outcomes, variant, metricNames.lesion(lesion, "finalError")))
          ).map((lesion): Cell[] => [
            task,
            model,
            lesion,
            ...number(variant, metricNames.lesion(lesion, "finalError"), 100),
            ...number(variant, metricNames.lesion(lesion, "effort")),
          ]),
        ];
      }),
    },
    {
      title: "What the hemispheres are for",
      caption:
        `${
          length.replace(/^./, (letter) => letter.toUpperCase())
        }. Specialisation S: logarithm of the ` +
        "effort with the right hemisphere cut over that with the left one cut. Dominance D: (e_left − " +
        "e_right)/(e_left + e_right) with the final errors under these cuts, positive when the left one is " +
        `needed more. The merge weights are those learned. ${intervals}`,
      columns: [
        { label: "task" },
        { label: "model" },
        { label: "S", decimals: 2 },
        { label: "S, reference", decimals: 2 },
        { label: "D", decimals: 2 },
        { label: "left merge weight", decimals: 2 },
        { label: "reference", decimals: 2 },
        { label: "right merge weight", decimals: 2 },
        { label: "reference", decimals: 2 },
      ],
      rows: lesioned.map(({ task, model, variant }): Cell[] => [
        task,
        model,
        ...number(variant, metricNames.specialisation),
        estimateOf(outcomes, variant, metricNames.dominance),
        ...number(variant, metricNames.mergeLeft),
        ...number(variant, metricNames.mergeRight),
      ]),
    },
  ];
}

/** What a controller does in the other engine. */
function transferTable(outcomes: Outcomes, task: StudyTask): Table {
  const shownMeasures = headline[task].slice(0, 3);
  const models = modelsWithResults(outcomes, task);
  const counts = models.map((model) =>
    meanOf(outcomes, variantOf(task, model), metricNames.transferredTrials)
  );
  return {
    title: `Transfer to cannon-es on ${task}`,
    caption: `The controllers of the equations of motion in another engine, on the first ${
      [...new Set(counts)].join(" or ")
    } of the trials; the columns of the equations are of all trials, the ratio is of the same ones. ${intervals}`,
    columns: [
      { label: "model" },
      ...shownMeasures.flatMap((measure) => [
        { ...columnOf(measure), label: `${measure.label}, equations` },
        { ...columnOf(measure), label: `${measure.label}, cannon-es` },
      ]),
      { label: "final error, cannon-es over equations", decimals: 2 },
    ],
    rows: models.map((model): Cell[] => {
      const variant = variantOf(task, model);
      return [
        model,
        ...shownMeasures.flatMap(({ metric, scale }) => [
          estimateOf(outcomes, variant, metric, scale),
          estimateOf(outcomes, variant, metricNames.inCannon(metric), scale),
        ]),
        estimateOf(outcomes, variant, metricNames.transferRatio),
      ];
    }),
  };
}

/** Every measure of every model, in both engines. */
function measureTable(outcomes: Outcomes, task: StudyTask): Table {
  const models = modelsWithResults(outcomes, task);
  const names = (Object.keys(measures) as MeasureName[]).filter((name) =>
    models.some((model) => !Number.isNaN(meanOf(outcomes, variantOf(task, model), name)))
  );
  const engines = [
    { engine: "equations", metricOf: (name: string) => name },
    { engine: "cannon-es", metricOf: metricNames.inCannon },
  ];
  return {
    title: `All measures on ${task}`,
    caption: `${intervals} A measure is the mean over the trials that define it.`,
    columns: [
      { label: "measure" },
      { label: "engine" },
      ...models.map((label) => ({ label })),
    ],
    rows: names.flatMap((name) =>
      engines.map(({ engine, metricOf }): Cell[] => [
        measures[name][0] === "1" ? name : `${name} (${measures[name][0]})`,
        engine,
        ...models.map((model) => estimateOf(outcomes, variantOf(task, model), metricOf(name))),
      ])
    ),
  };
}
