/** The jobs of a chaos campaign: those of the library's smallest experiment, one in six much longer. */
import type { JobSpec } from "../../cluster/jobs/records.ts";
import { dagnn } from "../../learners/graphs/dagnn.ts";
import { codeVersion } from "../desk/submission.ts";
import type { LibraryWork } from "../worker/library_executor.ts";

/** Every machine has it. */
export const chaosBackend = "wasm";

const { config, variants } = dagnn.profiles.smoke;

/** The variant whose jobs are long, and for how many epochs: checkpoints are kept and gone on from. */
const longVariant = "appnp";
const longEpochs = 1000;

/**
 * The job number `index`; all are different.
 * @param firstSeed of the jobs' seeds: campaigns on one cluster must not share any
 */
export function chaosJob(index: number, firstSeed: number): JobSpec {
  const variant = variants[index % variants.length];
  const longer = variant === longVariant ? { epochs: longEpochs, patience: longEpochs } : {};
  const work: LibraryWork = {
    method: dagnn.id,
    variant,
    seed: firstSeed + index,
    config: dagnn.config.parse({ ...config, ...longer }),
  };
  const needs = { backend: chaosBackend, memory: 0, data: [] };
  return { kind: "library", work, needs, code: codeVersion() };
}
