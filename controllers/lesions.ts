/** Cuts that can be applied to a trained two-stream network at test time (Rinaldo et al. 2024, code). */

/** What is cut; numbers are streams, 0 left (or whole), 1 right. */
export interface Lesion {
  /** Streams whose observation is multiplied by 0; their biases and the callosum still act. */
  readonly input: readonly number[];
  /** Streams whose last hidden output is multiplied by 0 before the merge. */
  readonly output: readonly number[];
  /** Whether the callosum carries nothing. */
  readonly callosum: boolean;
}

/** Nothing is cut. */
export const intact: Lesion = { input: [], output: [], callosum: false };

/** Every lesion by name. */
export const lesions = {
  none: intact,
  "low-left": { ...intact, output: [0] },
  "low-right": { ...intact, output: [1] },
  "high-left": { ...intact, input: [0] },
  "high-right": { ...intact, input: [1] },
  "cc": { ...intact, callosum: true },
  "cc-left": { ...intact, input: [0], callosum: true },
  "cc-right": { ...intact, input: [1], callosum: true },
} as const satisfies Record<string, Lesion>;

export type LesionName = keyof typeof lesions;

export const lesionNames = Object.keys(lesions) as LesionName[];
