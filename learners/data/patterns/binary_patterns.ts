/**
 * Diluted binary patterns and noisy examples of them, for associative memories (Agliari et al. 2023,
 * "Parallel Learning by Multitasking Neural Networks").
 */
import { type RandomStream, randomStream, shuffled } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts, requireShares } from "../options.ts";

/** Patterns over neurons. */
export interface BinaryPatterns {
  readonly name: string;
  readonly patterns: number;
  readonly neurons: number;
  /** [patterns, neurons]: ξ, each +1, −1, or 0 where the pattern is blank. */
  readonly values: Int8Array;
}

/** Which patterns are wanted. */
export interface PatternOptions {
  /** An integer of at least 0. */
  readonly seed: number;
  /** N */
  readonly neurons: number;
  /** K */
  readonly patterns: number;
  /** d, the probability of a blank, 0 … 1; 0 unless given. */
  readonly dilution?: number;
  /**
   * Whether each of the 3^K columns (what one neuron has in all patterns) occurs as often as its
   * probability says, instead of at random: without the spread of finite samples. False unless given.
   */
  readonly stratified?: boolean;
}

/** The number of columns, 3^K, stays in the millions. */
const mostStratified = 14;

/**
 * Patterns of independent entries: +1 and −1 with probability (1 − d)/2 each, 0 with probability d.
 *
 * Stratified, neurons are dealt to the columns by largest remainders, the neurons' order being random: every
 * column has N·p neurons, rounded down or up.
 *
 * ```ts
 * import { dilutedPatterns } from "./binary_patterns.ts";
 * dilutedPatterns({ seed: 0, neurons: 2700, patterns: 3, dilution: 0.5, stratified: true });
 * ```
 *
 * @throws {RangeError} when an option has no meaning, or there are too many patterns to stratify
 */
export function dilutedPatterns(options: PatternOptions): BinaryPatterns {
  const { seed, neurons, patterns, dilution = 0, stratified = false } = options;
  requireCounts({ neurons, patterns });
  requireShares({ dilution });
  const stream = randomStream(seed, "patterns/diluted");
  const values = stratified
    ? stratifiedValues(neurons, patterns, dilution, stream)
    : Int8Array.from({ length: patterns * neurons }, () => entry(dilution, stream));
  return { name: `patterns, diluted ${dilution}`, patterns, neurons, values };
}

function entry(dilution: number, stream: RandomStream): number {
  const place = stream.uniform();
  if (place < dilution) return 0;
  return place < (1 + dilution) / 2 ? 1 : -1;
}

function stratifiedValues(
  neurons: number,
  patterns: number,
  dilution: number,
  stream: RandomStream,
): Int8Array {
  if (patterns > mostStratified) {
    throw new RangeError(
      `${patterns} stratified patterns have 3^${patterns} columns; at most ${mostStratified} can be had`,
    );
  }
  // A column as a number whose digits in base 3 are its entries + 1.
  const columnEntry = (column: number, pattern: number) =>
    Math.floor(column / 3 ** pattern) % 3 - 1;
  const shares = Float64Array.from({ length: 3 ** patterns }, (_, column) => {
    let share = 1;
    for (let pattern = 0; pattern < patterns; pattern++) {
      share *= columnEntry(column, pattern) === 0 ? dilution : (1 - dilution) / 2;
    }
    return share;
  });
  const values = new Int8Array(patterns * neurons);
  const order = shuffled(neurons, stream);
  let dealt = 0;
  largestRemainders(shares, neurons).forEach((count, column) => {
    for (let i = 0; i < count; i++, dealt++) {
      for (let pattern = 0; pattern < patterns; pattern++) {
        values[pattern * neurons + order[dealt]] = columnEntry(column, pattern);
      }
    }
  });
  return values;
}

/** Whole numbers that sum to `total` and are shares · total, rounded down or up (Hamilton's method). */
function largestRemainders(shares: Float64Array, total: number): Int32Array {
  // A product such as 2700/64 · 64 may fall short of a whole number by rounding.
  const exact = shares.map((share) => share * total + 1e-9);
  const counts = Int32Array.from(exact, Math.floor);
  const left = total - counts.reduce((sum, count) => sum + count, 0);
  Array.from(exact.keys())
    .sort((a, b) => (exact[b] - counts[b]) - (exact[a] - counts[a]) || a - b)
    .slice(0, left)
    .forEach((column) => counts[column]++);
  return counts;
}

/** Noisy examples of patterns. */
export interface PatternExamples {
  readonly name: string;
  readonly patterns: number;
  /** Examples of each pattern. */
  readonly examples: number;
  readonly neurons: number;
  /** [patterns, examples, neurons]: η, blank where the pattern is. */
  readonly values: Int8Array;
}

/** Which examples are wanted. `count` is their number for each pattern, M. */
export interface ExampleOptions extends DrawOptions {
  /** r, 0 … 1: an entry keeps its sign with probability (1 + r)/2. */
  readonly quality: number;
}

/**
 * Examples η_i^{μ,a} = ξ_i^μ χ_i^{μ,a}, χ = +1 with probability (1 + r)/2 and −1 otherwise, independent.
 * Blanks stay blank. Example a of pattern μ depends on the patterns, seed, split, a and μ alone.
 *
 * Examples of one pattern are at the same time correlated patterns: any two agree as E[η η′] = r² says.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function noisyExamples(set: BinaryPatterns, options: ExampleOptions): PatternExamples {
  const { patterns, neurons } = set;
  const { count: examples, seed, split = "train", quality } = options;
  requireCounts({ count: examples });
  requireShares({ quality });
  const values = new Int8Array(patterns * examples * neurons);
  for (let example = 0; example < patterns * examples; example++) {
    const pattern = Math.floor(example / examples);
    const stream = randomStream(
      seed,
      `patterns/examples/${split}/${pattern}/${example % examples}`,
    );
    for (let i = 0; i < neurons; i++) {
      const sign = stream.uniform() < (1 + quality) / 2 ? 1 : -1;
      values[example * neurons + i] = sign * set.values[pattern * neurons + i];
    }
  }
  return {
    name: `${set.name}, examples of quality ${quality}`,
    patterns,
    examples,
    neurons,
    values,
  };
}
