/** What a job of the library comes to when nothing disturbs it: done in this process, from its beginning. */
import type { JobSpec } from "../../cluster/jobs/records.ts";
import { findMethod } from "../../learners/library.ts";
import { readyBackend } from "../../learners/nn/backend.ts";
import { type JobOwner, runMethodJob } from "../library/method_job.ts";
import type { JobEventLine } from "../worker/job_lines.ts";
import { libraryWork, resultBytes } from "../worker/library_executor.ts";
import { chaosBackend } from "./jobs.ts";

/** What a job has come to. */
export interface JobOutcome {
  readonly result: Uint8Array;
  /** What has computed it. */
  readonly device: string;
  /** In the order in which it told them. */
  readonly events: readonly JobEventLine[];
}

/** Do the job. One at a time: TensorFlow.js is one in a thread. */
export async function undisturbed(spec: JobSpec): Promise<JobOutcome> {
  const { detail: device } = await readyBackend(chaosBackend);
  const { method, ...description } = libraryWork.parse(spec.work);
  const notes = new Notes();
  const end = await runMethodJob(
    findMethod(method),
    { ...description, method, backend: chaosBackend },
    notes,
    { checkpointSeconds: Infinity, signal: new AbortController().signal },
  );
  if (end.kind === "stopped") throw new Error("a job stopped that nobody had asked to");
  return { result: resultBytes(end.result), device, events: notes.events };
}

/** An owner that notes what the job tells. */
class Notes implements JobOwner {
  readonly events: JobEventLine[] = [];

  progress(progress: Parameters<JobOwner["progress"]>[0]): void {
    const { step } = progress;
    const last = this.events.at(-1);
    const number = last?.step === step ? last.number + 1 : 0;
    // By way of JSON, as in the logs, which knows no NaN.
    this.events.push({ step, number, event: JSON.parse(JSON.stringify(progress)) });
  }

  file(name: string): Promise<Uint8Array> {
    return Promise.reject(new Error(`a job of a chaos campaign asks for the file ${name}`));
  }

  checkpoint(): Promise<void> {
    return Promise.resolve();
  }
}
