/**
 * The contract of a member of the library: one published learning method with its baselines and
 * ablations, its configuration, its claim, and its figures.
 *
 * A method never touches files, the network, the clock or global state. One (method, variant, seed,
 * configuration) is therefore one job, and any job can run anywhere, be killed, and go on elsewhere.
 */
import type { z } from "zod";
import type { RandomStream } from "../sim/random.ts";
import type { Axis } from "./axes.ts";
import type { Figure } from "./figure.ts";
import type { Actors } from "./actors.ts";
import type { Table } from "./table.ts";

/** Where a method comes from. */
export interface Paper {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly venue?: string;
  /** Identifier on arXiv, such as "2308.06689". */
  readonly arxiv?: string;
}

/** How large an experiment is. */
export const profileNames = ["smoke", "desk", "full"] as const;

/**
 * - `smoke`: proves the mechanism in seconds; the tests run it.
 * - `desk`: the experiment at a scale that takes minutes on two cores.
 * - `full`: the paper's own setting, on its data and a GPU.
 */
export type ProfileName = (typeof profileNames)[number];

/** One scale of a method's experiment. */
export interface Profile<Config> {
  /** What differs from the configuration's defaults. */
  readonly config: Partial<Config>;
  /** How many seeds are run unless asked otherwise. */
  readonly seeds: number;
  /** The variants that belong to it. */
  readonly variants: readonly string[];
}

/** What some of a method's configurations need to come to something, such as those of one task. */
export interface Recipe<Config> {
  /** The values of the configurations that it is for. */
  readonly when: Partial<Config>;
  /** What differs from the profile, unless asked otherwise. */
  readonly config: Partial<Config>;
}

/** What a job is asked to do. */
export interface Job<Config> {
  readonly variant: string;
  readonly seed: number;
  readonly config: Config;
}

/** Numbers under a name, with their shape. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** All that a job needs to go on exactly where it stood. */
export interface Snapshot {
  /** Steps done. */
  readonly step: number;
  readonly tensors: Readonly<Record<string, SavedTensor>>;
  /** Whatever else, as JSON: histories, best values so far. */
  readonly values?: unknown;
}

/** What a job may use of the world. */
export interface JobContext {
  /** The tensor backend that computes; TensorFlow.js is ready. */
  readonly backend: string;
  /** The random stream called `name` under the job's seed. */
  stream(name: string): RandomStream;
  /**
   * The file called `name` of the data folder that the user has named.
   * @throws {DataError} when no folder was named, or the file is not in it
   */
  file(name: string): Promise<Uint8Array>;
  /** Aborted when the job is to stop at the next event. */
  readonly signal: AbortSignal;
  /** The snapshot to go on from, if the job was interrupted. */
  restore(): Snapshot | undefined;
  /** Keep a snapshot; it may be restored later, here or elsewhere. */
  checkpoint(snapshot: Snapshot): Promise<void>;
  /**
   * Who may do pieces of its work for it, if anybody may. Nothing of the result depends on that, unless the
   * configuration asks for it; the result then says so (`JobResult.reproducible`).
   */
  readonly actors?: Actors;
}

/** What a job says while it runs. */
export interface JobProgress {
  readonly step: number;
  readonly steps: number;
  /** Numbers of the moment by name, such as `loss`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Numbers over a common axis. */
export interface Series {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What a job results in. JSON throughout. */
export interface JobResult {
  /** The numbers that variants are compared by. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Curves by name, such as `validation accuracy` over epochs. */
  readonly series?: Readonly<Record<string, Series>>;
  /** Multiply-adds of the whole job, where the method counts them. */
  readonly multiplyAdds?: number;
  /** False where the numbers depend on who was how fast: done again, the job comes to others. */
  readonly reproducible?: false;
}

/** Results of all variants: for each its seeds in order. */
export type Outcomes = Readonly<
  Record<string, readonly { readonly seed: number; readonly result: JobResult }[]>
>;

/** One part of a claim. */
export interface ClaimPart {
  readonly statement: string;
  /** False also when it cannot be judged. */
  readonly holds: boolean;
  /**
   * By how much it holds (positive) or fails (negative), in units of the effect that it asks for, or of
   * the smallest that matters to it; see `above` in outcomes.ts. NaN when these results cannot judge it.
   */
  readonly margin: number;
}

/** What the paper says, and whether the results show it; as far from failing as its weakest part. */
export interface Claim extends ClaimPart {
  /** Those that cannot be judged are among them. */
  readonly parts: readonly ClaimPart[];
}

/** A member of the library. `Schema` describes its hyper-parameters, each with default and meaning. */
export interface Method<Schema extends z.ZodObject = z.ZodObject> {
  /** Short and stable, such as "reste". */
  readonly id: string;
  /** Two digits: the method's number in the library. */
  readonly card: string;
  readonly family: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly paper: Paper;
  readonly config: Schema;
  readonly profiles: Readonly<Record<ProfileName, Profile<z.output<Schema>>>>;
  /** Of which the first that fits goes into a configuration, but for `smoke`; see recipes.ts. */
  readonly recipes?: readonly Recipe<z.output<Schema>>[];
  /** The method, its baselines and its ablations: what each is, by name. */
  readonly variants: Readonly<Record<string, string>>;
  /** What the variants are combinations of, where they are; see `variantsOf` in axes.ts. */
  readonly axes?: readonly Axis[];
  /** The files of the data folder that its jobs read under a configuration; none unless given. */
  files?(config: z.output<Schema>): readonly string[];
  /** Do one job: says how it goes, and returns its result. */
  train(
    job: Job<z.output<Schema>>,
    context: JobContext,
  ): AsyncGenerator<JobProgress, JobResult>;
  /** What the paper says and whether these results show it; a pure function. */
  claim(outcomes: Outcomes): Claim;
  /** What to draw of these results; a pure function. Figures without anything in them are left out. */
  figures(outcomes: Outcomes): readonly Figure[];
  /**
   * What to say of these results in tables, beside those of every report; a pure function. Tables without
   * rows are left out.
   */
  tables?(outcomes: Outcomes): readonly Table[];
}

/**
 * A method as the library keeps it: the schema's type is its own business from here on. Configurations
 * that reach it have been parsed by its own schema.
 */
export function defineMethod<Schema extends z.ZodObject>(method: Method<Schema>): Method {
  return method as unknown as Method;
}
