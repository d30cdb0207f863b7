/**
 * Tasks of binary perceptrons with known weights: teachers label random inputs for a student to learn, and
 * consecutive teachers are more or less alike (Li, Huang, Zou & Huang 2023, "Statistical mechanics of
 * continual learning: variational principle and mean-field potential").
 */
import { type RandomStream, randomStream, shuffled } from "../../../sim/random.ts";
import { requireCounts, requirePositive } from "../options.ts";

/** What one teacher teaches. */
export interface TeacherTask {
  /** [inputCount]: W, each +1 or −1. */
  readonly teacher: Int8Array;
  /** Examples, round(load · inputCount). */
  readonly count: number;
  /** [count, inputCount]: x, each +1 or −1. */
  readonly inputs: Int8Array;
  /** [count]: sign(W·x), +1 or −1. */
  readonly labels: Int8Array;
}

/** Tasks one after another. */
export interface TeacherStudentSet {
  readonly name: string;
  readonly inputCount: number;
  readonly tasks: readonly TeacherTask[];
}

/** Which tasks are wanted. */
export interface TeacherStudentOptions {
  /** An integer of at least 0. */
  readonly seed: number;
  /** N */
  readonly inputCount: number;
  /** α of each task: its examples are round(α N). */
  readonly loads: readonly number[];
  /** r0, −1 … 1: W·W′/N of consecutive teachers, to within 1/N; 0 unless given. */
  readonly overlap?: number;
}

/**
 * The tasks that `options` describe. Inputs are independent fair signs. A teacher agrees with the one before
 * in round(N(1 + r0)/2) randomly chosen weights. An input on the boundary, W·x = 0, which there is only for
 * even N, is drawn anew.
 *
 * ```ts
 * import { teacherStudent } from "./teacher_student.ts";
 * teacherStudent({ seed: 0, inputCount: 501, loads: [0.5, 1], overlap: 0.5 });
 * ```
 *
 * @throws {RangeError} when an option has no meaning
 */
export function teacherStudent(options: TeacherStudentOptions): TeacherStudentSet {
  const { seed, inputCount, loads, overlap = 0 } = options;
  requireCounts({ inputCount, "number of loads": loads.length });
  loads.forEach((load, task) => requirePositive({ [`load of task ${task}`]: load }));
  if (!(overlap >= -1 && overlap <= 1)) {
    throw new RangeError(`overlap ${overlap} is not a number from -1 to 1`);
  }
  const tasks: TeacherTask[] = [];
  for (const [task, load] of loads.entries()) {
    const stream = randomStream(seed, `patterns/teacher/${task}`);
    const teacher = task === 0
      ? randomSigns(inputCount, stream)
      : similarTeacher(tasks[task - 1].teacher, overlap, stream);
    const count = Math.round(load * inputCount);
    requireCounts({ [`examples of task ${task}`]: count });
    tasks.push(taught(teacher, count, randomStream(seed, `patterns/teacher inputs/${task}`)));
  }
  return { name: `patterns, teachers of overlap ${overlap}`, inputCount, tasks };
}

function similarTeacher(before: Int8Array, overlap: number, stream: RandomStream): Int8Array {
  const teacher = before.slice();
  const agreeing = Math.round(before.length * (1 + overlap) / 2);
  for (const weight of shuffled(before.length, stream).subarray(agreeing)) teacher[weight] *= -1;
  return teacher;
}

function taught(teacher: Int8Array, count: number, stream: RandomStream): TeacherTask {
  const inputCount = teacher.length;
  const inputs = new Int8Array(count * inputCount);
  const labels = new Int8Array(count);
  for (let example = 0; example < count;) {
    const input = randomSigns(inputCount, stream);
    const field = input.reduce((sum, sign, i) => sum + sign * teacher[i], 0);
    if (field === 0) continue;
    inputs.set(input, example * inputCount);
    labels[example++] = Math.sign(field);
  }
  return { teacher, count, inputs, labels };
}

function randomSigns(length: number, stream: RandomStream): Int8Array {
  return Int8Array.from({ length }, () => stream.uniform() < 0.5 ? 1 : -1);
}
