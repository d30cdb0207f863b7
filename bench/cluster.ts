/**
 * What the cluster costs, on this machine, with a nats-server of its own:
 *
 * - messages through our bus and our logs, over the same payloads sent by NATS's bare client in the same
 *   run, in turn;
 * - a job through the cluster, over the same job without one;
 * - two workers over one;
 * - how long it takes until there is progress again after a worker was killed.
 *
 *     deno run … bench/cluster.ts [--quick] [messages] [overhead] [workers] [recovery]
 *
 * `--quick` takes jobs of ten seconds instead of a minute, whose start and end weigh six times as much.
 */
import { jetstream } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Crew } from "../agents/chaos/crew.ts";
import { chaosBackend } from "../agents/chaos/jobs.ts";
import { RecoveryMeter } from "../agents/chaos/recovery.ts";
import { codeVersion } from "../agents/desk/submission.ts";
import type { ExecutionContext } from "../agents/worker/executor.ts";
import { libraryExecutor, type LibraryWork } from "../agents/worker/library_executor.ts";
import { watchOverJobs } from "../agents/worker/watch_over_jobs.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { Counters } from "../cluster/counters.ts";
import { inProcessBus } from "../cluster/in_process.ts";
import { jobId } from "../cluster/jobs/identity.ts";
import { Ledger } from "../cluster/jobs/ledger.ts";
import type { JobSpec, JobState } from "../cluster/jobs/records.ts";
import { jsonLine, Log } from "../cluster/log.ts";
import { NatsBackbone } from "../cluster/nats/backbone.ts";
import { planOf } from "../cluster/nats/plan.ts";
import { NatsServer } from "../cluster/nats/server.ts";
import { dagnn } from "../learners/graphs/dagnn.ts";
import { clocks, type Contestant, median, ratio, readable, takeTurns } from "./timing.ts";

const plan = planOf();
const silent = new Log({}, jsonLine, () => {});

// --- messages -------------------------------------------------------------------------------------------

/** Frames that are on their way at once, at the most. */
const window = 4_000;

/** Logs that are written to at once; in each, one entry after the other. */
const chains = 64;

/** Sends messages; resolves when all have arrived, or are acknowledged. */
type Send = (count: number) => Promise<void>;

/** A way of sending. */
interface Sender {
  readonly name: string;
  readonly send: Send;
}

/** Milliseconds a message by one of the clocks. */
function contestant({ name, send }: Sender, clock: () => number): Contestant {
  return {
    name,
    async measure(repetitions) {
      const began = clock();
      await send(repetitions);
      return (clock() - began) / repetitions;
    },
  };
}

/** Publishes, with so many messages on their way at the most. */
function frames(publish: () => void, subscribe: (arrive: () => void) => void): Send {
  let [wanted, sent, arrived] = [0, 0, 0];
  let done = Promise.withResolvers<void>();
  const proceed = () => {
    while (sent < wanted && sent - arrived < window) {
      sent++;
      publish();
    }
  };
  subscribe(() => {
    if (++arrived === wanted) return done.resolve();
    // Now and then, so that neither side waits for the other.
    if (arrived % (window / 4) === 0) proceed();
  });
  return async (count) => {
    done = Promise.withResolvers();
    [wanted, sent, arrived] = [count, 0, 0];
    proceed();
    await done.promise;
  };
}

/** Sends in several chains at once, in each of which one message is acknowledged before the next. */
function acknowledged(send: (chain: number) => Promise<void>): Send {
  return async (count) => {
    let left = count;
    await Promise.all(Array.from({ length: chains }, async (_, chain) => {
      while (left-- > 0) await send(chain);
    }));
  };
}

/** Connections of both kinds, one that sends and one that receives. */
interface Lines {
  readonly ours: readonly [Backbone, Backbone];
  readonly bare: readonly [NatsConnection, NatsConnection];
}

function frameSenders({ ours, bare }: Lines, payload: Uint8Array): Sender[] {
  const subject = `run.bench-${payload.length}.frames`;
  const bareSubject = plan.busSubject(`${subject}.bare`);
  return [
    {
      name: "bare client",
      send: frames(
        () => bare[0].publish(bareSubject, payload),
        (arrived) => bare[1].subscribe(bareSubject, { callback: arrived }),
      ),
    },
    {
      name: "our bus",
      send: frames(
        () => ours[0].bus.publish(subject, payload),
        (arrived) => ours[1].bus.subscribe(subject, arrived),
      ),
    },
  ];
}

function eventSenders({ ours, bare }: Lines, payload: Uint8Array): Sender[] {
  const client = jetstream(bare[0]);
  const positions: number[] = Array(chains).fill(0);
  const expected: number[] = Array(chains).fill(0);
  const subject = (name: string, chain: number) =>
    plan.logs.subject(`${name}-${payload.length}-${chain}`);
  return [
    {
      name: "bare client",
      send: acknowledged(async (chain) => {
        await client.publish(subject("bare", chain), payload);
      }),
    },
    {
      name: "bare client, compare-and-set",
      send: acknowledged(async (chain) => {
        const expect = { lastSubjectSequence: expected[chain] };
        const { seq } = await client.publish(subject("cas", chain), payload, { expect });
        expected[chain] = seq;
      }),
    },
    {
      name: "our logs",
      send: acknowledged(async (chain) => {
        const name = `ours-${payload.length}-${chain}`;
        positions[chain] = (await ours[0].logs.append(name, payload, positions[chain]))!;
      }),
    },
  ];
}

async function compareMessages(title: string, senders: readonly Sender[]): Promise<void> {
  const turns = { rounds: 15, shortest: 700 };
  const [wall, processor] = [
    await takeTurns(senders.map((sender) => contestant(sender, clocks.wall)), turns),
    await takeTurns(senders.map((sender) => contestant(sender, clocks.processor)), turns),
  ];
  const rows = senders.map(({ name }, i) => [name, {
    "messages/s": readable(1000 / wall[i].milliseconds),
    "over bare client": readable(1 / ratio(wall[i], wall[0])),
    "processor here, µs": readable(1000 * processor[i].milliseconds),
  }]);
  console.log(`\n${title}`);
  console.table(Object.fromEntries(rows));
}

async function measureMessages(url: string): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const ours = async (name: string) =>
    opened.use(await NatsBackbone.connect({ servers: url, name, plan }));
  const bare = async () => {
    // As ours: a trace for each request costs more than the request.
    const connection = await connect({ servers: url, noAsyncTraces: true });
    opened.defer(() => connection.close());
    return connection;
  };
  const lines: Lines = {
    ours: [await ours("sender"), await ours("receiver")],
    bare: [await bare(), await bare()],
  };
  for (const size of [200, 1024]) {
    const payload = new Uint8Array(size).fill(7);
    const senders = frameSenders(lines, payload);
    // Until the server knows who listens, messages get lost.
    await lines.bare[1].flush();
    await lines.ours[1].table("jobs").keys();
    await compareMessages(`frames of ${size} B`, senders);
  }
  for (const size of [200, 1024]) {
    const payload = new Uint8Array(size).fill(7);
    const senders = eventSenders(lines, payload);
    await compareMessages(`acknowledged events of ${size} B, ${chains} logs at once`, senders);
  }
}

// --- jobs -----------------------------------------------------------------------------------------------

/** A laboratory with workers that have joined. */
class Laboratory implements AsyncDisposable {
  readonly #states = new Map<string, JobState>();
  #changed = Promise.withResolvers<void>();
  readonly recovery = new RecoveryMeter();

  private constructor(
    readonly ledger: Ledger,
    readonly crew: Crew,
    private readonly opened: AsyncDisposableStack,
  ) {}

  static async open(servers: string, workers: number): Promise<Laboratory> {
    await using opened = new AsyncDisposableStack();
    const backbone = opened.use(await NatsBackbone.connect({ servers, name: "bench" }));
    opened.use(await watchOverJobs(backbone, "bench", silent));
    const state = await Deno.makeTempDir({ prefix: "callosum-bench-" });
    opened.defer(() => Deno.remove(state, { recursive: true }));
    const name = `bench-${crypto.randomUUID().slice(0, 4)}`;
    const crew = opened.use(
      await Crew.start({
        ...{ name, workers, access: { servers }, backbone, state, seed: 1, log: silent },
        counters: new Counters(),
        listener: () => {},
      }),
    );
    const laboratory = new Laboratory(new Ledger(backbone), crew, opened.move());
    await laboratory.#watch();
    while (
      (await backbone.table("workers").keys()).filter((id) => id.startsWith(name)).length < workers
    ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return laboratory;
  }

  /** Submit jobs, and wait until they are done. @returns how long it took, s */
  async do(specs: readonly JobSpec[]): Promise<number> {
    const began = performance.now();
    const ids = await Promise.all(specs.map((spec) => this.ledger.submit(spec)));
    for (const id of ids) await this.until(id, ({ state }) => state === "done");
    return (performance.now() - began) / 1000;
  }

  async until(id: string, wanted: (state: JobState) => boolean): Promise<JobState> {
    for (;;) {
      const { promise } = this.#changed;
      const state = this.#states.get(id);
      if (state && wanted(state)) return state;
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened.disposeAsync();
  }

  async #watch(): Promise<void> {
    this.opened.use(
      disposable(
        await this.ledger.watch((id, state) => {
          this.#states.set(id, state);
          this.recovery.see(id, state, performance.now());
          this.#changed.resolve();
          this.#changed = Promise.withResolvers();
        }),
      ),
    );
  }
}

function disposable(subscription: { unsubscribe(): void }): Disposable {
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}

let seed = 0;

/** A job that nobody has done before. */
function workOf(epochs: number): LibraryWork {
  const config = dagnn.config.parse({
    ...dagnn.profiles.smoke.config,
    epochs,
    patience: epochs,
  });
  return { method: dagnn.id, variant: "appnp", seed: ++seed, config };
}

function specOf(work: LibraryWork): JobSpec {
  const needs = { backend: chaosBackend, memory: 0, data: [] };
  return { kind: "library", work, needs, code: codeVersion() };
}

/** How long a job took, s: all of it, and its training alone. */
interface JobTimes {
  readonly whole: number;
  readonly training: number;
}

/** Do the work in a thread of this process, without a cluster. */
async function doDirectly(work: LibraryWork): Promise<JobTimes> {
  const began = performance.now();
  const context: ExecutionContext = {
    job: "direct",
    bus: inProcessBus((error) => {
      throw error;
    }),
    backend: chaosBackend,
    stop: new AbortController().signal,
    abandon: new AbortController().signal,
    alive() {},
    progress() {},
    keep: () => Promise.resolve(),
    file: (name) => Promise.reject(new Error(`no file ${name}`)),
  };
  const end = await libraryExecutor().run(work, context);
  if (end.kind === "stopped") throw new Error("a job stopped that nobody had asked to");
  return { whole: (performance.now() - began) / 1000, training: end.cost.seconds };
}

/** Epochs that take so many seconds here. */
async function epochsFor(seconds: number): Promise<number> {
  const [few, many] = [200, 2_200];
  await doDirectly(workOf(few));
  const { whole: short } = await doDirectly(workOf(few));
  const { whole: long } = await doDirectly(workOf(many));
  return Math.round(few + (many - few) * (seconds - short) / (long - short));
}

async function measureOverhead(url: string, seconds: number, rounds: number): Promise<void> {
  const epochs = await epochsFor(seconds);
  await using laboratory = await Laboratory.open(url, 1);
  const inCluster = async (spec: JobSpec): Promise<JobTimes> => {
    const whole = await laboratory.do([spec]);
    const { cost } = (await laboratory.ledger.result(jobId(spec)))!;
    return { whole, training: cost.seconds };
  };
  const pairs: { direct: JobTimes; cluster: JobTimes }[] = [];
  for (let round = 0; round < rounds; round++) {
    // A B, then B A: a slow drift of the machine favours neither.
    const work = workOf(epochs);
    if (round % 2 === 0) {
      const direct = await doDirectly(work);
      pairs.push({ direct, cluster: await inCluster(specOf(work)) });
    } else {
      const cluster = await inCluster(specOf(work));
      pairs.push({ direct: await doDirectly(work), cluster });
    }
  }
  const row = (of: (times: JobTimes) => number) => ({
    "direct, s": readable(median(pairs.map(({ direct }) => of(direct)))),
    "through the cluster, s": readable(median(pairs.map(({ cluster }) => of(cluster)))),
    "overhead, s": readable(median(pairs.map(({ direct, cluster }) => of(cluster) - of(direct)))),
    "overhead, % of the job": readable(median(
      pairs.map(({ direct, cluster }) => 100 * (of(cluster) - of(direct)) / direct.whole),
    )),
  });
  console.table({
    [`a job of ${seconds} s, median of ${rounds}`]: row(({ whole }) => whole),
    "of it the training": row(({ training }) => training),
    "of it start and end": row(({ whole, training }) => whole - training),
  });
}

async function measureWorkers(url: string, seconds: number, rounds: number): Promise<void> {
  const epochs = await epochsFor(seconds);
  const works = (count: number) => Array.from({ length: count }, () => workOf(epochs));
  /** Jobs a minute of so many workers. */
  const inCluster = async (workers: number) => {
    await using laboratory = await Laboratory.open(url, workers);
    const jobs = works(4 * workers).map(specOf);
    return 60 * jobs.length / await laboratory.do(jobs);
  };
  const directly = async (threads: number) => {
    const times = await Promise.all(works(threads).map(doDirectly));
    return 60 * threads / Math.max(...times.map(({ whole }) => whole));
  };
  const forms = { "with the cluster": inCluster, "threads without a cluster": directly };
  const rates = Object.keys(forms).map(() => ({ one: [] as number[], two: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, measure] of Object.values(forms).entries()) {
      rates[i].one.push(await measure(1));
      rates[i].two.push(await measure(2));
    }
  }
  const rows = Object.keys(forms).map((name, i) => {
    const { one, two } = rates[i];
    return [name, {
      "one, jobs/min": readable(median(one)),
      "two, jobs/min": readable(median(two)),
      ratio: readable(median(two.map((rate, round) => rate / one[round]))),
    }];
  });
  console.table(Object.fromEntries(rows));
}

async function measureRecovery(url: string): Promise<void> {
  const epochs = await epochsFor(30);
  const rows: Record<string, Record<string, number>> = {};
  for (const workers of [2, 1]) {
    await using laboratory = await Laboratory.open(url, workers);
    const { recovery, ledger } = laboratory;
    for (let time = 0; time < 5; time++) {
      const id = await ledger.submit(specOf(workOf(epochs)));
      const { holder } = await laboratory.until(id, ({ checkpoints }) => checkpoints.length > 0);
      const killed = laboratory.crew.kill(new Set([holder!.worker]));
      recovery.interrupt(killed!, "killed", performance.now());
      const before = recovery.times.get("killed")?.length ?? 0;
      await laboratory.until(id, () => (recovery.times.get("killed")?.length ?? 0) > before);
      await ledger.cancel(id);
      await laboratory.until(id, ({ state }) => state === "cancelled");
    }
    const seconds = recovery.times.get("killed")!.map((time) => time / 1000);
    rows[workers === 2 ? "another worker is idle" : "the worker must start anew"] = {
      "median, s": readable(median(seconds)),
      "shortest, s": readable(Math.min(...seconds)),
      "longest, s": readable(Math.max(...seconds)),
    };
  }
  console.table(rows);
}

const quick = Deno.args.includes("--quick");
const length = quick ? 10 : 60;

/** What is measured, by the name that asks for it. */
const measurements: Record<string, (url: string) => Promise<void>> = {
  async messages(url) {
    console.log("Messages: sender and receiver in one process, medians of 15 rounds in turn.");
    await measureMessages(url);
  },
  async overhead(url) {
    console.log(
      "One job, from its submission until it is seen to be done, over the same job directly.",
    );
    await measureOverhead(url, length, quick ? 4 : 3);
  },
  async workers(url) {
    console.log("Two workers over one, jobs of 5 s.");
    await measureWorkers(url, 5, 3);
  },
  async recovery(url) {
    console.log("From the killing of a worker to the next step of its job, five times.");
    await measureRecovery(url);
  },
};

const asked = Deno.args.filter((argument) => Object.hasOwn(measurements, argument));
const folder = await Deno.makeTempDir({ prefix: "callosum-bench-" });
try {
  await using server = await NatsServer.start({ folder, port: -1 });
  console.log(`nats-server ${server.version.join(".")} on this machine`);
  for (const name of asked.length > 0 ? asked : Object.keys(measurements)) {
    console.log();
    await measurements[name](server.url);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);
