/** Observations as off-policy learners' networks are given them. */
import assert from "node:assert/strict";
import { ObservationScaling } from "../../../learners/rl/observation_scaling.ts";
import { emptyTransitions } from "../../../learners/rl/replay_buffer.ts";
import { randomStream } from "../../../sim/random.ts";

const rows = { observation: 2, action: 1 };

/** Metres and radians a second: [row][column]. */
function observations(name: string): Float64Array {
  const random = randomStream(1, name);
  return Float64Array.from(
    { length: 200 },
    (_, at) => at < 100 ? 0.5 + 0.01 * random.normal() : 20 * random.normal(),
  );
}

const momentsOf = (values: Float64Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
};

Deno.test("rows in different units come to mean 0 and deviation 1", () => {
  const scaling = new ObservationScaling(2, true);
  scaling.observe(observations("seen"));
  const scaled = scaling.scaled(observations("seen"));
  for (const row of [scaled.subarray(0, 100), scaled.subarray(100)]) {
    const { mean, deviation } = momentsOf(row);
    assert.ok(Math.abs(mean) < 1e-3, `mean ${mean}`);
    // The moments' prior counts for a little.
    assert.ok(Math.abs(deviation - 1) < 0.01, `deviation ${deviation}`);
  }
});

Deno.test("a batch's observations, before and after, are scaled as those that are acted on", () => {
  const scaling = new ObservationScaling(2, true);
  scaling.observe(observations("seen"));
  const batch = emptyTransitions(rows, 100);
  batch.observations.set(observations("before"));
  batch.nextObservations.set(observations("after"));
  scaling.scale(batch);
  assert.deepEqual(batch.observations, scaling.scaled(observations("before")));
  assert.deepEqual(batch.nextObservations, scaling.scaled(observations("after")));
});

Deno.test("moments are saved with the rest; a scaling that is restored has the same bits", () => {
  const scaling = new ObservationScaling(2, true);
  scaling.observe(observations("seen"));
  const restored = new ObservationScaling(2, true);
  restored.restore(scaling.save());
  for (const each of [scaling, restored]) each.observe(observations("seen later"));
  const some = observations("some");
  assert.deepEqual(restored.scaled(some), scaling.scaled(some));
});

Deno.test("a state without moments is refused", () => {
  const restored = new ObservationScaling(2, true);
  assert.throws(() => restored.restore({ tensors: {}, counts: {} }), RangeError);
});

Deno.test("where it is off, observations stay as they are and nothing is saved", () => {
  const scaling = new ObservationScaling(2, false);
  scaling.observe(observations("seen"));
  const some = observations("some");
  assert.equal(scaling.scaled(some), some);
  assert.deepEqual(scaling.save(), { tensors: {}, counts: {} });
});
