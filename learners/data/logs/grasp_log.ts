/**
 * A log of grasps: which of many objects was handled how, and whether it succeeded. Values are rare and
 * frequent as in click logs, and success depends on hidden factors that interact in pairs and threes, for
 * models of such tables (Mao et al. 2023, "FinalMLP: An Enhanced Two-Stream MLP Model for CTR Prediction").
 */
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts } from "../options.ts";
import {
  type InteractionLog,
  type LogField,
  sigmoid,
  worldNormals,
  type WorldOptions,
} from "./interaction_log.ts";

/** Which rows are wanted. */
export interface GraspLogOptions extends DrawOptions, WorldOptions {}

const cardinalities = {
  task: 40,
  object: 300,
  grasp: 40,
  surface: 12,
  arm: 30,
  light: 8,
  hour: 20,
} as const;

type FieldName = keyof typeof cardinalities;

/** The hidden effects that success depends on. */
export interface GraspWorld {
  /** [cardinality, 4] for each field whose values interact. */
  readonly factors: Readonly<Record<"task" | "object" | "grasp" | "arm", Float64Array>>;
  /** [surfaces, 4]: how much each factor of object and grasp counts on a surface, 0 … 2. */
  readonly gates: Float64Array;
  /** [cardinality] for each field. */
  readonly biases: Readonly<Record<FieldName, Float64Array>>;
}

/** A log with the world that it comes from. */
export interface GraspLog extends InteractionLog {
  readonly world: GraspWorld;
}

const fieldNames = Object.keys(cardinalities) as FieldName[];
const fields: readonly LogField[] = fieldNames.map((name) => ({
  name,
  cardinality: cardinalities[name],
}));

/** A value's probability is proportional to (value + 1)^−0.7. */
const frequencyExponent = 0.7;
const factorSize = 4;
/** So that the product of two values' factors has a deviation of 1. */
const factorDeviation = factorSize ** -0.25;
const biasDeviation = 0.3;
const gateSteepness = 2;
const offset = -0.3;
const scale = 2 / 1.5;
const taskObjectShare = 0.7;
const armGraspShare = 0.5;

/**
 * The rows that `options` describe, with fields task 40, object 300, grasp 40, surface 12, arm 30, light 8,
 * hour 20 (their cardinalities), each drawn on its own with probability ∝ rank^−0.7; values are ranks − 1.
 * One task, `success`:
 *
 *     z = (2/1.5) (Σ_r obj_r grasp_r gate_surface,r + 0.7 task·obj + 0.5 arm·grasp) + Σ_fields bias − 0.3,
 *     y ~ Bernoulli(sigmoid z)
 *
 * Every value of task, object, grasp and arm has a factor of 4 entries N(0, 1)/4^¼, every surface a gate
 * 2 sigmoid(2 N(0, 1)) for each of them, and every value of every field a bias N(0, 0.3²): the world, which
 * depends on `worldSeed` alone. Row i depends on seed, split and i. In use: 120,000 rows to train, 8,000 to
 * choose by, 20,000 to be judged by.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function graspLog(options: GraspLogOptions): GraspLog {
  const { count: rows, seed, split = "train", worldSeed = 0 } = options;
  requireCounts({ count: rows });
  const world = graspWorld(worldSeed);
  const draws = fields.map(({ cardinality }) => rankDraw(cardinality));
  const stream = randomStream(seed, `logs/grasp/${split}`);
  const values = new Int32Array(rows * fields.length);
  const labels = new Uint8Array(rows);
  const probabilities = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const cells = values.subarray(row * fields.length, (row + 1) * fields.length);
    draws.forEach((draw, field) => cells[field] = draw(stream));
    probabilities[row] = sigmoid(logit(world, cells));
    labels[row] = stream.uniform() < probabilities[row] ? 1 : 0;
  }
  return {
    name: `logs, grasps, ${split}`,
    rows,
    fields,
    values,
    sequences: [],
    taskNames: ["success"],
    labels,
    probabilities,
    world,
  };
}

function graspWorld(worldSeed: number): GraspWorld {
  const normals = (name: string, field: FieldName, size: number, deviation: number) =>
    worldNormals(worldSeed, `grasp/${name}/${field}`, cardinalities[field] * size, deviation);
  const factors = (field: FieldName) => normals("factors", field, factorSize, factorDeviation);
  const biases = (field: FieldName) => normals("biases", field, 1, biasDeviation);
  return {
    factors: {
      task: factors("task"),
      object: factors("object"),
      grasp: factors("grasp"),
      arm: factors("arm"),
    },
    gates: normals("gates", "surface", factorSize, gateSteepness).map((z) => 2 * sigmoid(z)),
    biases: {
      task: biases("task"),
      object: biases("object"),
      grasp: biases("grasp"),
      surface: biases("surface"),
      arm: biases("arm"),
      light: biases("light"),
      hour: biases("hour"),
    },
  };
}

/** z of a row's values, in the order of the fields. */
function logit({ factors, gates, biases }: GraspWorld, cells: Int32Array): number {
  const [task, object, grasp, surface, arm] = cells;
  let interaction = 0;
  for (let r = 0; r < factorSize; r++) {
    const obj = factors.object[object * factorSize + r];
    const hold = factors.grasp[grasp * factorSize + r];
    interaction += obj * hold * gates[surface * factorSize + r] +
      taskObjectShare * factors.task[task * factorSize + r] * obj +
      armGraspShare * factors.arm[arm * factorSize + r] * hold;
  }
  const bias = fieldNames.reduce((sum, name, field) => sum + biases[name][cells[field]], 0);
  return scale * interaction + bias + offset;
}

/** Draws 0 … cardinality − 1 with probability ∝ (value + 1)^−0.7, from one uniform number. */
function rankDraw(cardinality: number): (stream: RandomStream) => number {
  const sums = new Float64Array(cardinality);
  let sum = 0;
  for (let rank = 1; rank <= cardinality; rank++) {
    sum += rank ** -frequencyExponent;
    sums[rank - 1] = sum;
  }
  return (stream) => {
    const place = stream.uniform(0, sum);
    let [low, high] = [0, cardinality - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > place) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
