/**
 * A deterministic stand-in for a run, to drive the real server and the real page in tests: a smooth
 * synthetic movement, valid events, and answers to commands. It learns nothing and simulates nothing.
 */
import { arms } from "../../sim/arms/catalogue.ts";
import { randomStream } from "../../sim/random.ts";
import { type Bus, subjects } from "../../cluster/bus.ts";
import { encodeFrame } from "../../cluster/frame.ts";
import {
  type Command,
  decodeCommand,
  type Description,
  encodeMessage,
  type Event,
  protocolVersion,
  type Status,
} from "../../cluster/protocol.ts";

const timeStep = 0.01;
const stepsPerTrial = 80;
/** Steps of rest at the end of a trial. */
const rest = 15;
const goStep = 10;
const updates = 2000;
const units = 16;
const layers = 2;

/** What a feed needs. */
export interface FeedOptions {
  readonly bus: Bus;
  readonly run: string;
  /** One of the catalogue's arms. */
  readonly arm?: string;
  /** Controllers without hidden units show no hemispheres. */
  readonly streams?: readonly string[];
  /** Updates that the synthetic training has made at the start, and how many a second it makes. */
  readonly update?: number;
  readonly updatesPerSecond?: number;
}

/** A running feed. */
export interface Feed {
  readonly description: Description;
  /** The commands that have arrived, oldest first. */
  readonly commands: readonly Command[];
  stop(): void;
}

/** The description that a feed sends. */
export function feedDescription(
  { run, arm: name = "arm26", streams = ["left", "right"] }: FeedOptions,
): Description {
  const arm = arms[name];
  const actuators: Description["arm"]["actuators"] = arm.muscles.length > 0
    ? arm.muscles.map(({ name, momentArms }) => ({
      name,
      kind: "muscle",
      momentArms: [...momentArms],
    }))
    : arm.joints.map(({ name }, joint) => ({
      name: `${name} motor`,
      kind: "motor",
      momentArms: arm.joints.map((_, other) => other === joint ? 1 : 0),
    }));
  return {
    type: "description",
    protocol: protocolVersion,
    run,
    seed: 1,
    engine: "cannon",
    task: "random-reach",
    controller: "bilateral",
    updates,
    arm: {
      name: arm.name,
      summary: arm.summary,
      links: arm.links.map(({ name, length }) => ({ name, length })),
      joints: arm.joints.map(({ name, lower, upper }) => ({ name, lower, upper })),
      actuators,
    },
    network: {
      streams: [...streams],
      layers: streams.length > 0 ? layers : 0,
      units: streams.length > 0 ? units : 0,
      callosum: streams.length > 1 ? "maxpool-pad" : "none",
    },
    tasks: ["random-reach", "hold", "centre-out", "curl-field"],
    controllers: ["bilateral", "unilateral", "minimum-jerk"],
    lesions: ["none", "low-left", "low-right", "high-left", "high-right", "cc"],
  };
}

/** Start to publish. Everything that is published depends on the options and on the commands alone. */
export function startFeed(options: FeedOptions): Feed {
  const { bus, run } = options;
  const description = feedDescription(options);
  const commands: Command[] = [];
  const random = randomStream(1, "feed");
  const publish = (event: Event) => bus.publish(subjects.events(run), encodeMessage(event));

  let status: Status = {
    type: "status",
    training: "training",
    paused: false,
    speed: 1,
    task: description.task,
    controller: description.controller,
    lesion: "none",
  };
  let update = options.update ?? 0;
  let trial = -1;
  let step = stepsPerTrial;
  let from = description.arm.joints.map(({ lower, upper }) => (lower + upper) / 2);
  let to = from;
  const load = [0, 0];

  const error = (at: number) => 0.029 + 0.33 * Math.exp(-at / 260);

  function beginTrial(): void {
    trial++;
    step = 0;
    from = to;
    to = description.arm.joints.map(({ lower, upper }) =>
      lower + (upper - lower) * (0.15 + 0.7 * random.uniform())
    );
    load[0] = trial % 2 === 0 ? 6 : -5;
    load[1] = trial % 2 === 0 ? 5 : 7;
    const goal = hand(to);
    publish({
      type: "trial",
      trial,
      task: status.task,
      controller: status.controller,
      lesion: status.lesion,
      update,
      start: hand(from),
      goal: [goal[0] + 0.3 * error(update), goal[1] - 0.2 * error(update)],
      goTime: goStep * timeStep,
      duration: stepsPerTrial * timeStep,
      timeStep,
      mergeWeights: description.network.streams.length === 2 ? [0.91, 1.36] : [],
    });
  }

  function endTrial(): void {
    const places = Array.from({ length: stepsPerTrial }, (_, at) => hand(posture(at)));
    const speed = places.map(([x, y], at) => {
      const [x0, y0] = places[Math.max(at - 1, 0)];
      return Math.hypot(x - x0, y - y0) / timeStep;
    });
    publish({
      type: "trial-ended",
      trial,
      measures: {
        endpointError: 0.4 * error(update),
        finalError: 0.45 * error(update),
        straightness: 1.184,
        peakSpeed: Math.max(...speed),
        peakSpeedShare: 0.47,
        ldlj: -5.31,
        sparc: -1.52,
        effort: 0.061,
        movementTime: 0.52,
        maximalDeviation: 0.021,
        work: 2.4,
      },
      speed,
    });
  }

  function hand(angles: readonly number[]): [number, number] {
    let [x, y, direction] = [0, 0, 0];
    description.arm.links.forEach(({ length }, i) => {
      direction += angles[i];
      x += length * Math.cos(direction);
      y += length * Math.sin(direction);
    });
    return [x, y];
  }

  /** Minimum jerk in joint space, the elbow a little later than the shoulder. */
  function posture(at: number): number[] {
    const movement = stepsPerTrial - rest - goStep;
    return from.map((angle, joint) => {
      const share = Math.min(Math.max((at - goStep - 4 * joint) / (movement - 4), 0), 1);
      return angle + (to[joint] - angle) * (10 * share ** 3 - 15 * share ** 4 + 6 * share ** 5);
    });
  }

  function sendFrame(): void {
    const angles = posture(step);
    const phase = 2 * Math.PI * step / stepsPerTrial;
    const { streams } = description.network;
    const count = streams.length * description.network.layers * description.network.units;
    const hidden = Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase + trial) * 0.9);
    const perLayer = streams.length * units;
    const callosum = hidden.map((_, i) => {
      const unit = i % units;
      if (i < perLayer || streams.length < 2 || unit < units / 2) return 0;
      const otherStream = 1 - Math.floor(i % perLayer / units);
      const source = otherStream * units + 2 * (unit - units / 2);
      return Math.max(hidden[source], hidden[source + 1]);
    });
    bus.publish(
      subjects.frames(run),
      encodeFrame({
        trial,
        step,
        angles,
        handForce: status.task === "hold" ? load : [0, 0],
        activations: description.arm.actuators.map(({ kind }, i) => {
          const drive = Math.sin(phase + 1.9 * i + trial);
          return kind === "motor" ? drive : Math.max(0.02, drive) ** 1.5;
        }),
        hidden,
        callosum,
      }),
    );
  }

  function obey(command: Command): void {
    commands.push(command);
    switch (command.type) {
      case "pause":
      case "continue":
        status = { ...status, paused: command.type === "pause" };
        break;
      case "next-trial":
        return beginTrial();
      case "speed":
        status = { ...status, speed: command.factor };
        break;
      case "task":
        status = { ...status, task: command.task };
        break;
      case "controller":
        status = { ...status, controller: command.controller };
        break;
      case "lesion":
        status = { ...status, lesion: command.lesion };
        break;
    }
    publish(status);
  }

  function sendProgress(): void {
    const noise = 1 + 0.15 * (random.uniform() - 0.5);
    publish({
      type: "progress",
      update,
      updates,
      losses: { accuracy: 4 * error(update) * noise, economy: 2 * error(update) },
      finalError: error(update) * noise,
      mergeWeights: [0.91, 1.36],
      updatesPerSecond: options.updatesPerSecond ?? 20,
      nonFinite: 0,
      secondsLeft: (updates - update) / (options.updatesPerSecond ?? 20),
    });
  }

  publish(description);
  publish(status);
  const past = update;
  for (update = 0; update < past; update += 10) {
    sendProgress();
    if (update % 250 === 0) {
      publish({
        type: "evaluation",
        stage: update === 0 ? "before" : "during",
        update,
        engine: "cannon",
        trials: 100,
        measures: { endpointError: 1.08 * error(update) },
      });
    }
  }
  update = past;
  sendProgress();

  // Steps follow real time, so that a slow machine shows fewer frames and not slower ones.
  let owed = 0;
  let before = performance.now();
  const frames = setInterval(() => {
    const now = performance.now();
    if (!status.paused) owed += (now - before) / 1000 * status.speed / timeStep;
    before = now;
    for (owed = Math.min(owed, 20); owed >= 1; owed--) {
      if (step >= stepsPerTrial) beginTrial();
      sendFrame();
      if (++step === stepsPerTrial) endTrial();
    }
  }, 10);
  const training = setInterval(() => {
    update = Math.min(updates, update + Math.round((options.updatesPerSecond ?? 20) / 2));
    sendProgress();
  }, 500);
  const subscription = bus.subscribe(subjects.commands(run), (bytes) => obey(decodeCommand(bytes)));

  return {
    description,
    commands,
    stop() {
      clearInterval(frames);
      clearInterval(training);
      subscription.unsubscribe();
    },
  };
}
