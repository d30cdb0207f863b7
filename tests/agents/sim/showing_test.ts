/** The showing agent: what a page hears of it, and what it makes of the page's commands. */
import assert from "node:assert/strict";
import { encodeWeights } from "../../../agents/sim/checkpoint.ts";
import { type RunConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { ShowingAgent } from "../../../agents/sim/showing.ts";
import { type Bus, subjects } from "../../../cluster/bus.ts";
import { angleSteps, decodeFrame, type Frame } from "../../../cluster/frame.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import {
  type Command,
  decodeEvent,
  encodeMessage,
  type Event,
  type Status,
  type TrialStarted,
} from "../../../cluster/protocol.ts";
import { cellNames } from "../../../controllers/cells.ts";
import { pickTrial } from "../../../sim/tasks/trial.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { smallRun } from "./small_run.ts";

const run = "test-run";

/** Someone who watches a showing agent and commands it. */
class Page {
  readonly bus: Bus;
  readonly events: Event[] = [];
  readonly frames: Frame[] = [];
  /** What subscribers threw. */
  readonly failures: unknown[] = [];

  constructor() {
    this.bus = inProcessBus((error) => this.failures.push(error));
    const { bus, events, frames } = this;
    bus.subscribe(subjects.events(run), (payload) => events.push(decodeEvent(payload)));
    bus.subscribe(subjects.frames(run), (payload) => frames.push(decodeFrame(payload)));
  }

  send(command: Command): void {
    this.bus.publish(subjects.commands(run), encodeMessage(command));
  }

  get trials(): TrialStarted[] {
    return this.events.filter((event) => event.type === "trial");
  }

  get status(): Status {
    const status = this.events.findLast((event) => event.type === "status");
    assert.ok(status);
    return status;
  }

  /** The trial that was announced last. */
  get trial(): TrialStarted {
    const trial = this.trials.at(-1);
    assert.ok(trial);
    return trial;
  }
}

/** Let `check` watch the agent of `config`, whose network has its initial weights, at full speed. */
async function watching(
  config: RunConfig,
  check: (page: Page, agent: ShowingAgent) => Promise<void> | void,
): Promise<void> {
  const page = new Page();
  const parts = runParts(config);
  const network = config.controller === "minimum-jerk" ? undefined : runNetwork(config, parts);
  const weights = network?.initialWeights(config.seed);
  const learner = network && weights && { network, weights, updates: 0 };
  const agent = new ShowingAgent({
    bus: page.bus,
    run,
    config,
    parts,
    learner,
    onError: (error) => assert.fail(String(error)),
  });
  try {
    page.send({ type: "speed", factor: 8 });
    await check(page, agent);
  } finally {
    agent.close();
  }
}

/** Resolves as soon as `condition` holds. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 5000; !condition();) {
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Long enough for several steps of a trial that is being shown. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 60));

Deno.test("a page hears the description first, then the status, then trial after trial", () =>
  watching(smallRun, async (page) => {
    await until(() => page.frames.at(-1)?.step === 50, "the end of the first trial");
    const [description, status] = page.events;
    assert.equal(description.type, "description");
    assert.equal(status.type, "status");
    const [first, ended] = page.events.filter(({ type }) => type.startsWith("trial"));
    assert.ok(first.type === "trial" && ended.type === "trial-ended");
    assert.deepEqual([first.trial, ended.trial], [0, 0]);
    assert.equal(first.duration, 0.5);
    assert.equal(ended.speed.length, 51);
    assert.ok(ended.measures.finalError > 0);
  }));

/** Half a step of a frame's angles, and the rounding of single precision, rad. */
const angleTolerance = 0.5 / angleSteps + 1e-6;

Deno.test("the frames of a trial decode, follow each other, and start in the drawn posture", () =>
  watching(smallRun, async (page) => {
    await until(() => page.frames.at(-1)?.step === 50, "the end of the first trial");
    const frames = page.frames.filter(({ trial }) => trial === 0);
    assert.deepEqual(frames.map(({ step }) => step), Array.from({ length: 51 }, (_, i) => i));
    const { arm } = runParts(smallRun);
    const drawn = findTask(smallRun.task).draw(arm, randomStream(smallRun.seed, "showing/0"), 8);
    const { startAngles, start, goal } = pickTrial(drawn, 0);
    const [frame] = frames;
    startAngles.forEach((angle, j) =>
      assert.ok(Math.abs(frame.angles[j] - angle) < angleTolerance, `joint ${j} starts at ${angle}`)
    );
    const [shown] = page.trials;
    assert.deepEqual([shown.start, shown.goal], [[...start], [...goal]]);
    for (const { angles, activations, hidden, callosum, handForce } of frames) {
      assert.equal(activations.length, 6);
      assert.deepEqual([hidden.length, callosum.length], [16, 16], "[layer][stream][unit]");
      assert.deepEqual(Array.from(handForce), [0, 0]);
      arm.joints.forEach(({ lower, upper }, j) =>
        assert.ok(angles[j] >= lower - angleTolerance && angles[j] <= upper + angleTolerance)
      );
    }
    assert.notDeepEqual(frames[50].angles, frame.angles, "the arm moves");
  }));

for (const hemispheres of cellNames) {
  Deno.test(`frames carry what each hemisphere receives, until the callosum is cut (${hemispheres})`, () =>
    watching({ ...smallRun, hemispheres }, showsExchange));
}

async function showsExchange(page: Page): Promise<void> {
  const shown = async (lesion: string) => {
    page.send({ type: "lesion", lesion });
    const { trial } = page.trial;
    const find = () => page.frames.find((frame) => frame.trial === trial && frame.step === 5);
    await until(() => find() !== undefined, `a frame with lesion ${lesion}`);
    assert.equal(page.trial.lesion, lesion);
    return find()!;
  };
  const { hidden, callosum } = await shown("none");
  // Layer 0 receives nothing; in layer 1 the maxima of the other side's pairs arrive in the last places.
  assert.deepEqual(Array.from(callosum).slice(0, 10), new Array(10).fill(0));
  const left = Array.from(hidden).slice(0, 4);
  const arrived = Array.from(callosum).slice(14);
  [Math.max(left[0], left[1]), Math.max(left[2], left[3])].forEach((sent, pair) =>
    assert.ok(Math.abs(arrived[pair] - sent) < 1.5 / 127, `${arrived[pair]} ≠ ${sent}`)
  );
  assert.deepEqual(Array.from((await shown("cc")).callosum), new Array(16).fill(0));
}

Deno.test("a load on the hand is in the frames", () =>
  watching(smallRun, async (page) => {
    page.send({ type: "task", task: "hold" });
    assert.equal(page.trial.task, "hold");
    const { trial } = page.trial;
    await until(() => (page.frames.at(-1)?.step ?? 0) > 3, "some frames");
    const forces = page.frames.filter((frame) => frame.trial === trial)
      .map(({ handForce }) => Array.from(handForce));
    assert.ok(Math.hypot(...forces[0]) > 0.01);
    for (const force of forces) assert.deepEqual(force, forces[0], "it is constant");
  }));

Deno.test("pause stops the trial where it is, continue goes on with it", () =>
  watching(smallRun, async (page) => {
    // Slow enough for the trial not to end meanwhile.
    page.send({ type: "speed", factor: 1 });
    await until(() => page.frames.length > 3, "some frames");
    page.send({ type: "pause" });
    assert.ok(page.status.paused);
    const { length } = page.frames;
    assert.ok(page.frames[length - 1].step < 50, "the trial is not over");
    await aWhile();
    assert.equal(page.frames.length, length);
    page.send({ type: "continue" });
    await until(() => page.frames.length > length, "frames after the pause");
    assert.equal(page.frames[length].step, page.frames[length - 1].step + 1);
    assert.equal(page.trials.length, 1);
  }));

Deno.test("speed, next trial, task and controller do what they say and show in the status", () =>
  watching(smallRun, (page) => {
    assert.equal(page.status.speed, 8);
    page.send({ type: "next-trial" });
    page.send({ type: "next-trial" });
    const [first, second] = page.trials;
    assert.deepEqual([first.trial, second.trial], [0, 1]);
    assert.notDeepEqual(first.goal, second.goal, "every trial is another one");
    page.send({ type: "task", task: "centre-out" });
    assert.deepEqual([page.status.task, page.trial.task], ["centre-out", "centre-out"]);
    assert.ok(page.trial.goTime > 0);
    assert.deepEqual(page.trial.mergeWeights, [0.5, 0.5]);
    page.send({ type: "controller", controller: "minimum-jerk" });
    assert.deepEqual(
      [page.status.controller, page.trial.controller],
      ["minimum-jerk", "minimum-jerk"],
    );
    assert.deepEqual(page.trial.mergeWeights, [], "a scripted controller has no hemispheres");
    assert.deepEqual(Array.from(page.frames.at(-1)!.hidden), new Array(16).fill(0));
    page.send({ type: "controller", controller: "bilateral" });
    assert.deepEqual(page.trial.mergeWeights, [0.5, 0.5]);
  }));

const unknown: readonly Command[] = [
  { type: "task", task: "juggling" },
  { type: "task", task: "constructor" },
  { type: "controller", controller: "unilateral" },
  { type: "lesion", lesion: "everything" },
  { type: "lesion", lesion: "toString" },
];

Deno.test("commands that name what there is not change nothing", () =>
  watching(smallRun, (page) => {
    const before = page.events.length;
    for (const command of unknown) page.send(command);
    assert.equal(page.events.length, before);
    assert.deepEqual(page.failures, []);
  }));

Deno.test("a lesion that the description does not offer is not shown", () =>
  watching({ ...smallRun, controller: "unilateral", objective: "balanced" }, (page) => {
    const [description] = page.events;
    assert.ok(description.type === "description");
    assert.deepEqual(description.lesions, ["none"]);
    const before = page.events.length;
    page.send({ type: "lesion", lesion: "low-left" });
    assert.equal(page.events.length, before);
  }));

Deno.test("bytes that are no command are reported to the bus, and the show goes on", () =>
  watching(smallRun, async (page) => {
    page.bus.publish(subjects.commands(run), Uint8Array.of(123, 255));
    assert.equal(page.failures.length, 1);
    await until(() => page.frames.length > 3, "frames");
  }));

Deno.test("the next trial is shown with the newest weights and says how old they are", () =>
  watching(smallRun, (page) => {
    const network = runNetwork(smallRun, runParts(smallRun));
    const weights = network.initialWeights(2);
    network.tensors(weights).merge[0][0] = 0.75;
    const payload = encodeWeights(network.layout, { weights, updates: 40 });
    page.send({ type: "next-trial" });
    assert.equal(page.trial.update, 0);
    page.bus.publish(subjects.weights(run), payload);
    page.send({ type: "next-trial" });
    assert.equal(page.trial.update, 40);
    assert.deepEqual(page.trial.mergeWeights, [0.75, 0.5]);
  }));

Deno.test("a scripted run is shown without a network", () =>
  watching({ ...smallRun, controller: "minimum-jerk", updates: 0 }, async (page, agent) => {
    const [description] = page.events;
    assert.ok(description.type === "description");
    assert.deepEqual(description.network.streams, []);
    assert.equal(page.status.training, "none");
    await until(() => page.frames.length > 3, "frames");
    assert.deepEqual(page.frames[3].hidden.length, 0);
    agent.setTraining("finished");
    assert.equal(page.status.training, "finished");
  }));

Deno.test("after close nothing is shown and nothing obeyed", () =>
  watching(smallRun, async (page, agent) => {
    await until(() => page.frames.length > 3, "some frames");
    agent.close();
    const counts = () => [page.frames.length, page.events.length];
    const before = counts();
    page.send({ type: "next-trial" });
    await aWhile();
    assert.deepEqual(counts(), before);
  }));
