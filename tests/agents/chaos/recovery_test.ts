import assert from "node:assert/strict";
import { quantile, RecoveryMeter } from "../../../agents/chaos/recovery.ts";
import type { JobState } from "../../../cluster/jobs/records.ts";
import { newJob } from "../../../cluster/jobs/transitions.ts";

const job = "job";

function running(worker: string, epoch: number, step: number): JobState {
  const holder = { worker, beat: 0, step, steps: 9 };
  return { ...newJob("lane"), state: "running", epoch, holder };
}

Deno.test("progress is another attempt's first new step, not its beginning", () => {
  const meter = new RecoveryMeter();
  meter.see(job, running("a", 1, 5), 0);
  meter.interrupt("a", "killed", 100);
  // What was on its way when it died.
  meter.see(job, running("a", 1, 6), 110);
  meter.see(job, { ...newJob("lane"), epoch: 1 }, 300);
  meter.see(job, running("b", 2, 4), 400);
  assert.equal(meter.times.size, 0);
  meter.see(job, running("b", 2, 5), 900);
  meter.see(job, running("b", 2, 6), 1_000);
  assert.deepEqual([...meter.times], [["killed", [800]]]);
});

Deno.test("a job that is done has progressed; one that has failed or was cancelled has not", () => {
  const meter = new RecoveryMeter();
  for (const [state, now] of [["done", 50], ["failed", 60], ["cancelled", 70]] as const) {
    meter.see(job, running("a", 1, 5), 0);
    meter.interrupt("a", "killed", 10);
    meter.see(job, { ...newJob("lane"), state, epoch: 2 }, now);
  }
  assert.deepEqual([...meter.times], [["killed", [40]]]);
});

Deno.test("whoever was only frozen may go on itself", () => {
  const meter = new RecoveryMeter();
  meter.see(job, running("a", 1, 5), 0);
  meter.interrupt("a", "frozen", 10, true);
  meter.see(job, running("a", 1, 5), 20);
  meter.see(job, running("a", 1, 6), 30);
  assert.deepEqual([...meter.times], [["frozen", [20]]]);
});

Deno.test("an outage lasts until a job moves, as seen after the line went dead", () => {
  const meter = new RecoveryMeter();
  meter.see(job, running("a", 1, 5), 0);
  meter.interruptAll("server killed", 10);
  meter.see(job, running("a", 1, 6), 11);
  meter.noticeOutage();
  // A sign of life is no progress.
  meter.see(
    job,
    { ...running("a", 1, 6), holder: { worker: "a", beat: 9, step: 6, steps: 9 } },
    50,
  );
  meter.see(job, running("a", 1, 7), 70);
  assert.deepEqual([...meter.times], [["server killed", [60]]]);
});

Deno.test("quantiles are values that have occurred", () => {
  const values = [5, 1, 4, 2, 3];
  assert.deepEqual([0, 0.5, 0.95, 1].map((share) => quantile(values, share)), [1, 3, 5, 5]);
});
