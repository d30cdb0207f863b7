/**
 * The test of a trained controller: held-out trials with all measures of the task, in the engine that it
 * was trained in and, as many as there is time for, in cannon-es; what some of them looked like; lesions;
 * and what no network is needed for.
 */
import type { Controller } from "../../../controllers/controller.ts";
import { type LesionName, lesionNames, lesions } from "../../../controllers/lesions.ts";
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import type { EngineName } from "../../../sim/physics/catalogue.ts";
import { pickTrials, type TrialBatch } from "../../../sim/tasks/trial.ts";
import type { JobResult, Series } from "../../method.ts";
import { mean } from "../../statistics/descriptive.ts";
import {
  environmentOf,
  type MakeController,
  meanMeasures,
  measureRecords,
  recordTrials,
} from "../evaluation/evaluator.ts";
import { summariseTrials, type TrialSummary } from "../evaluation/trials.ts";
import { metricNames } from "./metrics.ts";
import type { StudyParts } from "./study.ts";

/** Where a controller is tested. */
export interface TestBench {
  readonly parts: StudyParts;
  readonly trials: TrialBatch;
  /** How many of the trials are done in cannon-es. */
  readonly transferTrials: number;
}

/** What a test gives. */
type TestResult = Required<Pick<JobResult, "metrics" | "series">>;

/** How many trials are kept to be looked at. */
const keptTrials = 10;

const conditionsIn = ({ arm, actuator, task, sensing }: StudyParts, engine: EngineName) => ({
  arm,
  actuator,
  task,
  sensing,
  engine,
});

/** Final error and effort of a controller in the equations. */
function summary({ parts, trials }: TestBench, control: MakeController): TrialSummary {
  const env = environmentOf(conditionsIn(parts, "equations"), trials);
  return summariseTrials(env, control(trials.trials), trials);
}

/**
 * Test the controller that `control` makes.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function testController(bench: TestBench, control: MakeController): TestResult {
  const { parts, trials } = bench;
  const own = conditionsIn(parts, "equations");
  const records = recordTrials(own, control, trials);
  const measured = measureRecords(own, control, trials, records);

  const transferred = Math.min(bench.transferTrials, trials.trials);
  const sameTrials = pickTrials(trials, 0, transferred);
  const other = conditionsIn(parts, "cannon");
  const inCannon = meanMeasures(
    parts.task,
    measureRecords(other, control, sameTrials, recordTrials(other, control, sameTrials)),
  );
  const inEquations = meanMeasures(parts.task, measured.slice(0, transferred));
  return {
    metrics: {
      ...meanMeasures(parts.task, measured),
      ...Object.fromEntries(
        Object.entries(inCannon).map(([name, value]) => [metricNames.inCannon(name), value]),
      ),
      [metricNames.transferredTrials]: transferred,
      [metricNames.transferRatio]: inCannon.finalError / inEquations.finalError,
    },
    series: keptSeries(parts, trials, records.slice(0, keptTrials)),
  };
}

/** `values` to so many digits after the point; no negative zeros, which JSON does not have. */
const rounded = (values: Iterable<number>, digits: number): number[] =>
  Array.from(values, (value) => Number(value.toFixed(digits)) + 0);

/** Every second number, from the first or from the second one on. */
const column = (pairs: Float64Array, first: 0 | 1) => pairs.filter((_, i) => i % 2 === first);

/** Hand paths, goals, loads and activations of the first trials, to about the width of a line. */
function keptSeries(
  { actuator, arm }: StudyParts,
  { goal, load, trials, timeStep }: TrialBatch,
  records: readonly MovementRecord[],
): Record<string, Series> {
  const firstPoints = (rows: Float64Array, digits: number): Series => ({
    x: rounded(rows.subarray(0, records.length), digits),
    y: rounded(rows.subarray(trials, trials + records.length), digits),
  });
  const paths = records.map(({ positions }, trial): [string, Series] => [
    metricNames.handPath(trial),
    { x: rounded(column(positions, 0), 5), y: rounded(column(positions, 1), 5) },
  ]);
  const names = actuator.muscles
    ? arm.muscles.map(({ name }) => name)
    : arm.joints.map(({ name }) => name);
  const activations = names.map((name, m): [string, Series] => {
    const ofEach = records.map((record) =>
      (record.activations ?? record.excitations!).filter((_, i) => i % names.length === m)
    );
    return [metricNames.activation(name), {
      x: ofEach.flatMap((values) => rounded(values.map((_, step) => (step + 1) * timeStep), 4)),
      y: ofEach.flatMap((values) => rounded(values, 3)),
    }];
  });
  return {
    ...Object.fromEntries(paths),
    [metricNames.goals]: firstPoints(goal, 4),
    ...load && { [metricNames.loads]: firstPoints(load.rows, 2) },
    ...Object.fromEntries(activations),
  };
}

/** The lesions that a network can have: none of one stream, none of a callosum that there is not. */
export function lesionsOf({ config, streams }: MotorNetwork): LesionName[] {
  if (streams.length === 1) return [];
  return lesionNames.filter((name) =>
    name !== "none" && (config.callosum !== "none" || !lesions[name].callosum)
  );
}

/**
 * Final error and effort under every lesion, and what they say of the hemispheres.
 *
 * - specialisation S = ln(effort with the right hemisphere's output cut / with the left one's): what
 *   remains is the left half in the first case, the right half in the second.
 * - dominance D = (e_left − e_right)/(e_left + e_right) with e the final error when that hemisphere's
 *   output is cut: positive when the left one is needed more.
 */
export function lesionStudy(
  bench: TestBench,
  network: MotorNetwork,
  weights: Float64Array,
): Record<string, number> {
  const found = new Map(
    lesionsOf(network).map((name) => [
      name,
      summary(bench, (arms) => networkController(network, weights, arms, lesions[name])),
    ]),
  );
  const [left, right] = [found.get("low-left"), found.get("low-right")];
  if (!left || !right) return {};
  const [errorLeft, errorRight] = [left.finalError, right.finalError];
  return {
    ...Object.fromEntries(
      found.entries().flatMap(([lesion, measures]) =>
        Object.entries(measures).map(([name, value]) => [metricNames.lesion(lesion, name), value])
      ),
    ),
    [metricNames.specialisation]: Math.log(right.effort / left.effort),
    [metricNames.dominance]: (errorLeft - errorRight) / (errorLeft + errorRight),
  };
}

/** Commands that need no network: nothing, and the same to all muscles. */
const constantCommands = [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

const constantControl = (command: number) => (): Controller => ({
  name: "constant",
  reset() {},
  act: (_observations, actions) => void actions.fill(command),
});

/** The test of that constant command under which the hand ends nearest to its goal. */
export function testFloor(bench: TestBench): TestResult {
  const { parts, trials } = bench;
  // The same torque at all joints has no meaning.
  const commands = parts.actuator.muscles ? constantCommands : [0];
  const errors = commands.map((command) => summary(bench, constantControl(command)).finalError);
  const best = commands[errors.indexOf(Math.min(...errors))];
  const { metrics, series } = testController(bench, constantControl(best));
  const { goal, start, trials: count } = trials;
  const distances = Array.from(
    { length: count },
    (_, trial) =>
      Math.hypot(goal[trial] - start[trial], goal[count + trial] - start[count + trial]),
  );
  return {
    metrics: {
      ...metrics,
      [metricNames.command]: best,
      [metricNames.minimalCommandError]: errors[0],
      [metricNames.distance]: mean(distances),
    },
    series,
  };
}
