/** Which jobs a run consists of, and which of them belong together. */
import type { RunRecord } from "../../cluster/jobs/records.ts";
import { jobIdentifier } from "../../cluster/protocol.ts";
import { jobsOf, libraryRunConfig } from "../library/run_config.ts";
import { shortened } from "./shortened.ts";

/** A job's part in a run. */
export interface JobPart {
  readonly name: string;
  /** The variant, for a run of the library; otherwise empty. */
  readonly group: string;
}

/**
 * The parts of a run's jobs by the jobs' ids; what is no id is left out. Those of the library come in the order in which it plans
 * them, all variants under the first seed first.
 */
export function partsOf({ jobs, config }: RunRecord): Map<string, JobPart> {
  const checked = libraryRunConfig.safeParse(config).data;
  const planned = new Map(checked && jobsOf(checked).map(({ name, variant }) => [name, variant]));
  const inOrder = [
    ...[...planned.keys()].filter((name) => Object.hasOwn(jobs, name)),
    ...Object.keys(jobs).filter((name) => !planned.has(name)),
  ];
  return new Map(
    inOrder.filter((name) => jobIdentifier.safeParse(jobs[name]).success).map((name) => [
      jobs[name],
      { name: shortened(name), group: shortened(planned.get(name) ?? "") },
    ]),
  );
}
