/** Curves folded from a job's log. */
import assert from "node:assert/strict";
import { JobCurves } from "../../../agents/laboratory/job_curves.ts";
import { BackboneError } from "../../../cluster/backbone.ts";
import { canonicalBytes } from "../../../cluster/jobs/identity.ts";
import type { JobLogEntry } from "../../../cluster/jobs/records.ts";
import { laboratoryLimits } from "../../../cluster/protocol.ts";

const began = (epoch: number, step: number): JobLogEntry => ({
  epoch,
  seq: 0,
  began: { worker: "w", step, after: { epoch: epoch - 1, seq: 1 } },
});

const said = (
  epoch: number,
  seq: number,
  steps: readonly number[],
  metrics: (step: number) => Record<string, number | null> = (step) => ({
    loss: 1000 * epoch + step,
  }),
): JobLogEntry => ({
  epoch,
  seq,
  thinned: 0,
  events: steps.map((step) => ({
    step,
    number: 0,
    event: { step, steps: 100, metrics: metrics(step) },
  })),
});

function fold(entries: readonly JobLogEntry[]): JobCurves {
  const curves = new JobCurves();
  for (const entry of entries) curves.add(canonicalBytes(entry));
  return curves;
}

Deno.test("no step is drawn twice when a job goes on from a checkpoint", () => {
  const curves = fold([
    began(1, 0),
    said(1, 1, [1, 2, 3]),
    said(1, 1, [1, 2, 3]),
    said(1, 2, [4, 5]),
    began(2, 3),
    // The worker that was given up writes once more.
    said(1, 3, [6, 7]),
    said(2, 1, [3, 4]),
    said(2, 2, [5]),
  ]);
  assert.deepEqual(curves.points("loss"), {
    x: [1, 2, 3, 4, 5],
    y: [1001, 1002, 1003, 2004, 2005],
  });
});

Deno.test("curves stay bounded however long a job takes and however much it measures", () => {
  const entries = Array.from(
    { length: 500 },
    (_, i) =>
      said(
        1,
        i + 1,
        Array.from({ length: 20 }, (_, j) => 20 * i + j),
        (step) =>
          Object.fromEntries(Array.from({ length: 50 }, (_, k) => [`metric ${k}`, step + k])),
      ),
  );
  const curves = fold([began(1, 0), ...entries]);
  assert.equal(curves.metrics.length, laboratoryLimits.metrics);
  const { x, y } = curves.points("metric 3");
  assert.ok(x.length <= laboratoryLimits.points && x.length > laboratoryLimits.points / 3);
  assert.deepEqual([x[0], x.at(-1), y.at(-1)], [0, 9999, 10_002]);
  assert.ok(x.every((step, i) => i === 0 || step > x[i - 1]));
});

Deno.test("what is no number is left out, and what is no entry is reported", () => {
  const curves = fold([
    began(1, 0),
    said(1, 1, [1, 2, 3], (step) => ({ loss: step === 2 ? null : step })),
  ]);
  assert.deepEqual(curves.points("loss"), { x: [1, 3], y: [1, 3] });
  assert.throws(
    () => curves.add(canonicalBytes({ epoch: 1, gossip: true })),
    (error) => error instanceof BackboneError && error.kind === "damaged",
  );
  assert.throws(() => curves.add(new Uint8Array([0x7b, 0xff])), BackboneError);
  assert.deepEqual(curves.points("accuracy"), { x: [], y: [] });
});

Deno.test("a sim job's curves are its error and its losses, and its held-out error on the way", () => {
  const evaluation = (stage: string, update: number) => ({
    type: "evaluation",
    stage,
    update,
    engine: "cannon",
    trials: 8,
    measures: { finalError: update / 100 },
  });
  const curves = new JobCurves();
  curves.add(canonicalBytes(began(1, 0)));
  const events = [
    {
      step: 10,
      number: 0,
      event: {
        type: "progress",
        update: 10,
        updates: 20,
        losses: { accuracy: 2 },
        finalError: 0.1,
        nonFinite: 0,
        mergeWeights: [],
      },
    },
    { step: 10, number: 1, event: evaluation("during", 10) },
    { step: 21, number: 0, event: evaluation("before", 0) },
  ];
  curves.add(canonicalBytes({ epoch: 1, seq: 1, thinned: 0, events }));
  assert.deepEqual(curves.metrics, [
    "final error (m)",
    "loss: accuracy",
    "held-out final error (m)",
  ]);
  assert.deepEqual(curves.points("held-out final error (m)"), { x: [10], y: [0.1] });
});
