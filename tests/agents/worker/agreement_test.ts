/** When two results of one job, which differ in their bytes, are no reason for alarm. */
import assert from "node:assert/strict";
import { resultsAgree } from "../../../agents/worker/agreement.ts";
import { jobSpec } from "../../../cluster/jobs/records.ts";

const spec = jobSpec.parse({
  kind: "library",
  work: {},
  needs: { backend: "wasm", memory: 0, data: [] },
  code: "1",
});

const agree = (first: unknown, second: unknown) => {
  const [one, other] = [first, second].map((result) =>
    new TextEncoder().encode(JSON.stringify(result))
  );
  return resultsAgree(spec, one, other);
};

Deno.test("results agree within what devices differ by", () => {
  assert.equal(agree({ metrics: { loss: 1 } }, { metrics: { loss: 1.001 } }), true);
  assert.equal(agree({ metrics: { loss: 1 } }, { metrics: { loss: 1.1 } }), false);
});

Deno.test("numbers that depend on who was how fast agree only if both results say so", () => {
  const timed = (loss: number) => ({ metrics: { loss }, reproducible: false });
  assert.equal(agree(timed(1), timed(2)), true);
  assert.equal(agree(timed(1), { metrics: { loss: 2 } }), false);
});
