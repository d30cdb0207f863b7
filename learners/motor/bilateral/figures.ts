/** What the study shows: learning, errors and efforts, what the same trials look like, lesions. */
import { lesionNames } from "../../../controllers/lesions.ts";
import { speeds } from "../../../sim/measures/record.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { Figure, Panel, Trace } from "../../figure.ts";
import type { JobResult, Outcomes, Series } from "../../method.ts";
import { estimateOf, meanOf, valuesOf } from "../../outcomes.ts";
import { mean, standardDeviation } from "../../statistics/descriptive.ts";
import { preferredHand } from "./checks.ts";
import { trainingLength } from "./claim.ts";
import { metricNames } from "./metrics.ts";
import { isBilateral, type ModelName, modelNames } from "./models.ts";
import {
  everyModel,
  floorModel,
  isPaperTask,
  type StudyModelName,
  type StudyTask,
  studyTasks,
  variantOf,
} from "./study.ts";

/** The figures for which there are results. */
export function bilateralFigures(outcomes: Outcomes): Figure[] {
  return [
    learningCurves(outcomes),
    barsOf(outcomes, {
      metric: "finalError",
      title: "Final errors",
      label: "final error (cm)",
      scale: 100,
    }),
    barsOf(outcomes, { metric: "effort", title: "Efforts", label: "effort, mean u²", scale: 1 }),
    ...studyTasks.flatMap((task) => [
      pathFigure(outcomes, task),
      speedFigure(outcomes, task),
      activationFigure(outcomes, task),
    ]),
    lesionBars(outcomes, {
      metric: "finalError",
      title: "Lesions: final errors",
      label: "final error (cm)",
      scale: 100,
    }),
    lesionBars(outcomes, {
      metric: "effort",
      title: "Lesions: efforts",
      label: "effort, mean u²",
      scale: 1,
    }),
  ].filter((figure) => figure.kind !== "panels" || figure.panels.length > 0);
}

/** A panel for each task that has something to show. */
function perTask(panelOf: (task: StudyTask) => Panel | undefined): Panel[] {
  return studyTasks.flatMap((task) => panelOf(task) ?? []);
}

/** The results of a variant's seeds. */
const resultsOf = (outcomes: Outcomes, variant: string): JobResult[] =>
  (Object.hasOwn(outcomes, variant) ? outcomes[variant] : []).map(({ result }) => result);

function learningCurves(outcomes: Outcomes): Figure {
  const panels = perTask((task) => {
    const traces = modelNames.flatMap((model) => learningCurve(outcomes, task, model) ?? []);
    return traces.length === 0 ? undefined : {
      kind: "line",
      title: task,
      traces,
      xLabel: "updates",
      yLabel: "balanced loss on validation trials",
      yLogarithmic: true,
    };
  });
  return {
    kind: "panels",
    title: "Learning",
    caption:
      "The mean of both losses on the same validation trials, whatever a model is trained on: mean and " +
      "standard deviation over seeds.",
    panels,
    columns: 2,
  };
}

function learningCurve(outcomes: Outcomes, task: StudyTask, model: ModelName): Trace | undefined {
  const curves = resultsOf(outcomes, variantOf(task, model)).flatMap(({ series }) =>
    series?.["validation loss"] ?? []
  );
  if (curves.length === 0) return undefined;
  // A training that has ended early has fewer points.
  const points = Math.min(...curves.map(({ x }) => x.length));
  const x = curves[0].x.slice(0, points);
  const at = (point: number) => curves.map(({ y }) => y[point]);
  return {
    name: model,
    x,
    y: x.map((_, point) => mean(at(point))),
    ...curves.length > 1 && { spread: x.map((_, point) => standardDeviation(at(point))) },
  };
}

/** A metric to draw. */
interface DrawnMetric {
  readonly metric: string;
  readonly title: string;
  readonly label: string;
  readonly scale: number;
}

/** One bar with the values that it is the mean of. */
function bar(outcomes: Outcomes, variant: string, metric: string, scale: number) {
  const { value, interval } = estimateOf(outcomes, variant, metric, scale);
  const points = valuesOf(outcomes, variant, metric).map((point) => scale * point);
  return { value, interval, points };
}

/** Marks the hands under the label A; under B they change places. */
function markedModel(task: StudyTask, model: ModelName): string {
  if (!isPaperTask(task) || (model !== "uni-a" && model !== "uni-b")) return model;
  return `${model} ${preferredHand("A", task) === model ? "◆" : "◇"}`;
}

function barsOf(outcomes: Outcomes, drawn: DrawnMetric): Figure {
  const { metric, title, label, scale } = drawn;
  const panels = perTask((task) => {
    const models = modelNames.filter((model) => Object.hasOwn(outcomes, variantOf(task, model)));
    if (models.length === 0) return undefined;
    const bars = models.map((model) => bar(outcomes, variantOf(task, model), metric, scale));
    return {
      kind: "grouped-bars",
      title: task,
      groups: models.map((model) => markedModel(task, model)),
      series: [label],
      values: bars.map(({ value }) => [value]),
      intervals: bars.map(({ interval }) => [interval]),
      points: bars.map(({ points }) => [points]),
      xLabel: "model",
      yLabel: label,
    };
  });
  return {
    kind: "panels",
    title,
    caption:
      `Held-out trials ${
        trainingLength(outcomes)
      }: means over seeds, 95 % bootstrap intervals, and the ` +
      "seeds. ◆ preferred hand, ◇ the other one, if A trains the dominant system; the other way round if B " +
      `does.${floors(outcomes, drawn)}`,
    panels,
    columns: 1,
  };
}

/** What needs no network, in words: beside it the bars of the networks could not be told apart. */
function floors(outcomes: Outcomes, { metric, label, scale }: DrawnMetric): string {
  const known = studyTasks.flatMap((task) => {
    const value = scale * meanOf(outcomes, variantOf(task, floorModel), metric);
    return Number.isNaN(value) ? [] : [`${value.toPrecision(3)} on ${task}`];
  });
  if (known.length === 0) return "";
  return ` Without a network, by the best constant command: ${label} ${known.join(", ")}.`;
}

function lesionBars(outcomes: Outcomes, { metric, title, label, scale }: DrawnMetric): Figure {
  const panels = perTask((task) => {
    const models = modelNames.filter((model) =>
      isBilateral(model) && Object.hasOwn(outcomes, variantOf(task, model))
    );
    if (models.length === 0) return undefined;
    const bars = lesionNames.map((lesion) =>
      models.map((model) => {
        const name = lesion === "none" ? metric : metricNames.lesion(lesion, metric);
        return bar(outcomes, variantOf(task, model), name, scale);
      })
    );
    return {
      kind: "grouped-bars",
      title: task,
      groups: lesionNames.map((lesion) => lesion === "none" ? "intact" : lesion),
      series: models,
      values: bars.map((group) => group.map(({ value }) => value)),
      intervals: bars.map((group) => group.map(({ interval }) => interval)),
      points: bars.map((group) => group.map(({ points }) => points)),
      xLabel: "lesion",
      yLabel: label,
    };
  });
  return {
    kind: "panels",
    title,
    caption:
      `Cuts in trained networks, ${
        trainingLength(outcomes)
      }: the output (low) or the input (high) of a ` +
      "hemisphere, the callosum (cc). The specialised halves differ in how hard they drive, the balanced " +
      "ones do not.",
    panels,
    columns: 1,
  };
}

/** The kept trials of the first seed of each model, the same for all models. */
function keptTrials(outcomes: Outcomes, task: StudyTask): [StudyModelName, KeptTrials][] {
  return everyModel.flatMap((model) => {
    const series = resultsOf(outcomes, variantOf(task, model))[0]?.series;
    return series && Object.hasOwn(series, metricNames.goals) ? [[model, kept(series)]] : [];
  });
}

interface KeptTrials {
  readonly paths: readonly Series[];
  readonly goals: Series;
  readonly loads?: Series;
  /** By muscle: of all trials, one after the other. */
  readonly activations: ReadonlyMap<string, Series>;
}

function kept(series: Readonly<Record<string, Series>>): KeptTrials {
  const goals = series[metricNames.goals];
  const prefix = metricNames.activation("");
  return {
    goals,
    paths: goals.x.map((_, trial) => series[metricNames.handPath(trial)]),
    loads: series[metricNames.loads],
    activations: new Map(
      Object.entries(series).flatMap(([name, values]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), values] as const] : []
      ),
    ),
  };
}

/** So many metres of an arrow stand for a newton. */
const arrowPerNewton = 0.01;

function pathFigure(outcomes: Outcomes, task: StudyTask): Figure {
  const panels = keptTrials(outcomes, task).map(([model, { paths, goals, loads }]): Panel => ({
    kind: "line",
    title: model,
    traces: [
      ...paths.map(({ x, y }) => ({ name: "hand path", x, y })),
      ...loads
        ? paths.map(({ x, y }, trial) => ({
          name: "load",
          x: [x[0], x[0] + arrowPerNewton * loads.x[trial]],
          y: [y[0], y[0] + arrowPerNewton * loads.y[trial]],
        }))
        : [],
    ],
    marks: [
      { name: "start", x: paths.map(({ x }) => x[0]), y: paths.map(({ y }) => y[0]) },
      ...task === "hold" ? [] : [{ name: "goal", ...goals }],
    ],
    xLabel: "x (m)",
    yLabel: "y (m)",
    equalScales: true,
  }));
  const loads = task === "hold" ? " Loads point from the start, 1 cm a newton." : "";
  return {
    kind: "panels",
    title: `Hand paths, ${task}`,
    caption: `The same ten trials under every model, first seed.${loads}`,
    panels,
    columns: 4,
    common: "both",
  };
}

function speedFigure(outcomes: Outcomes, task: StudyTask): Figure {
  const panels = keptTrials(outcomes, task).map(([model, { paths }]): Panel => ({
    kind: "line",
    title: model,
    traces: paths.map((path) => ({
      name: "hand speed",
      x: path.x.map((_, sample) => sample * controlStep),
      y: speedsOf(path),
    })),
    xLabel: "time (s)",
    yLabel: "speed (m/s)",
  }));
  return {
    kind: "panels",
    title: `Velocity profiles, ${task}`,
    caption: "Hand speed in the same ten trials under every model, first seed.",
    panels,
    columns: 4,
    common: "both",
  };
}

function speedsOf({ x, y }: Series): readonly number[] {
  const positions = Float64Array.from(x.flatMap((value, sample) => [value, y[sample]]));
  // Where the path should lead has no part in its speed.
  return speeds({ positions, timeStep: controlStep, start: [0, 0], goal: [0, 0] });
}

function activationFigure(outcomes: Outcomes, task: StudyTask): Figure {
  const panels = keptTrials(outcomes, task).map(([model, { activations, goals }]): Panel => ({
    kind: "line",
    title: model,
    traces: [...activations].map(([name, { x, y }]) => {
      const steps = x.length / goals.x.length;
      const times = x.slice(0, steps);
      const at = (step: number) => goals.x.map((_, trial) => y[trial * steps + step]);
      return { name, x: times, y: times.map((_, step) => mean(at(step))) };
    }),
    xLabel: "time (s)",
    yLabel: "activation",
  }));
  return {
    kind: "panels",
    title: `Activations, ${task}`,
    caption: "Mean over the same ten trials under every model, first seed.",
    panels,
    columns: 4,
    common: "both",
  };
}
