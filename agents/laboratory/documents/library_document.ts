/** The document of the library: every method, and what its newest run has come to. */
import { z } from "zod";
import type { LastRun, LibraryDocument, MethodDocument } from "../../../cluster/documents.ts";
import type { Method } from "../../../learners/method.ts";
import { citation } from "../../library/report_text.ts";
import type { RunHead } from "./known_run.ts";
import type { RunResults } from "./run_results.ts";

/**
 * The document of `methods`, families in the order in which they first come.
 * @param last the newest finished run of a method; undefined when there is none
 */
export function libraryDocument(
  methods: readonly Method[],
  last: (method: Method) => LastRun | undefined,
): LibraryDocument {
  const families = Map.groupBy(methods, ({ family }) => family);
  return {
    type: "library",
    methods: [...families.values()].flat().map((method) => methodDocument(method, last(method))),
  };
}

function methodDocument(method: Method, last: LastRun | undefined): MethodDocument {
  const { id, card, family, summary, paper, variants, axes = [], profiles } = method;
  // Of no results at all: what is claimed, with nothing judged.
  const { statement, parts } = method.claim({});
  return {
    id,
    card,
    family,
    summary,
    paper,
    citation: citation(paper),
    claim: { statement, parts: parts.map((part) => part.statement) },
    variants,
    axes,
    profiles,
    parameters: parameters(method),
    last: last ?? null,
  };
}

/** The configuration's JSON Schema. */
function parameters({ config }: Method): MethodDocument["parameters"] {
  const schema = z.toJSONSchema(config, {
    io: "input",
    unrepresentable: "any",
    override({ jsonSchema }) {
      // Limits that only say which numbers are safe integers say nothing.
      const { minimum = 0, maximum = 0 } = jsonSchema;
      if (minimum <= Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (maximum >= Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return schema as MethodDocument["parameters"];
}

/** What is told of a method's newest run. */
export function lastRun(
  { run, began }: RunHead,
  { report }: RunResults,
): LastRun {
  const { profile, backend, device, seconds, claim, missing, failures, variants } = report;
  const seeds = new Set(Object.values(variants).flatMap((variant) => variant.seeds));
  return {
    run,
    profile,
    backend,
    device,
    began,
    seconds,
    seeds: [...seeds].sort((a, b) => a - b),
    claim,
    missing,
    failures,
    variants,
  };
}
