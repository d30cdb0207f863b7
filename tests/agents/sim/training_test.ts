/** The training agent: what it says on the bus, how it stops, and that it goes on to the same numbers. */
import assert from "node:assert/strict";
import { decodeCheckpoint, decodeWeights } from "../../../agents/sim/checkpoint.ts";
import { DivergenceError } from "../../../learners/motor/evaluation/divergence.ts";
import { evaluate } from "../../../learners/motor/evaluation/evaluator.ts";
import {
  type RunConfig,
  runNetwork,
  runParts,
  trainingPlan,
} from "../../../agents/sim/run_config.ts";
import { isSuperseded, type LoggedEvent, loggedEvent } from "../../../agents/sim/run_log.ts";
import { train, type TrainingEnd } from "../../../agents/sim/training.ts";
import { startTraining, TrainingError } from "../../../agents/sim/training_thread.ts";
import { type Bus, subjects } from "../../../cluster/bus.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import { decodeEvent, encodeMessage, type Event } from "../../../cluster/protocol.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { vectorRollout } from "../../../learners/motor/vector_rollout.ts";
import { objectives } from "../../../learners/motor/objectives.ts";
import { Trainer, type TrainerState } from "../../../learners/motor/trainer.ts";
import { randomStream } from "../../../sim/random.ts";
import { TroubledBus } from "../rollouts/buses.ts";
import { Crew } from "../rollouts/crew.ts";
import { smallRun } from "./small_run.ts";

const run = "test-run";

/** Evaluations on the way come every third update. */
const config: RunConfig = { ...smallRun, updates: 30 };

const layout = runNetwork(config, runParts(config)).layout;

const strictBus = () =>
  inProcessBus((error) => {
    throw error;
  });

/** What a run's owner hears of its training. */
interface Heard {
  readonly bus: Bus;
  readonly events: Event[];
  /** The events that are kept in the run's log. */
  readonly logged: LoggedEvent[];
  readonly checkpoints: Uint8Array[];
  readonly weights: Uint8Array[];
}

/** A bus with someone who listens to everything; `onEvent` is told each event as it comes. */
function listen(onEvent: (event: Event, bus: Bus) => void = () => {}): Heard {
  const heard: Heard = { bus: strictBus(), events: [], logged: [], checkpoints: [], weights: [] };
  const { bus } = heard;
  bus.subscribe(subjects.checkpoints(run), (payload) => heard.checkpoints.push(payload));
  bus.subscribe(subjects.weights(run), (payload) => heard.weights.push(payload));
  bus.subscribe(subjects.events(run), (payload) => {
    const event = decodeEvent(payload);
    heard.events.push(event);
    const kept = loggedEvent.safeParse(event);
    if (kept.success) heard.logged.push(kept.data);
    onEvent(event, bus);
  });
  return heard;
}

const stop = (bus: Bus) => bus.publish(subjects.control(run), encodeMessage({ type: "stop" }));

const lastState = ({ checkpoints }: Heard): TrainerState =>
  decodeCheckpoint(checkpoints[checkpoints.length - 1], layout);

/** One undisturbed training, done once for all tests that compare with it. */
let undisturbed: Promise<Heard & { readonly end: TrainingEnd }> | undefined;
const theUndisturbed = () =>
  undisturbed ??= (async () => {
    const heard = listen();
    return { ...heard, end: await train(heard.bus, { run, config }) };
  })();

const describe = (event: Event) => {
  if (event.type === "progress") return `progress ${event.update}`;
  if (event.type === "evaluation") return `${event.stage} ${event.update} ${event.engine}`;
  return event.type;
};

Deno.test("a training tells its progress, its evaluations on the way and at the end, in order", async () => {
  const { end, events } = await theUndisturbed();
  assert.equal(end, "finished");
  const during = (update: number) => `during ${update} equations`;
  assert.deepEqual(events.map(describe), [
    ...[3, 6, 9].map(during),
    "progress 10",
    ...[12, 15, 18].map(during),
    "progress 20",
    ...[21, 24, 27].map(during),
    "progress 30",
    "before 0 cannon",
    "before 0 equations",
    "after 30 cannon",
    "after 30 equations",
  ]);
});

Deno.test("progress says what the updates since the last one were like", async () => {
  const { events } = await theUndisturbed();
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const { equations } = parts;
  const rollout = vectorRollout({ network, equations, losses: objectives.specialised });
  const trainer = new Trainer(trainingPlan(config, parts), network, rollout);
  const finalErrors: number[] = [];
  while (trainer.updates < 10) finalErrors.push((await trainer.update()).finalError);
  const first = events.find((event) => event.type === "progress");
  assert.ok(first);
  assert.equal(first.updates, config.updates);
  const mean = finalErrors.reduce((sum, error) => sum + error) / 10;
  assert.ok(Math.abs(first.finalError - mean) < 1e-15, `${first.finalError} ≠ ${mean}`);
  assert.deepEqual(first.mergeWeights, network.mergeWeights(trainer.state.weights));
  assert.deepEqual(Object.keys(first.losses), ["accuracy", "economy", "balanced"]);
  const { accuracy, economy, balanced } = first.losses;
  assert.ok(Math.abs(balanced - (accuracy + economy) / 2) < 1e-12);
  assert.ok(first.updatesPerSecond > 0 && first.secondsLeft > 0);
});

Deno.test("the evaluations before and after are those of the initial and of the last weights", async () => {
  const heard = await theUndisturbed();
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const weights = {
    before: network.initialWeights(config.seed),
    after: lastState(heard).weights,
  };
  for (const stage of ["before", "after"] as const) {
    const event = heard.events.find((event) =>
      event.type === "evaluation" && event.stage === stage && event.engine === "equations"
    );
    assert.ok(event?.type === "evaluation");
    assert.equal(event.trials, config.evaluationTrials);
    const { seed, evaluationTrials: trials } = config;
    const measures = evaluate(
      { ...parts, engine: "equations", seed, trials },
      (arms) => networkController(network, weights[stage], arms),
    );
    assert.deepEqual(event.measures, measures);
  }
});

Deno.test("the newest weights and a checkpoint are handed over at the end", async () => {
  const heard = await theUndisturbed();
  const state = lastState(heard);
  assert.equal(state.adam.updates, config.updates);
  const shown = heard.weights.map((payload) => decodeWeights(payload, layout));
  assert.equal(shown[0].updates, 0, "there is something to show before the first update");
  assert.deepEqual(shown.at(-1), { weights: state.weights, updates: config.updates });
});

/** A training that is stopped as soon as `when` says so. */
async function stopped(when: (event: Event) => boolean): Promise<Heard> {
  const heard = listen((event, bus) => {
    if (when(event)) stop(bus);
  });
  assert.equal(await train(heard.bus, { run, config }), "stopped");
  return heard;
}

const atEvaluation = (update: number) => (event: Event) =>
  event.type === "evaluation" && event.update === update;

Deno.test("a stop ends the training, hands over a checkpoint, and measures nothing more", async () => {
  const heard = await stopped(atEvaluation(6));
  const { updates } = lastState(heard).adam;
  assert.ok(updates >= 6 && updates < config.updates, `${updates} updates`);
  assert.ok(heard.events.every((event) => event.type !== "evaluation" || event.stage === "during"));
});

Deno.test("a stop while the end is being measured is obeyed before the next engine", async () => {
  const heard = await stopped((event) => event.type === "evaluation" && event.stage === "before");
  assert.equal(lastState(heard).adam.updates, config.updates);
  const stages = heard.events.flatMap((event) => event.type === "evaluation" ? event.stage : []);
  assert.deepEqual(stages.filter((stage) => stage !== "during"), ["before"]);
});

Deno.test("a stop meant for another run is not obeyed, nor one after the end", async () => {
  const short = { ...config, updates: 2 };
  const heard = listen((_, bus) =>
    bus.publish(subjects.control("other-run"), encodeMessage({ type: "stop" }))
  );
  assert.equal(await train(heard.bus, { run, config: short }), "finished");
  stop(heard.bus);
  assert.equal(await train(heard.bus, { run, config: short }), "finished");
});

for (const update of [9, 15]) {
  Deno.test(`stopped in evaluation ${update} and resumed, a run has the numbers of an undisturbed one`, async () => {
    const whole = await theUndisturbed();
    const interrupted = await stopped(atEvaluation(update));
    const from = lastState(interrupted);
    assert.ok(from.adam.updates < config.updates);
    const kept = interrupted.logged.filter((event) => !isSuperseded(event, from.adam.updates));
    const goneOn = listen();
    assert.equal(await train(goneOn.bus, { run, config, state: from }), "finished");
    assert.deepEqual(lastState(goneOn), lastState(whole));
    assert.deepEqual([...kept, ...goneOn.logged], whole.logged);
  });
}

Deno.test("killed right after a checkpoint and resumed, a run has the events of an undisturbed one", async () => {
  // The checkpoint of update 100 falls together with an evaluation on the way.
  const whole = { ...config, updates: 200, batch: 1, units: 2, layers: 1, evaluationTrials: 1 };
  const network = runNetwork(whole, runParts(whole));
  const heard = listen();
  let atCheckpoint: readonly LoggedEvent[] | undefined;
  heard.bus.subscribe(subjects.checkpoints(run), () => atCheckpoint ??= [...heard.logged]);
  await train(heard.bus, { run, config: whole });
  const from = decodeCheckpoint(heard.checkpoints[0], network.layout);
  assert.equal(from.adam.updates, 100);
  const again = listen();
  await train(again.bus, { run, config: whole, state: from });
  assert.deepEqual([...atCheckpoint!, ...again.logged], heard.logged);
  assert.deepEqual(again.checkpoints.at(-1), heard.checkpoints.at(-1));
});

Deno.test("a controller that does not learn is measured in both engines and nothing else", async () => {
  const heard = listen();
  const scripted = { ...config, controller: "minimum-jerk" as const, updates: 0 };
  assert.equal(await train(heard.bus, { run, config: scripted }), "finished");
  assert.deepEqual(heard.events.map(describe).toSorted(), [
    "after 0 cannon",
    "after 0 equations",
    "before 0 cannon",
    "before 0 equations",
  ]);
  assert.deepEqual(heard.checkpoints, []);
});

const impossible: RunConfig = { ...config, arm: "no-such-arm" };

for (const controller of ["bilateral", "minimum-jerk"] as const) {
  Deno.test(`a training that cannot begin rejects, it does not throw (${controller})`, async () => {
    const ended = train(strictBus(), { run, config: { ...impossible, controller } });
    await assert.rejects(ended, /no-such-arm/);
  });

  Deno.test(`a training that fails in its thread rejects with what happened (${controller})`, async () => {
    const { ended } = startTraining(strictBus(), {
      run,
      config: { ...impossible, controller },
    });
    await assert.rejects(ended, (error) => {
      assert.ok(error instanceof TrainingError);
      assert.match(error.message, /RangeError: .*no-such-arm/);
      return true;
    });
  });
}

Deno.test("in a thread of its own the training gives the same events and the same bytes", async () => {
  const whole = await theUndisturbed();
  const heard = listen();
  assert.equal(await startTraining(heard.bus, { run, config }).ended, "finished");
  assert.deepEqual(heard.logged, whole.logged);
  assert.deepEqual(heard.checkpoints, whole.checkpoints);
});

/** Long enough for a stop to come in time, short enough to end if it is lost. */
const long: RunConfig = { ...config, updates: 2000, batch: 1, units: 2, layers: 1 };

Deno.test("a thread that is asked to stop before it has begun does not train to the end", async () => {
  const heard = listen();
  const training = startTraining(heard.bus, { run, config: long });
  training.stop();
  assert.equal(await training.ended, "stopped");
});

Deno.test("a thread obeys a stop that answers one of its events", async () => {
  let answered = false;
  const heard = listen((event) => {
    if (event.type !== "progress" || answered) return;
    answered = true;
    training.stop();
  });
  const training = startTraining(heard.bus, { run, config: long });
  assert.equal(await training.ended, "stopped");
});

/** Train with the help of two actors, one of them far away. */
async function trainWithActors(
  bus: Bus,
  request: { readonly config: RunConfig; readonly state?: TrainerState },
): Promise<TrainingEnd> {
  const chaos = { lost: 0.05, repeated: 0.1, delay: 40 };
  using far = new TroubledBus(bus, randomStream(1, "far"), chaos);
  await using crew = new Crew();
  crew.hire(bus, "near");
  crew.hire(far, "far");
  const end = await train(bus, { run, ...request, actors: 2 });
  const done = (await crew.leave()).reduce((sum, counters) => sum + counters.done, 0);
  assert.ok(done > 0, "actors have done some of it");
  return end;
}

Deno.test("with actors a training says the same in the same order, and hands over the same bytes", async () => {
  const whole = await theUndisturbed();
  const heard = listen();
  assert.equal(await trainWithActors(heard.bus, { config }), "finished");
  assert.deepEqual(heard.events.map(describe), whole.events.map(describe));
  assert.equal(JSON.stringify(heard.logged), JSON.stringify(whole.logged));
  assert.deepEqual(heard.checkpoints, whole.checkpoints);
});

Deno.test("stopped with actors and resumed without, a run has the numbers of an undisturbed one", async () => {
  const whole = await theUndisturbed();
  const heard = listen((event, bus) => {
    if (atEvaluation(9)(event)) stop(bus);
  });
  assert.equal(await trainWithActors(heard.bus, { config }), "stopped");
  const from = lastState(heard);
  assert.ok(from.adam.updates >= 9 && from.adam.updates < config.updates);
  const kept = heard.logged.filter((event) => !isSuperseded(event, from.adam.updates));
  assert.deepEqual(kept, heard.logged, "nothing is said beyond the checkpoint");
  const goneOn = listen();
  assert.equal(await train(goneOn.bus, { run, config, state: from }), "finished");
  assert.deepEqual(lastState(goneOn), lastState(whole));
  assert.deepEqual([...kept, ...goneOn.logged], whole.logged);
});

Deno.test("with actors a scripted controller is measured to the same numbers", async () => {
  const scripted: RunConfig = { ...config, controller: "minimum-jerk", updates: 0 };
  const [alone, together] = [listen(), listen()];
  await train(alone.bus, { run, config: scripted });
  await trainWithActors(together.bus, { config: scripted });
  assert.deepEqual(together.logged, alone.logged);
});

Deno.test("a training with actors that diverges has said all that one without has, and fails alike", async () => {
  // An evaluation is due after every update.
  for (const learningRate of [1e300, 1e307]) {
    const diverging: RunConfig = { ...config, updates: 10, learningRate };
    const [alone, together] = [listen(), listen()];
    const messageOf = async (ended: Promise<TrainingEnd>) => {
      const failure = await ended.then(() => assert.fail("it should diverge"), (error) => error);
      assert.ok(failure instanceof DivergenceError);
      return failure.message;
    };
    const message = await messageOf(train(alone.bus, { run, config: diverging }));
    const request = { config: diverging };
    assert.equal(await messageOf(trainWithActors(together.bus, request)), message);
    assert.deepEqual(together.logged, alone.logged);
  }
});
