/** What a training needs to go on exactly, by name, and what is asked of it when it is restored. */
import type { EnvironmentState } from "../../sim/environments/environment.ts";
import type { SavedTensor } from "../method.ts";

/** Where a training stands. */
export interface TrainingState {
  readonly tensors: Readonly<Record<string, SavedTensor>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** Vectors as tensors, copied, under `prefix`. */
export function savedVectors(
  vectors: Readonly<Record<string, Float64Array | Int32Array>>,
): Record<string, SavedTensor> {
  return Object.fromEntries(
    Object.entries(vectors).map(([name, data]) => [
      name,
      { shape: [data.length], data: data.slice() },
    ]),
  );
}

/** Set each of `vectors` to the tensor of its name. @throws {RangeError} when there is none of its kind */
export function restoreVectors(
  { tensors }: Pick<TrainingState, "tensors">,
  vectors: Readonly<Record<string, Float64Array>>,
): void {
  for (const [name, vector] of Object.entries(vectors)) {
    vector.set(requireTensor(tensors, name, Float64Array, vector.length));
  }
}

/** The states of a training's parts as one; names of different parts differ. */
export function joinedStates(...states: readonly TrainingState[]): TrainingState {
  return {
    tensors: Object.fromEntries(states.flatMap(({ tensors }) => Object.entries(tensors))),
    counts: Object.fromEntries(states.flatMap(({ counts }) => Object.entries(counts))),
  };
}

/** An environment's state as part of a training's. */
export function savedEnvironment({ seed, first, ...arrays }: EnvironmentState): TrainingState {
  return {
    tensors: savedVectors({
      "environment/state": arrays.state,
      "environment/steps": arrays.steps,
      "environment/episodes": arrays.episodes,
    }),
    counts: { "environment/seed": seed, "environment/first": first },
  };
}

/** What `savedEnvironment` was given. @throws {RangeError} when it is not in this state */
export function environmentState(
  { tensors, counts }: TrainingState,
  copies: number,
): EnvironmentState {
  return {
    seed: requireCount(counts, "environment/seed"),
    first: requireCount(counts, "environment/first"),
    state: requireTensor(tensors, "environment/state", Float64Array),
    steps: requireTensor(tensors, "environment/steps", Int32Array, copies),
    episodes: requireTensor(tensors, "environment/episodes", Int32Array, copies),
  };
}

/** The count called `name`. @throws {RangeError} when there is none */
export function requireCount(counts: TrainingState["counts"], name: string): number {
  if (Object.hasOwn(counts, name)) return counts[name];
  throw new RangeError(`the state of a training has no count "${name}"`);
}

/**
 * The numbers of the tensor called `name`.
 * @throws {RangeError} when they are not of this kind, or not so many
 */
export function requireTensor<A extends Float64Array | Float32Array | Int32Array | Uint8Array>(
  tensors: TrainingState["tensors"],
  name: string,
  kind: { new (length: number): A },
  length?: number,
): A {
  const data = Object.hasOwn(tensors, name) ? tensors[name].data : undefined;
  if (data instanceof kind && (length === undefined || data.length === length)) return data;
  const found = data === undefined
    ? "nothing"
    : `${data.length} numbers of ${data[Symbol.toStringTag]}`;
  const expected = length === undefined ? "numbers" : `${length} numbers`;
  throw new RangeError(
    `the state of a training has ${found} as "${name}"; expected ${expected} of ${kind.name}`,
  );
}
