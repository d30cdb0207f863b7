/**
 * The addresses of the documents that documents.ts lists, as they are read; `document_paths.ts` makes them.
 * What is read is a request of one of a few kinds whose names are valid, or nothing: no path is left to
 * escape from.
 */
import { z } from "zod";
import { documentLimits } from "./documents.ts";
import {
  type ComparisonReference,
  documentsPath,
  type FigureTheme,
  figureThemes,
} from "./document_paths.ts";
import { runIdentifier } from "./protocol.ts";

/** What somebody asks for. */
export type DocumentRequest =
  | { readonly kind: "library" }
  | { readonly kind: "runs" }
  | { readonly kind: "run"; readonly run: string }
  /** The run's first metric unless one is named. */
  | { readonly kind: "curves"; readonly run: string; readonly metric?: string }
  | {
    readonly kind: "comparison";
    readonly runs: readonly string[];
    readonly metric?: string;
    readonly reference?: ComparisonReference;
  }
  | {
    readonly kind: "figure picture";
    readonly run: string;
    /** From 1. */
    readonly number: number;
    readonly theme: FigureTheme;
  }
  | { readonly kind: "figure data"; readonly run: string; readonly number: number }
  | { readonly kind: "table data"; readonly run: string; readonly number: number }
  | { readonly kind: "job data"; readonly run: string }
  | { readonly kind: "curve data"; readonly run: string }
  | { readonly kind: "checkpoint"; readonly run: string; readonly job: string }
  | { readonly kind: "log"; readonly run: string }
  | { readonly kind: "report"; readonly run: string };

/**
 * What `path` and `query` ask for; undefined when that is no address of a document.
 *
 * @param path with its percent-encoding, as a request has it
 */
export function readDocumentAddress(
  path: string,
  query: URLSearchParams,
): DocumentRequest | undefined {
  const parts = pathParts(path);
  if (!parts) return undefined;
  const [first, run, ...rest] = parts;
  if (parts.length === 1) return collection(first, query);
  if (first !== "runs" || !runIdentifier.safeParse(run).success) return undefined;
  if (rest.length === 0) return { kind: "run", run };
  return rest.length === 1 ? wholeOfRun(run, rest[0], query) : partOfRun(run, rest, query);
}

/** The parts of a path below that of the documents, decoded. */
function pathParts(path: string): string[] | undefined {
  if (!path.startsWith(documentsPath)) return undefined;
  try {
    return path.slice(documentsPath.length).split("/").map(decodeURIComponent);
  } catch (error) {
    // A stranger's percent signs: no address of ours.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const name = z.string().max(documentLimits.name);

/** A parameter; undefined where it is absent or too long to be one. */
const parameter = (query: URLSearchParams, key: string) => name.safeParse(query.get(key)).data;

function collection(first: string, query: URLSearchParams): DocumentRequest | undefined {
  if (first === "library" || first === "runs") return { kind: first };
  return first === "compare" ? comparison(query) : undefined;
}

const comparedRuns = z.array(runIdentifier).min(1).max(documentLimits.compared);

function comparison(query: URLSearchParams): DocumentRequest | undefined {
  const runs = comparedRuns.safeParse(query.get("runs")?.split(",")).data;
  if (!runs) return undefined;
  const metric = parameter(query, "metric");
  const reference = comparisonReference(parameter(query, "reference"));
  return {
    kind: "comparison",
    runs: [...new Set(runs)],
    ...metric !== undefined && { metric },
    ...reference && { reference },
  };
}

function comparisonReference(text: string | undefined): ComparisonReference | undefined {
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 0) return undefined;
  const run = runIdentifier.safeParse(text.slice(0, colon)).data;
  return run === undefined ? undefined : { run, variant: text.slice(colon + 1) };
}

function wholeOfRun(
  run: string,
  what: string,
  query: URLSearchParams,
): DocumentRequest | undefined {
  switch (what) {
    case "curves": {
      const metric = parameter(query, "metric");
      return { kind: "curves", run, ...metric !== undefined && { metric } };
    }
    case "jobs.csv":
      return { kind: "job data", run };
    case "curves.csv":
      return { kind: "curve data", run };
    case "log.txt":
      return { kind: "log", run };
    case "report.md":
      return { kind: "report", run };
    default:
      return undefined;
  }
}

function partOfRun(
  run: string,
  [what, which, ...more]: readonly string[],
  query: URLSearchParams,
): DocumentRequest | undefined {
  if (more.length > 0) return undefined;
  if (what === "checkpoints") {
    const job = name.min(1).safeParse(which).data;
    return job === undefined ? undefined : { kind: "checkpoint", run, job };
  }
  const [, digits, ending] = /^([1-9]\d{0,3})\.(svg|csv)$/.exec(which) ?? [];
  const number = Number(digits);
  if (what === "figures" && ending === "svg") {
    const theme = z.enum(figureThemes).safeParse(query.get("theme") ?? "light").data;
    return theme && { kind: "figure picture", run, number, theme };
  }
  if (ending !== "csv") return undefined;
  if (what === "figures") return { kind: "figure data", run, number };
  return what === "tables" ? { kind: "table data", run, number } : undefined;
}
