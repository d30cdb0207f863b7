/** What a run writes into its folder, and what is told again after a resume. */
import assert from "node:assert/strict";
import {
  isSuperseded,
  type LoggedEvent,
  loggedEvent,
  recall,
} from "../../../agents/sim/run_log.ts";
import { decodeEvent } from "../../../cluster/protocol.ts";

const progress = (update: number): LoggedEvent => ({
  type: "progress",
  update,
  updates: 100,
  losses: { balanced: 1.5 },
  finalError: 0.2,
  nonFinite: 0,
  mergeWeights: [0.5, 0.6],
});

const evaluation = (stage: "before" | "during" | "after", update: number): LoggedEvent => ({
  type: "evaluation",
  stage,
  update,
  engine: "equations",
  trials: 8,
  measures: { finalError: 0.1 },
});

Deno.test("a recalled event is the logged one, and its clock has stopped", () => {
  for (const event of [progress(10), evaluation("during", 10)]) {
    const told = decodeEvent(recall(event));
    assert.deepEqual(loggedEvent.parse(told), event);
    if (told.type === "progress") {
      assert.equal(told.updatesPerSecond, 0);
      assert.equal(told.secondsLeft, 0);
    }
  }
});

Deno.test("on a resume at update 20 only what lies beyond, and the last measurements, happen again", () => {
  const kept = [progress(10), evaluation("during", 20), progress(20)];
  const again = [
    progress(30),
    evaluation("during", 40),
    evaluation("before", 0),
    evaluation("after", 20),
  ];
  for (const event of kept) assert.equal(isSuperseded(event, 20), false);
  for (const event of again) assert.equal(isSuperseded(event, 20), true);
});
