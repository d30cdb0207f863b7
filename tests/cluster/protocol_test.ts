/** The protocol: every message survives the wire, and nothing else gets through. */
import assert from "node:assert/strict";
import {
  type Command,
  decodeCommand,
  decodeControl,
  decodeEvent,
  encodeMessage,
  type Event,
  protocolVersion,
} from "../../cluster/protocol.ts";

const events: readonly Event[] = [
  {
    type: "description",
    protocol: protocolVersion,
    run: "a run",
    seed: 1,
    engine: "cannon",
    task: "random-reach",
    controller: "bilateral",
    updates: 2000,
    arm: {
      name: "pendulum",
      summary: "one link",
      links: [{ name: "link", length: 0.3 }],
      joints: [{ name: "pivot", lower: -1, upper: 1 }],
      actuators: [{ name: "motor", kind: "motor", momentArms: [1] }],
    },
    network: { streams: ["left", "right"], layers: 2, units: 16, callosum: "maxpool-pad" },
    tasks: ["random-reach"],
    controllers: ["bilateral"],
    lesions: ["none"],
  },
  {
    type: "trial",
    trial: 0,
    task: "hold",
    controller: "bilateral",
    lesion: "none",
    update: 12,
    start: [0, 0.4],
    goal: [0.1, 0.5],
    goTime: 0,
    duration: 0.5,
    timeStep: 0.01,
    mergeWeights: [0.5, 0.5],
  },
  { type: "trial-ended", trial: 0, measures: { endpointError: 0.02 }, speed: [0, 0.1] },
  {
    type: "progress",
    update: 1,
    updates: 2,
    losses: { accuracy: 0.3 },
    finalError: 0.3,
    mergeWeights: [],
    updatesPerSecond: 0,
    nonFinite: 0,
    secondsLeft: 0,
  },
  {
    type: "evaluation",
    stage: "before",
    update: 0,
    engine: "equations",
    trials: 100,
    measures: {},
  },
  {
    type: "status",
    training: "evaluating",
    paused: true,
    speed: 0.5,
    task: "hold",
    controller: "bilateral",
    lesion: "cc",
  },
  { type: "notice", level: "warning", text: "nats-server away" },
];

const commands: readonly Command[] = [
  { type: "pause" },
  { type: "continue" },
  { type: "next-trial" },
  { type: "speed", factor: 0.05 },
  { type: "speed", factor: 8 },
  { type: "task", task: "hold" },
  { type: "controller", controller: "minimum-jerk" },
  { type: "lesion", lesion: "low-left" },
];

const bytes = (text: string) => new TextEncoder().encode(text);
const altered = (message: object, change: Record<string, unknown>) =>
  bytes(JSON.stringify({ ...message, ...change }));
const eventOf = (type: Event["type"]) => {
  const found = events.find((event) => event.type === type);
  assert.ok(found);
  return found;
};

Deno.test("every event comes out as it went in", () => {
  for (const event of events) assert.deepEqual(decodeEvent(encodeMessage(event)), event);
});

Deno.test("every command comes out as it went in", () => {
  for (const command of commands) assert.deepEqual(decodeCommand(encodeMessage(command)), command);
});

Deno.test("the owner's word to the training comes out as it went in, and no page can say it", () => {
  const stop = encodeMessage({ type: "stop" });
  assert.deepEqual(decodeControl(stop), { type: "stop" });
  assert.throws(() => decodeCommand(stop));
  assert.throws(() => decodeControl(encodeMessage({ type: "pause" })));
});

Deno.test("what a message does not know is dropped, so it cannot travel on", () => {
  assert.deepEqual(decodeCommand(bytes(`{"type":"pause","script":"<b>"}`)), { type: "pause" });
});

Deno.test("commands are not events and events are not commands", () => {
  for (const command of commands) assert.throws(() => decodeEvent(encodeMessage(command)));
  for (const event of events) assert.throws(() => decodeCommand(encodeMessage(event)));
});

Deno.test("what is not a command is refused", () => {
  for (
    const wrong of [
      "",
      "null",
      "[]",
      "{",
      `"pause"`,
      `{"type":"Pause"}`,
      `{"type":"speed"}`,
      `{"type":"speed","factor":0}`,
      `{"type":"speed","factor":8.1}`,
      `{"type":"speed","factor":"1"}`,
      `{"type":"speed","factor":null}`,
      `{"type":"task","task":"${"x".repeat(41)}"}`,
      `{"type":"lesion","lesion":7}`,
    ]
  ) assert.throws(() => decodeCommand(bytes(wrong)), wrong);
  assert.throws(() => decodeCommand(new Uint8Array([0xff, 0xfe])), TypeError, "not UTF-8");
});

Deno.test("an event with a value out of its range is refused", () => {
  for (
    const [type, change] of [
      ["description", { protocol: protocolVersion + 1 }],
      ["description", { seed: -1 }],
      ["description", { arm: undefined }],
      ["trial", { goal: [0] }],
      ["trial", { duration: 0 }],
      ["trial", { trial: 0.5 }],
      ["trial-ended", { measures: { endpointError: "small" } }],
      ["progress", { finalError: null }],
      ["evaluation", { trials: 0 }],
      ["evaluation", { stage: "later" }],
      ["status", { training: "resting" }],
      ["status", { speed: 0 }],
    ] as const
  ) {
    assert.throws(
      () => decodeEvent(altered(eventOf(type), change)),
      `${type} with ${JSON.stringify(change)}`,
    );
  }
});
