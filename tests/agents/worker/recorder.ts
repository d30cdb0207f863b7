/** Runs an execution without a cluster and notes all that it says. */
import { inProcessBus } from "../../../cluster/in_process.ts";
import type {
  ExecutionContext,
  ExecutionEnd,
  Executor,
  JobEventData,
  KeptStep,
  KeptWork,
} from "../../../agents/worker/executor.ts";

/** What an execution has said. */
export interface Recording {
  readonly end: ExecutionEnd;
  /** The result as text; nothing of a stopped one. */
  readonly result?: string;
  readonly events: readonly { readonly step: number; readonly event: JobEventData }[];
  readonly kept: readonly KeptStep[];
}

/** How it is run. */
export interface RecordingOptions {
  readonly backend: string;
  readonly checkpoint?: KeptWork;
  /** Stop it when it has got to this step. */
  readonly stopAt?: number;
  /** Abandon it when it has got to this step. */
  readonly abandonAt?: number;
}

/** Run `work`. */
export async function record<Work extends Record<string, unknown>>(
  executor: Executor<Work>,
  work: Work,
  { backend, checkpoint, stopAt = Infinity, abandonAt = Infinity }: RecordingOptions,
): Promise<Recording> {
  const [stop, abandon] = [new AbortController(), new AbortController()];
  const events: { step: number; event: JobEventData }[] = [];
  const kept: KeptStep[] = [];
  const context: ExecutionContext = {
    job: "recorded",
    bus: inProcessBus((error) => abandon.abort(error)),
    backend,
    checkpoint,
    stop: stop.signal,
    abandon: abandon.signal,
    alive() {},
    progress(step, _, event) {
      if (event) events.push({ step, event: JSON.parse(JSON.stringify(event)) });
      if (step >= stopAt) stop.abort();
      if (step >= abandonAt) abandon.abort(new Error("abandoned"));
    },
    keep(step) {
      kept.push(step);
      return Promise.resolve();
    },
    file: (name) => Promise.reject(new Error(`no file ${name}`)),
  };
  const end = await executor.run(work, context);
  const result = end.kind === "finished" ? new TextDecoder().decode(end.result) : undefined;
  return { end, result, events, kept };
}
