/** Jobs with actors: PPO's numbers are those of a training that does everything itself, to the last bit. */
import assert from "node:assert/strict";
import { JobActors } from "../../../agents/rollouts/job_actors.ts";
import { decodeAnnouncement, rolloutSubjects } from "../../../agents/rollouts/messages.ts";
import { decodePiece } from "../../../agents/rollouts/piece.ts";
import type { Bus } from "../../../cluster/bus.ts";
import { type ActorWork, prepareActorWork } from "../../../learners/rl/actor_works.ts";
import type { Actors } from "../../../learners/actors.ts";
import { encodeWeights, piecePlanOf, weightsOf } from "../../../learners/rl/impala_pieces.ts";
import type { Ppo, PpoReport } from "../../../learners/rl/ppo.ts";
import { ppoSchema, startPpo } from "../../../learners/rl/ppo_method.ts";
import { noMoments } from "../../../learners/rl/running_moments.ts";
import type { TrainingState } from "../../../learners/rl/training_state.ts";
import { randomStream } from "../../../sim/random.ts";
import { strictBus, TroubledBus } from "./buses.ts";
import { Crew, until } from "./crew.ts";

const iterations = 3;

/** Pieces of 2 copies; the last of five has only one. Episodes go on from one roll-out to the next. */
const config = ppoSchema.parse({
  steps: iterations * 9 * 32,
  copies: 9,
  copiesOfPiece: 2,
  rolloutLength: 32,
  epochs: 2,
  miniBatches: 4,
  units: 8,
});

interface Course {
  readonly reports: readonly PpoReport[];
  readonly end: TrainingState;
}

async function courseOf(ppo: Ppo): Promise<Course> {
  const reports: PpoReport[] = [];
  while (ppo.iterations < iterations) reports.push(await ppo.iterate());
  return { reports, end: await ppo.save() };
}

const start = (actors?: Actors) => startPpo("bilateral", config, 5, { actors });

let alone: Promise<Course> | undefined;
const theLonely = () => alone ??= courseOf(start());

const jobActors = (bus: Bus, actors: number, patience = 5000) =>
  new JobActors(bus, { owner: "job", actors, patience });

for (const count of [0, 1, 2]) {
  Deno.test(`${count} actors change no bit of a training`, async () => {
    const bus = strictBus();
    await using crew = new Crew();
    for (let i = 0; i < count; i++) crew.hire(bus, `actor-${i}`);
    using actors = jobActors(bus, count);
    const { exchange } = actors;
    await until(() => exchange.actors === count);
    assert.deepEqual(await courseOf(start(actors)), await theLonely());
    const { received, doneHere } = exchange.counters;
    assert.equal(received + doneHere, iterations * 5);
    assert.ok(count === 0 ? received === 0 : received > 0, `${received} pieces came`);
  });
}

Deno.test("an actor that is killed in the middle changes no bit of a training", async () => {
  const bus = strictBus();
  using mortal = new TroubledBus(bus, randomStream(1, "mortal"), {
    lost: 0,
    repeated: 0,
    delay: 1,
  });
  await using crew = new Crew();
  crew.hire(mortal, "mortal");
  using actors = jobActors(bus, 1, 200);
  const { exchange } = actors;
  await until(() => exchange.actors === 1);
  // After its first piece it has the next ones in hand: they are lost with it.
  let last = "";
  bus.subscribe(rolloutSubjects.pieces(await idOf(bus)), (payload) => {
    last = decodePiece(payload).actor;
    mortal.kill();
  });
  assert.deepEqual(await courseOf(start(actors)), await theLonely());
  assert.equal(last, "mortal");
  assert.equal(exchange.counters.received, 1);
  assert.ok(exchange.counters.askedAgain + exchange.counters.actorsLost > 0, "it was missed");
});

Deno.test("a training goes on with other actors than it was begun with", async () => {
  const { reports, end } = await theLonely();
  const bus = strictBus();
  await using crew = new Crew();
  crew.hire(bus, "actor");
  const begun = await (async () => {
    using actors = jobActors(bus, 1);
    await until(() => actors.exchange.actors === 1);
    const ppo = start(actors);
    assert.deepEqual(await ppo.iterate(), reports[0]);
    return structuredClone(await ppo.save());
  })();
  crew.hire(bus, "another");
  using actors = jobActors(bus, 2);
  await until(() => actors.exchange.actors === 2);
  for (const how of [undefined, actors]) {
    const resumed = start(how);
    await resumed.restore(begun);
    assert.deepEqual(await courseOf(resumed), { reports: reports.slice(1), end });
  }
});

Deno.test("a job that asks for no pieces is not heard of", async () => {
  const bus = strictBus();
  const announced: string[] = [];
  bus.subscribe(
    rolloutSubjects.announcements,
    (payload) => announced.push(decodeAnnouncement(payload).id),
  );
  using actors = jobActors(bus, 2);
  const inOnePiece = startPpo("plain", { ...config, copiesOfPiece: 9 }, 5, { actors });
  await inOnePiece.iterate();
  assert.deepEqual(announced, []);
  await start(actors).iterate();
  assert.ok(announced.length > 0);
});

for (const count of [0, 1]) {
  Deno.test(`a stream with ${count} actors has pieces by number and weights, and says how old they are`, async () => {
    const { task, units, layers, activation, callosum, copies } = config;
    const networks = { units, layers, activation, callosum };
    const work: ActorWork = {
      ...{ kind: "impala", task, policy: "plain", ...networks, copies },
      ...{ rolloutLength: 8, seed: 3, firstPiece: 7 },
    };
    const { policy } = piecePlanOf(work);
    const versions = [1, 2].map((seed) => {
      const moments = noMoments(policy.network.inputs);
      return encodeWeights(
        weightsOf({ policyParameters: policy.initialParameters(seed), moments }),
      );
    });
    const perform = prepareActorWork(work);
    const bus = strictBus();
    await using crew = new Crew();
    if (count > 0) crew.hire(bus, "actor");
    using actors = jobActors(bus, count);
    using stream = actors.stream(work, { largestLag: 1, stale: "drop", room: 3 }, versions[0]);
    await until(() => actors.exchange.actors === count);
    const numbers: number[] = [];
    const take = async (version: number) => {
      const { number, tensors, lag, stale } = await stream.next();
      assert.equal(stale, false);
      assert.deepEqual(tensors, perform(number, versions[version - lag]));
      numbers.push(number);
    };
    for (let i = 0; i < 4; i++) await take(0);
    stream.publish(versions[1]);
    for (let i = 0; i < 8; i++) await take(1);
    assert.equal(new Set(numbers).size, 12);
    const { fresh, marked, dropped, lags } = stream.counters;
    assert.deepEqual([fresh, marked, dropped], [12, 0, 0]);
    assert.equal(lags.reduce((sum, pieces) => sum + pieces), 12);
    if (count === 0) assert.deepEqual(lags, [12], "what is done here is never old");
  });
}

/** The id of the exchange that is announced next. */
async function idOf(bus: Bus): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { announcements } = rolloutSubjects;
  const heard = bus.subscribe(announcements, (payload) => resolve(decodeAnnouncement(payload).id));
  try {
    return await promise;
  } finally {
    heard.unsubscribe();
  }
}
