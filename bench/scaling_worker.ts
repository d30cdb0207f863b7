/// <reference lib="deno.worker" />
/** The thread of `scaling.ts`: told a subject once, it does its work as often as it is told. */
import { type ScalingSubject, scalingWorks } from "./scaling_works.ts";
import type { Work } from "./timing.ts";

/** What it is told; it answers each with an empty message when it is done. */
export type ScalingMessage =
  | { readonly subject: ScalingSubject }
  | { readonly repetitions: number };

const scope = self as unknown as DedicatedWorkerGlobalScope;
let work: Work | undefined;

scope.onmessage = async ({ data }: MessageEvent<ScalingMessage>) => {
  if ("subject" in data) {
    work = scalingWorks[data.subject].work();
  } else {
    if (!work) throw new Error("a thread has to be told its subject first");
    for (let i = 0; i < data.repetitions; i++) await work.run();
  }
  scope.postMessage(undefined);
};
