/** The ledger under random interleavings of everything that can go wrong. */
import assert from "node:assert/strict";
import { jobId } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { chainJob, chainWorker, reconciling, submitting, Witness } from "./laboratory.ts";
import { noFaults, type Process, World } from "./simulation.ts";

/** Worlds that are tried; more of them by `CALLOSUM_INTERLEAVINGS=2000`. */
const worlds = Number(Deno.env.get("CALLOSUM_INTERLEAVINGS") ?? 120);

/** How long things go wrong, ms. */
const trouble = 40_000;

/** Jobs are done, everything repaired, by so long after the trouble is over, ms. */
const patience = 300_000;

async function liveThrough(seed: number): Promise<void> {
  const world = new World(seed, {
    delay: 30,
    lost: 0.02,
    unanswered: 0.03,
    late: 0.02,
    stale: 0.03,
  });
  const { random } = world;
  const witness = await Witness.watch(world);
  // The last two have the same checkpoints for a while.
  const jobs = ["a", "b", "c", "c"].map((name, index) =>
    chainJob(`${seed}-${name}`, 3 * index + random.integer(3) + 1, 1 + random.integer(3))
  );
  const poison = chainJob(`${seed}-poison`, 5, 2, true);
  const all = [...jobs, poison];

  /** Between two steps, much can happen. */
  const at = (process: Process) => () => {
    const fate = random.uniform();
    if (world.now > trouble || fate > 0.08) return;
    if (fate < 0.02) process.kill();
    return process.timers.sleep(random.uniform(0, fate < 0.05 ? 9_000 : 500));
  };
  const programs: Record<string, (process: Process) => Promise<void>> = {
    submitter: (process) => submitting(all, { at: at(process) })(process),
    reconciler: reconciling(),
    worker: (process) => {
      const slots = 1 + random.integer(2);
      return chainWorker(world, { at: at(process), slots })(process);
    },
  };
  const cast = ["submitter", "reconciler", "reconciler", "worker", "worker", "worker"];
  const living = new Map<number, Process>();
  let born = 0;
  const give = (place: number) => {
    const role = cast[place];
    living.set(place, world.start(`${role}-${born++}`, programs[role]));
  };
  cast.forEach((_, place) => give(place));

  const replace = (place: number) => {
    living.get(place)?.kill();
    world.after(random.uniform(0, 3_000), () => give(place));
  };
  const mishaps: (() => void)[] = [
    () => replace(random.integer(cast.length)),
    () => replace(3 + random.integer(3)),
    () => living.get(random.integer(cast.length))?.freeze(random.uniform(1_000, 9_000)),
    () => world.memory.loseHints(),
    () => {
      world.memory.away = true;
      world.after(random.uniform(500, 8_000), () => world.memory.away = false);
    },
    () => {
      // A person's orders, by another process.
      const orders = ["pause", "release", "cancel"] as const;
      const [order, id] = [orders[random.integer(3)], jobId(all[random.integer(all.length)])];
      world.start("person", async ({ backbone, timers }) => {
        await new Ledger(backbone, { timers })[order](id);
      });
    },
  ];
  const mishap = () => {
    if (world.now > trouble) return;
    // A quarter of the time is quiet.
    if (random.uniform() < 0.75) mishaps[random.integer(mishaps.length)]();
    world.after(random.uniform(0, 2_500), mishap);
  };
  mishap();
  await world.run(() => world.now > trouble + 10_000);

  // The trouble is over; whoever has submitted submits again, and what was stopped goes on.
  world.faults = noFaults;
  world.memory.away = false;
  cast.forEach((_, place) => {
    if (!living.get(place)?.alive) give(place);
  });
  await world.finish(submittingAgain(world, all));
  world.memory.loseHints();
  const over = () => witness.all(jobs) && witness.all([poison], "failed");
  assert(await world.run(over, patience), `not over: ${describe(witness)}`);
  await witness.requireFinished(jobs);
  assert.equal(witness.results.size, jobs.length);
}

/** Enter the jobs once more and let all of them go on. */
async function submittingAgain(world: World, specs: Parameters<typeof submitting>[0]) {
  const process = world.start("last", () => Promise.resolve());
  await submitting(specs)(process);
  const ledger = new Ledger(process.backbone, { timers: process.timers });
  for (const spec of specs) await ledger.release(jobId(spec));
}

function describe({ states }: Witness): string {
  return JSON.stringify([...states].map(([id, { state, epoch, failures }]) => ({
    id,
    state,
    epoch,
    failures,
  })));
}

Deno.test(`jobs survive ${worlds} worlds of deaths, delays, outages and lost hints, each counted once`, async () => {
  for (let seed = 0; seed < worlds; seed++) {
    try {
      await liveThrough(seed);
    } catch (error) {
      throw new Error(`in world ${seed}`, { cause: error });
    }
  }
});
