/**
 * A reference run: numbers of an independent implementation of the same equations (written before this one,
 * in single precision, 512 test trials, 3 seeds, 32 units, 2 layers, regulariser `intended`), which an
 * implementation should land near. They are not the paper's: of Rinaldo et al. 2024 no table could be
 * confirmed.
 */
import type { Outcomes } from "../../method.ts";
import { metricNames } from "./metrics.ts";

/** A mean over seeds and, where it was noted, the standard deviation. */
type Noted = readonly [mean: number, deviation?: number];

type Row = Readonly<Record<string, Noted>>;

const cm = (mean: number, deviation?: number): Noted =>
  deviation === undefined ? [mean / 100] : [mean / 100, deviation / 100];

const reach = (
  finalError: Noted,
  meanError: Noted,
  effort: Noted,
  straightness: Noted,
  rootMeanSquareForce: Noted,
): Row => ({ finalError, meanError, effort, straightness, rootMeanSquareForce });

const hold = (
  finalError: Noted,
  meanError: Noted,
  effort: Noted,
  endSpeed: Noted,
  pathTravelled: Noted,
): Row => ({ finalError, meanError, effort, endSpeed, pathTravelled });

const longer = (finalError: Noted, effort: Noted, endSpeed: Noted): Row => ({
  finalError,
  effort,
  endSpeed,
});

/** Final errors (cm) and efforts with one hemisphere's output cut, with the callosum cut; S; w_L, w_R. */
const lesioned = (
  errors: readonly [left: number, right: number, callosum?: number],
  efforts: readonly [left: number, right: number],
  specialisation: number,
  merge: readonly [left: number, right: number],
): Row => ({
  [metricNames.lesion("low-left", "finalError")]: cm(errors[0]),
  [metricNames.lesion("low-right", "finalError")]: cm(errors[1]),
  ...errors[2] !== undefined && { [metricNames.lesion("cc", "finalError")]: cm(errors[2]) },
  [metricNames.lesion("low-left", "effort")]: [efforts[0]],
  [metricNames.lesion("low-right", "effort")]: [efforts[1]],
  [metricNames.specialisation]: [specialisation],
  [metricNames.mergeLeft]: [merge[0]],
  [metricNames.mergeRight]: [merge[1]],
});

const sizes: Readonly<Record<string, number>> = {
  "uni-a": 1798,
  "uni-b": 1798,
  "uni-bal": 1798,
  "bi-bal": 1192,
  "bi-spec": 1192,
  "bicc-bal": 1192,
  "bicc-spec": 1192,
};

/** After 2000 updates at a learning rate of 1e-3. */
const after2000: Readonly<Record<string, Row>> = {
  "reach-constant": {
    [metricNames.minimalCommandError]: cm(36.4),
    meanError: cm(38.1),
    effort: [0],
    rootMeanSquareForce: [29],
  },
  "reach-uni-a": reach(cm(2.76, 0.31), cm(11.9), [0.304, 0.045], [1.6], [551]),
  "reach-uni-b": reach(cm(4.12, 0.23), cm(12.5), [0.052], [1.556], [282]),
  "reach-uni-bal": reach(cm(3.5, 0.22), cm(12.1), [0.061], [1.547], [302]),
  "reach-bi-bal": {
    ...reach(cm(3.31, 0.18), cm(12), [0.061], [1.552], [301]),
    ...lesioned([22.8, 25.5], [0.15, 0.116], -0.25, [1.35, 1.18]),
  },
  "reach-bi-spec": {
    ...reach(cm(3.3, 0.08), cm(12.2), [0.063], [1.492], [306]),
    ...lesioned([28.1, 35.6], [0.024, 0.641], 3.3, [0.91, 1.36]),
  },
  "reach-bicc-bal": {
    ...reach(cm(2.82, 0.23), cm(11.4), [0.057], [1.491], [292]),
    ...lesioned([18, 22.5, 17.1], [0.115, 0.102], -0.12, [1.25, 1.23]),
  },
  "reach-bicc-spec": {
    ...reach(cm(2.94, 0.14), cm(11.9), [0.063], [1.456], [308]),
    ...lesioned([29.9, 32.9, 37], [0.019, 0.596], 3.43, [0.87, 1.42]),
  },
  "hold-constant": { finalError: cm(38.8), meanError: cm(20) },
  "hold-uni-a": hold(cm(2.95, 0.23), cm(2.19), [0.188, 0.016], [0.255], [0.116]),
  "hold-uni-b": hold(cm(4.54, 0.08), cm(2.91), [0.013], [0.126], [0.074]),
  "hold-uni-bal": hold(cm(4.18, 0.12), cm(2.73), [0.019], [0.134], [0.075]),
  "hold-bi-bal": {
    ...hold(cm(4.44, 0.16), cm(2.85), [0.018], [0.133], [0.076]),
    ...lesioned([13.2, 11.8], [0.107, 0.076], -0.35, [1.13, 1.04]),
  },
  "hold-bi-spec": {
    ...hold(cm(4.86, 0.25), cm(3.11), [0.024], [0.13], [0.083]),
    ...lesioned([32.9, 24.7], [0.0064, 0.548], 4.45, [0.85, 1.28]),
  },
  "hold-bicc-bal": {
    ...hold(cm(4.13, 0.06), cm(2.7), [0.017], [0.128], [0.073]),
    ...lesioned([9.8, 10.3, 12.7], [0.09, 0.068], -0.28, [1, 1.11]),
  },
  "hold-bicc-spec": {
    ...hold(cm(4.66, 0.27), cm(2.99), [0.023], [0.128], [0.081]),
    ...lesioned([30.6, 29.2, 31.2], [0.0046, 0.56], 4.8, [0.83, 1.31]),
  },
};

/** After 700 updates at a learning rate of 3e-3; reach only. */
const after700: Readonly<Record<string, Row>> = {
  "reach-uni-a": { finalError: cm(3.31, 0.28), effort: [0.308] },
  "reach-uni-b": { finalError: cm(4.39, 0.26), effort: [0.053] },
  "reach-bi-bal": {
    finalError: cm(3.7, 0.29),
    effort: [0.062],
    [metricNames.specialisation]: [-0.31],
  },
  "reach-bi-spec": {
    finalError: cm(3.65, 0.21),
    effort: [0.064],
    [metricNames.lesion("low-left", "effort")]: [0.028],
    [metricNames.lesion("low-right", "effort")]: [0.597],
    [metricNames.specialisation]: [3.06],
  },
};

/** After 8000 updates at a learning rate of 1e-3. */
const after8000: Readonly<Record<string, Row>> = {
  "hold-uni-a": longer(cm(1.24, 0.05), [0.099], [0.217]),
  "hold-uni-b": longer(cm(2.48, 0.29), [0.008], [0.12]),
  "hold-bicc-bal": longer(cm(1.35, 0.15), [0.012], [0.152]),
  "hold-bi-spec": longer(cm(4, 0.55), [0.015], [0.116]),
  "hold-bicc-spec": {
    ...longer(cm(3.96, 0.08), [0.022], [0.151]),
    [metricNames.lesion("low-left", "effort")]: [0.39, 0.27],
    [metricNames.lesion("low-right", "effort")]: [0.37, 0.2],
    [metricNames.specialisation]: [0],
  },
  "reach-uni-a": longer(cm(1.62, 0.18), [0.278], [0.251]),
  "reach-uni-b": longer(cm(2.5, 0.06), [0.047], [0.257]),
  "reach-bicc-bal": longer(cm(2.03, 0.06), [0.055], [0.257]),
  "reach-bicc-spec": {
    ...longer(cm(2.74, 0.12), [0.054], [0.284]),
    [metricNames.lesion("low-left", "effort")]: [0.312],
    [metricNames.lesion("low-right", "effort")]: [0.504],
    [metricNames.specialisation]: [0.48],
  },
};

const runs: ReadonlyMap<number, Readonly<Record<string, Row>>> = new Map([
  [700, after700],
  [2000, after2000],
  [8000, after8000],
]);

/** The numbers of updates after which the reference run was tested. */
export const referenceUpdates = [...runs.keys()];

/**
 * The reference run as outcomes: three seeds whose mean and standard deviation are those that were noted.
 * @param updates one of `referenceUpdates`; without results for any other number
 */
export function referenceOutcomes(updates: number): Outcomes {
  const rows = Object.entries(runs.get(updates) ?? {});
  return Object.fromEntries(rows.map(([variant, row]) => {
    const parameters = sizes[variant.slice(variant.indexOf("-") + 1)];
    const seeds = [-1, 0, 1].map((offset, seed) => ({
      seed,
      result: {
        metrics: {
          ...Object.fromEntries(
            Object.entries(row).map(([name, [mean, deviation = 0]]) => [
              name,
              mean + offset * deviation,
            ]),
          ),
          ...parameters !== undefined && { [metricNames.parameters]: parameters },
        },
      },
    }));
    return [variant, seeds];
  }));
}
