/**
 * A worker as a process, which does chains and to which something happens as its settings say;
 * `harness.ts` starts it. Its log goes to its standard output.
 */
import { z } from "zod";
import { crashPoints } from "../../cluster/jobs/crash_points.ts";
import { ResultSpool } from "../../cluster/jobs/result_spool.ts";
import { jsonLine, Log } from "../../cluster/log.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { thisMachine } from "../../agents/worker/machine.ts";
import { hasRoom } from "../../agents/worker/disk_room.ts";
import { WorkerAgent } from "../../agents/worker/worker.ts";
import { chainExecutor } from "./chain.ts";
import { chaosPlan, longestLife } from "./plan.ts";
import { beKilled, beStopped } from "./strike.ts";

const workerSettings = z.strictObject({
  id: z.string(),
  servers: z.array(z.string()),
  /** Servers that keep each message. */
  replicas: z.literal([1, 3]),
  spool: z.string(),
  /** Between two signs of life, ms. */
  beat: z.int(),
  /** The longest that a step may take, ms. */
  stall: z.int(),
  /** It is killed or stopped there. */
  struck: z.strictObject({
    by: z.enum(["SIGKILL", "SIGSTOP"]),
    at: z.enum(crashPoints),
    /** When it comes there for the first time, the second, … */
    time: z.int().min(1),
  }).optional(),
  /** Its first job hangs at this step. */
  hangsAt: z.int().optional(),
  /** At this step its clock is set back by an hour. */
  clockSetBackAt: z.int().optional(),
});

export type ChaosWorkerSettings = z.infer<typeof workerSettings>;

/** Something happens to this process when it comes to a crash point. */
function misfortune({ struck }: ChaosWorkerSettings) {
  let times = 0;
  return async (point: (typeof crashPoints)[number]) => {
    if (point !== struck?.at || ++times !== struck.time) return;
    if (struck.by === "SIGKILL") beKilled();
    await beStopped();
  };
}

/** What happens before a step. */
function atStep({ hangsAt, clockSetBackAt }: ChaosWorkerSettings) {
  let hung = false;
  return async (step: number) => {
    if (step === clockSetBackAt) setClockBack();
    if (step !== hangsAt || hung) return;
    hung = true;
    await new Promise(() => {});
  };
}

/** As the system's clock looks to a program after it was set; monotonic time goes on. */
function setClockBack(): void {
  const hour = 3_600_000;
  const TrueDate = Date;
  globalThis.Date = class extends TrueDate {
    constructor(...given: [] | [number | string | Date]) {
      super(given[0] ?? TrueDate.now() - hour);
    }

    static override now(): number {
      return TrueDate.now() - hour;
    }
  } as DateConstructor;
}

async function main(): Promise<void> {
  const settings = workerSettings.parse(JSON.parse(Deno.args[0]));
  const { id, servers, replicas, spool, beat, stall } = settings;
  const log = new Log({ worker: id }, jsonLine, (_, line) => console.log(line));
  await using backbone = await NatsBackbone.connect({
    servers,
    name: id,
    role: "worker",
    plan: chaosPlan(replicas),
    log,
    patience: 60_000,
  });
  const agent = new WorkerAgent(backbone, {
    id,
    name: id,
    version: "test",
    backends: [{ name: "cpu", device: "chain" }],
    executors: [chainExecutor(atStep(settings))],
    machine: thisMachine(),
    spool: await ResultSpool.open(spool),
    hasRoom: () => hasRoom(spool),
    log,
    times: { beat, stall },
    at: misfortune(settings),
  });
  Deno.addSignalListener("SIGTERM", () => agent.leave());
  // A test that was killed leaves its workers behind.
  Deno.unrefTimer(setTimeout(() => Deno.exit(1), longestLife));
  await agent.run();
}

await main();
Deno.exit(0);
