/**
 * The only definition of the documents that the server of a laboratory's pages has for them over http:
 * what is larger than a message, or is asked for once. JSON; what a person downloads has a form of its own.
 *
 * | address | what |
 * | --- | --- |
 * | `/documents/library` | `libraryDocument`: every method, and what its newest run has come to |
 * | `/documents/runs` | `runsDocument`: every run, the newest first |
 * | `/documents/runs/<run>` | `runDocument`: all that is known of a run, partial while it goes on |
 * | `/documents/runs/<run>/curves?metric=<metric>` | `curvesDocument`: how its jobs went |
 * | `/documents/compare?runs=<run>,<run>…&metric=<metric>` | `comparisonDocument` |
 * | `/documents/runs/<run>/figures/<n>.svg?theme=<dark or light>` | a figure, n from 1 |
 * | `/documents/runs/<run>/figures/<n>.csv`, `…/tables/<n>.csv` | what it shows |
 * | `/documents/runs/<run>/jobs.csv`, `…/curves.csv` | every number of every job |
 * | `/documents/runs/<run>/checkpoints/<job>` | a job's newest checkpoint, safetensors |
 * | `/documents/runs/<run>/log.txt` | what has happened |
 * | `/documents/runs/<run>/report.md` | the report, to be read, of a run of the library |
 *
 * `document_paths.ts` makes the addresses, `document_addresses.ts` reads them. SI units. JSON has no NaN and
 * no infinities: they are null in a document, and NaN again in what its schema makes of it. Texts are texts:
 * names of runs, logs and messages are from anywhere, and are never to be read as markup.
 */
import { z } from "zod";
import { evaluation, jobIdentifier, laboratoryLimits, runIdentifier } from "./protocol.ts";
import { jobStateNames } from "./jobs/records.ts";

/** How much there is in a document at the most: lists that are cut say how many there are. */
export const documentLimits = {
  runs: 500,
  /** Jobs of a run, and lines of its log, that its document lists. */
  jobs: 500,
  logLines: 200,
  /** Characters of a figure's data as JSON; of a larger one there is the picture alone. */
  figure: 400_000,
  figures: 100,
  tables: 100,
  /** Rows of a table; the CSV has all of them. */
  rows: 1000,
  /** Curves in a document, and the points of each. */
  curves: 200,
  points: laboratoryLimits.points,
  /** Runs that are compared with one another. */
  compared: 12,
  /** Characters of a name in an address. */
  name: 200,
} as const;

const count = z.int().min(0);
/** Null where it cannot be told, NaN once it is read. */
const measured = z.number().nullable().transform((value) => value ?? NaN);
/** From the lower end to the upper one. */
const interval = z.tuple([measured, measured]);

// What a method says, and what its results say of it.

const paper = z.object({
  title: z.string(),
  authors: z.string(),
  year: z.int(),
  venue: z.string().optional(),
  /** Such as "2308.06689". */
  arxiv: z.string().optional(),
});

/** A part of a claim; see learners/method.ts. */
const claimPart = z.object({
  statement: z.string(),
  /** False also when it cannot be judged. */
  holds: z.boolean(),
  /** How far it is from failing, in units of the effect that it asks for; NaN when it cannot be judged. */
  margin: measured,
});

const claim = claimPart.extend({ parts: z.array(claimPart) });

/** A metric over the seeds of a variant. */
const metricSummary = z.object({
  mean: measured,
  /** Of the sample, n − 1 in the denominator; 0 of a single seed. */
  std: measured,
  /** One for each seed that reports it, in the order of the seeds. */
  values: z.array(measured),
  /** 95 % confidence interval of the mean, Student's t over the seeds; null of a single seed. */
  interval: interval.nullable(),
});

const variantSummary = z.object({
  description: z.string(),
  seeds: z.array(count),
  /** In the method's own order: the first is what it is judged by at a glance. */
  metrics: z.record(z.string(), metricSummary),
  /** Of one job, mean over the seeds. */
  cost: z.object({
    seconds: measured,
    /** The most memory that tensors held, bytes; 0 where nobody has looked. */
    tensorBytes: measured,
    /** Null where the method does not count them. */
    multiplyAdds: measured.nullable(),
  }),
});

const failedJob = z.object({ variant: z.string(), seed: count, message: z.string() });

export const profileNames = ["smoke", "desk", "full"] as const;

/** A value of a configuration as JSON Schema, of which only this is used. */
export interface ParameterSchema {
  readonly type?: "boolean" | "integer" | "number" | "string" | "array" | "object" | "null";
  /** What it means, with its unit. */
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ParameterSchema[];
  /** Of an array: each of its items, or with `prefixItems` those after them. */
  readonly items?: ParameterSchema | boolean;
  readonly prefixItems?: readonly ParameterSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, ParameterSchema>>;
  readonly required?: readonly string[];
}

const parameterSchema: z.ZodType<ParameterSchema> = z.looseObject({
  type: z.enum(["boolean", "integer", "number", "string", "array", "object", "null"]).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  get anyOf() {
    return z.array(parameterSchema).optional();
  },
  get items() {
    return z.union([parameterSchema, z.boolean()]).optional();
  },
  get prefixItems() {
    return z.array(parameterSchema).optional();
  },
  minItems: count.optional(),
  maxItems: count.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  minLength: count.optional(),
  maxLength: count.optional(),
  pattern: z.string().optional(),
  get properties() {
    return z.record(z.string(), parameterSchema).optional();
  },
  required: z.array(z.string()).optional(),
});

const profile = z.object({
  /** What differs from the configuration's defaults. */
  config: z.record(z.string(), z.unknown()),
  /** How many seeds are run unless asked otherwise. */
  seeds: z.int().min(1),
  variants: z.array(z.string()),
});

/** The newest finished run of a method: all its jobs are at their end, and one at least has a result. */
const lastRun = z.object({
  run: runIdentifier,
  profile: z.enum(profileNames),
  backend: z.string(),
  device: z.string(),
  /** When it was begun or submitted, ISO 8601; empty where nobody knows. */
  began: z.string(),
  /** What its jobs took together, s. */
  seconds: measured,
  seeds: z.array(count),
  claim,
  /** Variants of the profile without results: the claim was judged without them. */
  missing: z.array(z.string()),
  failures: z.array(failedJob),
  /** By their names, those of the method's baselines and ablations among them. */
  variants: z.record(z.string(), variantSummary),
});

/** A method of the library. */
export const methodDocument = z.object({
  id: z.string(),
  /** Two digits. */
  card: z.string(),
  family: z.string(),
  /** What it does, in one line. */
  summary: z.string(),
  paper,
  /** The paper in one line. */
  citation: z.string(),
  /** What is to be shown, its parts one by one: not judged here, `last` has what came of it. */
  claim: z.object({ statement: z.string(), parts: z.array(z.string()) }),
  /** What each variant is, by its name. */
  variants: z.record(z.string(), z.string()),
  /** What variants are combinations of, where they are; a name is the values, joined by "-". */
  axes: z.array(z.object({
    name: z.string(),
    meaning: z.string(),
    values: z.record(z.string(), z.string()),
  })),
  profiles: z.record(z.enum(profileNames), profile),
  /** The hyper-parameters: an object's schema. */
  parameters: parameterSchema,
  /** Null: not run yet, as far as is known here. */
  last: lastRun.nullable(),
});

/** `/documents/library` */
export const libraryDocument = z.object({
  type: z.literal("library"),
  /** In the library's order; families come together. */
  methods: z.array(methodDocument),
});

// Figures and tables as data; learners/figure.ts and learners/table.ts say what they mean.

const numbers = z.array(measured);

const trace = z.object({
  name: z.string(),
  x: numbers,
  y: numbers,
  /** Half-width of a band about y. */
  spread: numbers.optional(),
  /** The ends of a band. */
  interval: z.array(interval).optional(),
});

const axes = {
  xLabel: z.string(),
  yLabel: z.string(),
  yLogarithmic: z.boolean().optional(),
};
const plane = {
  ...axes,
  xLogarithmic: z.boolean().optional(),
  /** Whether a unit is equally long on both axes. */
  equalScales: z.boolean().optional(),
};

const contents = [
  z.object({
    kind: z.literal("line"),
    traces: z.array(trace),
    /** Points on top of the lines. */
    marks: z.array(trace).optional(),
    ...plane,
  }),
  z.object({ kind: z.literal("scatter"), traces: z.array(trace), ...plane }),
  z.object({
    kind: z.literal("bars"),
    names: z.array(z.string()),
    values: numbers,
    spread: numbers.optional(),
    ...axes,
  }),
  z.object({
    kind: z.literal("grouped-bars"),
    groups: z.array(z.string()),
    series: z.array(z.string()),
    /** [group][series] */
    values: z.array(numbers),
    /** [group][series]; null where there is none. */
    intervals: z.array(
      z.array(interval.nullable().optional().transform((ends) => ends ?? undefined)),
    ).optional(),
    /** [group][series][…] */
    points: z.array(z.array(numbers)).optional(),
    ...axes,
  }),
  z.object({
    kind: z.literal("histogram"),
    values: numbers,
    bins: z.int().min(1),
    ...axes,
    xLogarithmic: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal("heat-map"),
    /** [row][column] */
    values: z.array(numbers),
    rows: z.array(z.string()),
    columns: z.array(z.string()),
    xLabel: z.string(),
    yLabel: z.string(),
  }),
  z.object({
    kind: z.literal("image-grid"),
    /** Pixels 0 … 1, each image [height][width][channel] flat. */
    images: z.array(numbers),
    height: z.int(),
    width: z.int(),
    channels: z.union([z.literal(1), z.literal(3)]),
    labels: z.array(z.string()).optional(),
    columns: z.int(),
  }),
  z.object({
    kind: z.literal("graph"),
    positions: z.array(z.tuple([measured, measured])),
    edges: z.array(z.tuple([count, count])),
    colours: numbers,
    sizes: numbers.optional(),
  }),
] as const;

const panel = z.intersection(
  z.object({ title: z.string() }),
  z.discriminatedUnion("kind", contents),
);

/** A figure, or several to be compared. */
const figure = z.intersection(
  z.object({ title: z.string(), caption: z.string() }),
  z.discriminatedUnion("kind", [
    ...contents,
    z.object({
      kind: z.literal("panels"),
      panels: z.array(panel),
      /** Panels in a row. */
      columns: z.int(),
      /** The axes on which all panels have one range. */
      common: z.enum(["x", "y", "both"]).optional(),
    }),
  ]),
);

const shownFigure = z.object({
  /** In the addresses of its picture and its data, from 1. */
  number: z.int().min(1),
  title: z.string(),
  /** One sentence: what one should see. */
  caption: z.string(),
  kind: z.string(),
  /** Null of a figure that is too large: its picture shows it. */
  data: figure.nullable(),
});

const cell = z.union([
  z.string(),
  z.object({ p: measured }),
  z.object({
    value: measured,
    interval: interval.optional(),
    deviation: measured.optional(),
  }),
  measured,
]);

const shownTable = z.object({
  /** In the address of its CSV, from 1. */
  number: z.int().min(1),
  title: z.string(),
  /** What one should read in it. */
  caption: z.string(),
  columns: z.array(z.object({
    label: z.string(),
    unit: z.string().optional(),
    /** Digits after the point; unless given, each number has four that count. */
    decimals: count.optional(),
  })),
  /** How many rows there are; those that are too many are in the CSV alone. */
  total: count,
  /** [row][column] */
  rows: z.array(z.array(cell)).max(documentLimits.rows),
});

// Runs.

/**
 * How a run stands: as the least settled of its jobs. "unknown" where jobs are lost, not yet there, or in the
 * hands of a process that this one knows nothing of; "stopped" where they wait to be resumed.
 */
export const runStates = [
  "running",
  "queued",
  "paused",
  "stopped",
  "unknown",
  "failed",
  "cancelled",
  "finished",
] as const;

const runHead = {
  run: runIdentifier,
  title: z.string(),
  /** Where it is known from: the laboratory's ledger, or a folder of this machine. */
  source: z.enum(["ledger", "folder"]),
  state: z.enum(runStates),
  /** When it was submitted, or begun, ISO 8601; empty where nobody knows. */
  began: z.string(),
  /** When its last job ended; absent before that, and where nobody knows. */
  ended: z.string().optional(),
};

const runEntry = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("library"),
    ...runHead,
    method: z.string(),
    profile: z.enum(profileNames),
  }),
  z.object({
    kind: z.literal("sim"),
    ...runHead,
    task: z.string(),
    controller: z.string(),
    seed: count,
  }),
]);

/** `/documents/runs` */
export const runsDocument = z.object({
  type: z.literal("runs"),
  total: count,
  /** The newest first. */
  list: z.array(runEntry).max(documentLimits.runs),
});

const job = z.object({
  /** In the addresses of the run's documents; unique within it. */
  name: z.string(),
  /** In the ledger, and in the orders of a page; absent of a run that only a folder knows. */
  id: jobIdentifier.optional(),
  /** Empty where the run has no variants. */
  variant: z.string(),
  seed: count,
  /** As the run's states. */
  state: z.enum([...jobStateNames, "unknown", "stopped"]),
  step: count,
  /** 0 where nobody knows. */
  steps: count,
  /** Who is at it, or has finished it; absent where it is no worker. */
  worker: z.string().optional(),
  /** What has computed it. */
  device: z.string().optional(),
  /** Attempts that have ended without a result. */
  attempts: count,
  /** Why it has no result. */
  message: z.string().optional(),
  /** What it has come to; absent before its end. */
  metrics: z.record(z.string(), measured).optional(),
  seconds: measured.optional(),
  /** Of its newest checkpoint; absent where there is none to be had. */
  checkpoint: z.object({ step: count }).optional(),
});

const runBody = {
  /** Everything needed to repeat it. */
  configuration: z.record(z.string(), z.unknown()),
  /** The version of the program's numbers. */
  code: z.string(),
  backend: z.string(),
  device: z.string(),
  /** What its jobs have taken so far, s. */
  seconds: measured,
  jobs: z.object({
    total: count,
    /** Those with results. */
    finished: count,
    list: z.array(job).max(documentLimits.jobs),
  }),
  /** What its jobs measure while they run: what curves there are. */
  metrics: z.array(z.string()),
  /** The last lines of what has happened; the log's own address has all. */
  log: z.object({
    total: count,
    lines: z.array(z.string()).max(documentLimits.logLines),
  }),
};

/** What the results of a method's run say, so far. */
const libraryResults = z.object({
  /** As far as results are there: it may change while the run goes on. */
  claim,
  missing: z.array(z.string()),
  failures: z.array(failedJob),
  variants: z.record(z.string(), variantSummary),
  tables: z.object({ total: count, list: z.array(shownTable).max(documentLimits.tables) }),
  figures: z.object({ total: count, list: z.array(shownFigure).max(documentLimits.figures) }),
});

/** `/documents/runs/<run>` */
export const runDocument = z.discriminatedUnion("kind", [
  z.object({
    type: z.literal("run"),
    kind: z.literal("library"),
    ...runHead,
    ...runBody,
    method: z.string(),
    profile: z.enum(profileNames),
    summary: z.string(),
    paper,
    citation: z.string(),
    /** Null while no job has a result, and where there is a problem with the results. */
    results: libraryResults.nullable(),
    /** Why nothing can be said of results that are there. */
    problem: z.string().optional(),
  }),
  z.object({
    type: z.literal("run"),
    kind: z.literal("sim"),
    ...runHead,
    ...runBody,
    task: z.string(),
    controller: z.string(),
    /** Where trials are shown and the headline error is measured. */
    engine: z.string(),
    seed: count,
    /** Held-out trials: before, during and after the training, in each engine. */
    evaluations: z.array(evaluation),
    /**
     * The report of a finished run: `before` and `after` are measures in its own engine by name, `engines`
     * has them for each engine, `transfer` says by how much they differ between engines.
     */
    results: z.object({
      trials: count,
      before: z.record(z.string(), measured),
      after: z.record(z.string(), measured),
      engines: z.record(
        z.string(),
        z.object({
          before: z.record(z.string(), measured),
          after: z.record(z.string(), measured),
        }),
      ),
      transfer: z.record(z.string(), measured),
    }).nullable(),
  }),
]);

/** `/documents/runs/<run>/curves?metric=<metric>`; the run's first metric unless one is named. */
export const curvesDocument = z.object({
  type: z.literal("curves"),
  run: runIdentifier,
  /** Those there are. */
  metrics: z.array(z.string()),
  /** That of the curves; empty where the run has none, or none of that name. */
  metric: z.string(),
  total: count,
  /** One a job that has it, in the jobs' order, thinned evenly to so many points. */
  list: z.array(z.object({
    job: z.string(),
    variant: z.string(),
    seed: count,
    /** Steps, growing. */
    x: numbers.max(documentLimits.points),
    y: numbers.max(documentLimits.points),
  })).max(documentLimits.curves),
});

/** A variant of a run. */
const comparedGroup = z.object({
  run: runIdentifier,
  variant: z.string(),
  seeds: z.array(count),
  /** Of each seed, in their order. */
  values: numbers,
  mean: measured,
  /** 95 %, of the mean, Student's t over the seeds; null of a single seed. */
  interval: interval.nullable(),
  /**
   * How much larger it is than the reference; null of the reference itself, and where nothing can be told.
   */
  difference: z.object({
    value: measured,
    /** 95 % bootstrap interval; null where there are too few seeds. */
    interval: interval.nullable(),
    /** "paired": over the seeds that both have, and how many. "independent": of the means of both. */
    by: z.enum(["paired", "independent"]),
    pairs: count,
    /** Hedges' g: the difference in standard deviations, corrected for few seeds; NaN where there are none. */
    effect: measured,
  }).nullable(),
});

/**
 * `/documents/compare?runs=<run>,<run>…&metric=<metric>&reference=<run>:<variant>`: a metric of the jobs'
 * results over all variants of several runs; the first metric and the first variant unless they are named.
 * The measures of the runs themselves, for a matrix of all metrics, are in each run's `results.variants`.
 */
export const comparisonDocument = z.object({
  type: z.literal("comparison"),
  runs: z.array(runIdentifier).max(documentLimits.compared),
  /** Those that any of the runs has. */
  metrics: z.array(z.string()),
  /** Empty where there is none. */
  metric: z.string(),
  /** What the others are compared with; null where there is nothing to compare. */
  reference: z.object({ run: runIdentifier, variant: z.string() }).nullable(),
  groups: z.array(comparedGroup),
});

/** What nobody changes, to its innermost part. */
export type Immutable<Value> = Value extends object
  ? { readonly [Key in keyof Value]: Immutable<Value[Key]> }
  : Value;

export type MethodDocument = Immutable<z.output<typeof methodDocument>>;
export type LibraryDocument = Immutable<z.output<typeof libraryDocument>>;
export type LastRun = NonNullable<MethodDocument["last"]>;
export type RunEntry = Immutable<z.output<typeof runEntry>>;
export type RunsDocument = Immutable<z.output<typeof runsDocument>>;
export type RunDocument = Immutable<z.output<typeof runDocument>>;
export type LibraryRunDocument = Extract<RunDocument, { kind: "library" }>;
export type SimRunDocument = Extract<RunDocument, { kind: "sim" }>;
export type RunState = RunEntry["state"];
export type JobDocument = RunDocument["jobs"]["list"][number];
export type ClaimDocument = Immutable<z.output<typeof claim>>;
export type VariantDocument = Immutable<z.output<typeof variantSummary>>;
export type ShownFigure = Immutable<z.output<typeof shownFigure>>;
export type FigureDocument = Immutable<z.output<typeof figure>>;
export type ShownTable = Immutable<z.output<typeof shownTable>>;
export type CurvesDocument = Immutable<z.output<typeof curvesDocument>>;
export type ComparisonDocument = Immutable<z.output<typeof comparisonDocument>>;
