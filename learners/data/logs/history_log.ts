/**
 * A log of grasps with their history: what was recently lifted, dropped and scraped tells how the next object
 * will fare, and two tasks read the same history against each other, for models with several tasks and kinds
 * of behaviour (Liu et al. 2023, "Deep Task-specific Bottom Representation Network for Multi-Task
 * Recommendation").
 */
import { randomStream, shuffled } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts } from "../options.ts";
import {
  type InteractionLog,
  type LogField,
  sigmoid,
  worldNormals,
  type WorldOptions,
} from "./interaction_log.ts";

/** Which rows are wanted. */
export interface HistoryLogOptions extends DrawOptions, WorldOptions {}

/** A log whose objects have two kinds of classes. */
export interface HistoryLog extends InteractionLog {
  /** [objects]: the shape class of each object. */
  readonly shapes: Int32Array;
  /** [objects]: the surface class of each object. */
  readonly surfaces: Int32Array;
}

const objects = 60;
/** Of shapes, and of surfaces. */
const classes = 6;
const fields: readonly LogField[] = [
  { name: "object", cardinality: objects },
  { name: "context 1", cardinality: 6 },
  { name: "context 2", cardinality: 8 },
  { name: "context 3", cardinality: 10 },
  { name: "context 4", cardinality: 5 },
];
const behaviours = ["lifted", "dropped", "scraped"] as const;
const sequenceLength = 5;
const contextDeviation = 0.3;
const objectDeviation = 0.4;
/** How strongly a match in the history speaks for or against. */
const evidence = 1.2;
const conflict = 0.9;
const gentlenessOffset = 0.5;

/**
 * The rows that `options` describe. Fields: the object, 60 values, and four contexts of 6, 8, 10 and 5; three
 * sequences of 5 objects. All are uniform and independent. Of the objects 10 have each of 6 shapes, and 10
 * each of 6 surfaces. With ms_b and mu_b the number of objects in sequence b that share the object's shape
 * and surface:
 *
 *     success:     z_1 = 1.2 ms_lifted − 1.2 ms_dropped + i_1 + c
 *     gentleness:  z_2 = 1.2 mu_lifted − 1.2 mu_scraped − 0.9 ms_lifted − c + i_2 + 0.5
 *
 * and labels are Bernoulli(sigmoid z). c is the sum of the contexts' effects, N(0, 0.3²) a value, i_t the
 * object's effect on task t, N(0, 0.4²). Classes and effects are the world, which depends on `worldSeed`
 * alone. Row i depends on seed, split and i. In use: 16,000 rows to train, 5,000 to choose by, 10,000 to be
 * judged by.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function historyLog(options: HistoryLogOptions): HistoryLog {
  const { count: rows, seed, split = "train", worldSeed = 0 } = options;
  requireCounts({ count: rows });
  const world = historyWorld(worldSeed);
  const stream = randomStream(seed, `logs/history/${split}`);
  const values = new Int32Array(rows * fields.length);
  const histories = behaviours.map(() => new Int32Array(rows * sequenceLength));
  const labels = new Uint8Array(2 * rows);
  const probabilities = new Float64Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    const cells = values.subarray(row * fields.length, (row + 1) * fields.length);
    fields.forEach(({ cardinality }, field) => cells[field] = stream.integer(cardinality));
    const past = histories.map((history) => {
      const steps = history.subarray(row * sequenceLength, (row + 1) * sequenceLength);
      for (let step = 0; step < sequenceLength; step++) steps[step] = stream.integer(objects);
      return steps;
    });
    world.logits(cells, past).forEach((z, task) => {
      const chance = sigmoid(z);
      probabilities[2 * row + task] = chance;
      labels[2 * row + task] = stream.uniform() < chance ? 1 : 0;
    });
  }
  return {
    name: `logs, grasps with history, ${split}`,
    rows,
    fields,
    values,
    sequences: behaviours.map((name, b) => ({
      name,
      field: "object",
      length: sequenceLength,
      values: histories[b],
    })),
    taskNames: ["success", "gentleness"],
    labels,
    probabilities,
    shapes: world.shapes,
    surfaces: world.surfaces,
  };
}

function historyWorld(worldSeed: number) {
  const classesOf = (name: string) =>
    shuffled(objects, randomStream(worldSeed, `logs/world/history/${name}`))
      .map((place) => place % classes);
  const [shapes, surfaces] = [classesOf("shapes"), classesOf("surfaces")];
  const contextEffects = fields.slice(1).map(({ name, cardinality }) =>
    worldNormals(worldSeed, `history/${name}`, cardinality, contextDeviation)
  );
  const objectEffects = ["success", "gentleness"].map((task) =>
    worldNormals(worldSeed, `history/object/${task}`, objects, objectDeviation)
  );
  /** z_1 and z_2 of a row's fields, and what was lifted, dropped and scraped before. */
  const logits = (
    [object, ...contexts]: Int32Array,
    [lifted, dropped, scraped]: readonly Int32Array[],
  ) => {
    const matches = (kinds: Int32Array, past: Int32Array) =>
      past.reduce((count, other) => count + (kinds[other] === kinds[object] ? 1 : 0), 0);
    const context = contexts.reduce((sum, value, i) => sum + contextEffects[i][value], 0);
    const liftedShapes = matches(shapes, lifted);
    const success = evidence * (liftedShapes - matches(shapes, dropped)) +
      objectEffects[0][object] + context;
    const gentleness = evidence * (matches(surfaces, lifted) - matches(surfaces, scraped)) -
      conflict * liftedShapes - context + objectEffects[1][object] + gentlenessOffset;
    return [success, gentleness];
  };
  return { shapes, surfaces, logits };
}
