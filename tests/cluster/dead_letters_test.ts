/** Messages that nobody can read: they are accounted for, and stop nobody. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Backbone } from "../../cluster/backbone.ts";
import { subjects } from "../../cluster/bus.ts";
import {
  type DeadLetter,
  deadLetter,
  DeadLetters,
  deadLetterSubject,
  type Decode,
  jsonOf,
  keptBytes,
} from "../../cluster/dead_letters.ts";
import { decodeFrame, encodeFrame } from "../../cluster/frame.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import {
  jobSpec,
  jobState,
  resultRecord,
  runRecord,
  workerRecord,
} from "../../cluster/jobs/records.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import {
  decodeCommand,
  decodeControl,
  decodeEvent,
  decodeInterest,
  decodeLaboratoryEvent,
  encodeMessage,
  laboratorySubjects,
} from "../../cluster/protocol.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { eventually } from "../support/eventually.ts";
import { TestServer } from "../support/nats_server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));

const throws = (error: unknown) => {
  throw error;
};

/** Letters as they are told on a bus, with who told them. */
function lettersOn(counters?: { add(name: string): void }) {
  const bus = inProcessBus(throws);
  const told: DeadLetter[] = [];
  const decode = jsonOf(deadLetter);
  bus.subscribe(deadLetterSubject, (payload) => told.push(decode(payload)));
  return { letters: new DeadLetters({ bus, from: "test", counters }), told };
}

const point = jsonOf(z.strictObject({ x: z.number(), name: z.string() }));

Deno.test("what can be read is handed on, what cannot be is told with its reason", () => {
  let counted = 0;
  const { letters, told } = lettersOn({
    add: (name) => counted += Number(name === "messages.malformed"),
  });
  const heard: unknown[] = [];
  const reader = letters.reader("points", point, (message) => heard.push(message));
  reader(json({ x: 1, name: "a" }));
  reader(bytes("no JSON"));
  reader(json({ x: "1", name: "a" }));
  reader(Uint8Array.of(0xff, 0xfe));
  reader(new Uint8Array(0));
  assert.deepEqual(heard, [{ x: 1, name: "a" }]);
  assert.equal(told.length, 4);
  assert.equal(letters.counts.get("points"), 4);
  assert.equal(counted, 4);
  assert.match(told[0].reason, /SyntaxError: .*JSON/);
  assert.match(told[1].reason, /expected number.*\n.*x/);
  for (const letter of told) assert.deepEqual([letter.source, letter.from], ["points", "test"]);
  assert.deepEqual(Uint8Array.fromBase64(told[2].head), Uint8Array.of(0xff, 0xfe));
});

Deno.test("of a large message the beginning is kept, and it is not even parsed", () => {
  const { letters, told } = lettersOn();
  const large = new Uint8Array(2 ** 20 + 1).fill(32);
  large.set(json({ x: 1, name: "a" }));
  assert.equal(letters.decode("points", large, point), undefined);
  assert.match(told[0].reason, /1048577 bytes are too many; at most 1048576/);
  assert.equal(told[0].size, large.length);
  assert.deepEqual(Uint8Array.fromBase64(told[0].head), large.slice(0, keptBytes));
});

Deno.test("whatever a decoder throws, and however long its reason, the letter is one", () => {
  const { letters, told } = lettersOn();
  for (const thrown of ["text", undefined, new Error("x".repeat(100_000))]) {
    assert.equal(letters.decode("x".repeat(5_000), json(1), () => throws(thrown)), undefined);
  }
  assert.equal(told.length, 3);
});

Deno.test("what a handler throws is no dead letter", () => {
  const { letters, told } = lettersOn();
  const reader = letters.reader("points", point, () => throws(new Error("the handler's own")));
  assert.throws(() => reader(json({ x: 1, name: "a" })), /the handler's own/);
  assert.equal(told.length, 0);
});

// --- 10,000 random and mutated messages on every subject, over a real server ---

/** A place where messages come in: how they get there, and how they are read. */
interface Inlet {
  readonly source: string;
  /** A message that can be read. */
  readonly sound: Uint8Array;
  readonly decode: Decode<unknown>;
}

const digest = "0".repeat(64);
const needs = { backend: "wasm", memory: 0, data: [] };
const run = "fuzzed";

/** Every subject of the bus that has a decoder, and every kind of record. */
const inlets: readonly Inlet[] = [
  {
    source: subjects.events(run),
    sound: encodeMessage({
      type: "status",
      training: "training",
      paused: false,
      speed: 1,
      task: "reach",
      controller: "bilateral",
      lesion: "none",
    }),
    decode: decodeEvent,
  },
  {
    source: subjects.commands(run),
    sound: encodeMessage({ type: "speed", factor: 2 }),
    decode: decodeCommand,
  },
  { source: subjects.control(run), sound: encodeMessage({ type: "stop" }), decode: decodeControl },
  {
    source: subjects.frames(run),
    sound: encodeFrame({
      trial: 1,
      step: 2,
      angles: [0.1, 0.2],
      handForce: [0, 0],
      activations: [0.5, 0.5],
      hidden: [0.1, 0.2, 0.3],
      callosum: [0, 0, 0],
    }),
    decode: decodeFrame,
  },
  {
    source: laboratorySubjects.interest,
    sound: encodeMessage({
      type: "interest",
      runs: [{ run: "a", metric: "loss" }, { run: "b", metric: null }],
      arms: ["0".repeat(40)],
    }),
    decode: decodeInterest,
  },
  {
    source: laboratorySubjects.events,
    sound: json({
      type: "curve",
      run: "a",
      job: "0".repeat(40),
      group: "g",
      metric: "loss",
      x: [1],
      y: [2],
    }),
    decode: decodeLaboratoryEvent,
  },
  {
    source: "records.specs",
    sound: json({ kind: "sim", work: { seed: 1 }, needs, code: "1" }),
    decode: jsonOf(jobSpec),
  },
  {
    source: "records.jobs",
    sound: json({
      state: "running",
      lane: "p0-00",
      epoch: 1,
      wanted: "run",
      holder: { worker: "w1", beat: 3, step: 10, steps: 100 },
      checkpoints: [{ digest, step: 5, epoch: 1, seq: 7 }],
      attempts: [{ epoch: 1, worker: "w0", end: "lost", step: 0, message: "" }],
      failures: 1,
    }),
    decode: jsonOf(jobState),
  },
  {
    source: "records.results",
    sound: json({
      digest,
      worker: "w1",
      epoch: 1,
      backend: "wasm",
      device: "cpu",
      cost: { seconds: 1, tensorBytes: 2 },
    }),
    decode: jsonOf(resultRecord),
  },
  {
    source: "records.runs",
    sound: json({ title: "a", kind: "sim", config: {}, jobs: { a: "b" }, submitted: "now" }),
    decode: jsonOf(runRecord),
  },
  {
    source: "records.workers",
    sound: json({
      name: "desk",
      host: "desk",
      pid: 1,
      version: "0",
      backends: [{ name: "wasm", device: "cpu" }],
      memory: { total: 2, free: 1 },
      cores: 2,
      load: 0.5,
      state: "idle",
      jobs: [],
      finished: 0,
      beat: 1,
      counters: {},
    }),
    decode: jsonOf(workerRecord),
  },
];

/** The subjects with safetensors files, which whoever needs them reads by the library's own reader. */
const binary: readonly string[] = [subjects.weights(run), subjects.checkpoints(run)];

Deno.test("the fuzzing below knows every subject of a run", () => {
  for (const subject of Object.values(subjects).map((name) => name(run))) {
    assert(binary.includes(subject) || inlets.some(({ source }) => source === subject), subject);
  }
});

/** A message of the inlet's, changed at random, or nothing but noise. */
function mutated(sound: Uint8Array, random: RandomStream): Uint8Array {
  const message = [...sound];
  const at = () => random.integer(Math.max(1, message.length));
  const noise = (length: number) => Array.from({ length }, () => random.integer(256));
  switch (random.integer(7)) {
    case 0:
      return Uint8Array.from(noise(random.integer(64)));
    case 1:
      for (let i = random.integer(4); i >= 0; i--) message[at()] ^= 1 << random.integer(8);
      break;
    case 2:
      message.length = at();
      break;
    case 3:
      message.splice(at(), random.integer(8), ...noise(random.integer(8)));
      break;
    case 4: {
      const [from, to] = [at(), at()];
      message.splice(to, 0, ...message.slice(from, from + 20));
      break;
    }
    case 5: {
      // A number or a word of JSON in the place of another one.
      const values = ["null", "1e999", "-1", '"__proto__"', "{}", "[]", "true", "1.5", '"\\ud800"'];
      const value = values[random.integer(values.length)];
      const text = new TextDecoder().decode(sound);
      const starts = [...text.matchAll(/[:,[]/g)].map(({ index }) => index + 1);
      const start = starts[random.integer(Math.max(1, starts.length))] ?? 0;
      const rest = text.slice(start).replace(/^("[^"]*"|[^,}\]]*)/, () => value);
      return bytes(text.slice(0, start) + rest);
    }
    default:
      // As it is: they must get through.
  }
  return Uint8Array.from(message);
}

const fuzzed = 10_000;

Deno.test("10,000 random and mutated messages on every subject: no crash, all accounted for", async (t) => {
  // Tens of thousands of letters, each on the disk before the next one, would take minutes.
  await using server = await TestServer.start({ alwaysSync: false });
  const plan = planOf({ prefix: "test", storage: 2 ** 30, ackWait: 60_000 });
  const failures: string[] = [];
  const open = (name: string) =>
    NatsBackbone.connect({
      servers: server.url,
      name,
      plan,
      onError: (error, source) => failures.push(`${source}: ${error}`),
    });
  await using sender = await open("sender");
  await using receiver = await open("receiver");
  const letters = new DeadLetters({ bus: receiver.bus, from: "receiver" });
  let dead = 0;

  for (const { source, sound, decode } of inlets) {
    await t.step(source, async () => {
      decode(sound);
      const random = randomStream(1, `fuzz ${source}`);
      let read = 0;
      const subscription = receiver.bus.subscribe(
        source,
        letters.reader(source, decode, () => read++),
      );
      await heard(sender, receiver);
      for (let i = 0; i < fuzzed; i++) {
        sender.bus.publish(source, mutated(sound, random));
        if (i % 500 === 499) await heard(sender, receiver);
      }
      const died = () => letters.counts.get(source) ?? 0;
      await eventually("all are accounted for", () => read + died() === fuzzed);
      assert(read > fuzzed / 20, `${read} could be read`);
      assert(died() > fuzzed / 20, `${died()} could not be read`);
      dead += died();
      subscription.unsubscribe();
    });
  }

  await t.step("tables, logs and hints", async () => {
    const random = randomStream(1, "fuzz the rest");
    const inlet = inlets.find(({ source }) => source === "records.jobs")!;
    const before = letters.counts.get("table") ?? 0;
    let read = 0;
    const reader = letters.reader("table", inlet.decode, () => read++);
    await receiver.table("jobs").watch(({ value }) => value && reader(value));
    const fewer = 300;
    let last = 0;
    for (let i = 0; i < fewer; i++) {
      await sender.table("jobs").create(`${i}`, mutated(inlet.sound, random));
      last = (await sender.logs.append("job.1", mutated(inlet.sound, random), last))!;
      await sender.queue.push("lane", mutated(inlet.sound, random));
    }
    for (const { payload } of await receiver.logs.read("job.1")) reader(payload);
    for (let i = 0; i < fewer; i++) {
      const signal = new AbortController().signal;
      const hint = (await receiver.queue.pull(["lane"], { signal, patience: 30_000 }))!;
      reader(hint.payload);
      await hint.done();
    }
    const died = () => (letters.counts.get("table") ?? 0) - before;
    await eventually("all are accounted for", () => read + died() === 3 * fewer);
    dead += died();
  });

  await t.step("all dead letters are kept, and say why", async () => {
    await heard(receiver, sender);
    const kept = await sender.deadLetters();
    assert.equal(kept.length, dead);
    assert(kept.every(({ reason, from }) => reason.length > 0 && from === "receiver"));
    const bySource = Map.groupBy(kept, ({ source }) => source);
    for (const [source, count] of letters.counts) {
      assert.equal(bySource.get(source)?.length, count, source);
    }
  });

  await t.step("what is no dead letter on their subject harms nobody who reads them", async () => {
    const random = randomStream(1, "fuzz the dead letters");
    for (let i = 0; i < fuzzed; i++) {
      sender.bus.publish(deadLetterSubject, mutated(json({ source: "a" }), random));
      if (i % 500 === 499) await heard(sender, receiver);
    }
    const kept = await receiver.deadLetters();
    assert.equal(kept.length, dead);
    assert.equal(failures.length, fuzzed);
  });
});

let tokens = 0;

/** Resolves when `to` has received what `from` has published so far. */
async function heard(from: Backbone, to: Backbone): Promise<void> {
  const subject = `token.${tokens++}`;
  let arrived = false;
  const subscription = to.bus.subscribe(subject, () => arrived = true);
  await eventually("a message gets through", () => {
    if (!arrived) from.bus.publish(subject, new Uint8Array(0));
    return arrived;
  });
  subscription.unsubscribe();
}
