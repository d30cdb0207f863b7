/** A process dies between any two steps; whoever comes next finishes what it has begun, once. */
import assert from "node:assert/strict";
import { type CrashPoint, crashPoints } from "../../../cluster/jobs/crash_points.ts";
import { chainJob, chainWorker, reconciling, submitting, Witness } from "./laboratory.ts";
import { World } from "./simulation.ts";

const jobs = [chainJob("a"), chainJob("b"), chainJob("c")];

/** Points at which a worker comes by when its job goes well. */
const workersPoints = crashPoints.filter((point) => /^(claim|keep|commit)/.test(point));

async function die(point: CrashPoint, time: number): Promise<World> {
  const world = new World(1);
  const witness = await Witness.watch(world);
  world.start("reconciler", reconciling());
  world.start("submitter", submitting(jobs));
  const dying = world.start("dying", (process) => {
    return chainWorker(world, { at: process.dieAt(point, time) })(process);
  });
  assert(await world.run(() => !dying.alive), "it does not come to this point");
  world.start("heir", chainWorker(world));
  assert(await world.run(() => witness.all(jobs)), "the jobs are not finished");
  await witness.requireFinished(jobs);
  assert.equal(witness.results.size, jobs.length);
  // A job whose state the death left behind is repaired without another attempt.
  const attempts = [...witness.states.values()].reduce((sum, { epoch }) => sum + epoch, 0);
  const repeats = point === "commit: after the result" || point === "commit: after done" ? 0 : 1;
  assert.equal(attempts, jobs.length + repeats);
  return world;
}

for (const point of workersPoints) {
  Deno.test(`a worker dies at "${point}": its job is finished elsewhere, once`, async () => {
    await die(point, 1);
    await die(point, 2);
  });
}

for (const point of crashPoints.filter((point) => point.startsWith("submit"))) {
  Deno.test(`a submitter dies at "${point}": submitting again enters each job once`, async () => {
    for (const time of [1, 2, 3]) {
      const world = new World(time);
      const witness = await Witness.watch(world);
      const dying = world.start("dying", (process) => {
        return submitting(jobs, { at: process.dieAt(point, time) })(process);
      });
      assert(await world.run(() => !dying.alive));
      world.start("reconciler", reconciling());
      world.start("worker", chainWorker(world));
      await world.pass(10_000);
      world.start("submitter", submitting(jobs));
      assert(await world.run(() => witness.all(jobs)), "the jobs are not finished");
      await witness.requireFinished(jobs);
      for (const { epoch } of witness.states.values()) assert.equal(epoch, 1, "one attempt a job");
    }
  });
}

Deno.test("a job in the ledger whose hint was never given is found", async () => {
  const world = new World(1);
  const witness = await Witness.watch(world);
  const dying = world.start("dying", (process) => {
    return submitting(jobs.slice(0, 1), { at: process.dieAt("submit: after the state") })(process);
  });
  assert(await world.run(() => !dying.alive));
  world.start("reconciler", reconciling());
  world.start("worker", chainWorker(world));
  assert(await world.run(() => witness.all(jobs.slice(0, 1))), "nobody finds it");
});

Deno.test("a worker dies after it has given a job back: it goes on elsewhere from the checkpoint", async () => {
  const world = new World(1);
  const witness = await Witness.watch(world);
  world.start("reconciler", reconciling());
  const poisoned = chainJob("poisoned", 6, 2, true);
  world.start("submitter", submitting([poisoned]));
  for (let death = 1; death <= 3; death++) {
    const dying = world.start(`dying-${death}`, (process) => {
      return chainWorker(world, { at: process.dieAt("end: after the state") })(process);
    });
    assert(await world.run(() => !dying.alive), `death ${death}`);
  }
  const state = witness.get(poisoned);
  assert.deepEqual([state?.state, state?.epoch], ["failed", 3]);
  assert.deepEqual(
    state?.attempts.map(({ worker, end, step, message }) => [worker, end, step, message]),
    [
      ["dying-1", "exception", 2, "poisoned"],
      ["dying-2", "exception", 2, "poisoned"],
      ["dying-3", "exception", 2, "poisoned"],
    ],
  );
});
