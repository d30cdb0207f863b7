/** A `sim` run as its folder has kept it, and done again. */
import { type Bus, subjects } from "../../cluster/bus.ts";
import { goodCheckpoints } from "../../cluster/checkpoint_pair.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { decodeEvent, type Evaluation } from "../../cluster/protocol.ts";
import type { TrainerState } from "../../learners/motor/trainer.ts";
import { decodeCheckpoint } from "../sim/checkpoint.ts";
import { type RunConfig, runNetwork, runParts } from "../sim/run_config.ts";
import { isSuperseded, type LoggedEvent, type SimRunFolder, toLog } from "../sim/run_log.ts";
import { type SimReport, simReport } from "../sim/run_report.ts";
import { startTraining } from "../sim/training_thread.ts";
import { unlessAborted } from "../worker/executor.ts";
import { checkpointsWithin, readAll, type Recording, type ReplaySettings } from "./recording.ts";
import type { Bounds, Stretch } from "./stretch.ts";

/**
 * The recording of a `sim` run.
 * @param backend the tensor backend that does it again, where it is to be another one
 * @throws {RunStoreError} when something of it cannot be read
 */
export async function simRecording(
  run: SimRunFolder,
  backend = run.config.backend,
): Promise<Recording> {
  const { id } = run;
  const config = { ...run.config, backend };
  const readCheckpoint = checkpointReader(config);
  const checkpoints = readAll(await goodCheckpoints(run.path), readCheckpoint);
  const events = await run.readEvents();
  const report = await run.loadReport() as SimReport | undefined;
  return {
    name: id,
    finished: report !== undefined,
    checkpoints,
    readCheckpoint,
    kept: (bounds) => ({
      events: events.filter((event) => isWithin(event, bounds)),
      checkpoints: checkpointsWithin(checkpoints, bounds),
      result: report && !bounds.until ? resultOf(report) : undefined,
    }),
    async replay(bounds, settings) {
      const wanted = new Set(checkpointsWithin(checkpoints, bounds).keys());
      const replay = new SimReplay(id, config, bounds, wanted, settings);
      const before = events.filter((event) => !isSuperseded(event, bounds.from?.step ?? -1));
      return await replay.run(before);
    },
  };
}

function checkpointReader(config: RunConfig): Recording["readCheckpoint"] {
  return (bytes) => ({ bytes, step: trainerState(bytes, config).adam.updates });
}

function trainerState(checkpoint: Uint8Array, config: RunConfig): TrainerState {
  return decodeCheckpoint(checkpoint, runNetwork(config, runParts(config)).layout);
}

/** Evaluations before and after the training are made at its very end. */
function isWithin(event: LoggedEvent, { from, until }: Bounds): boolean {
  const isDone = from !== undefined && !isSuperseded(event, from.step);
  const isLater = until !== undefined && isSuperseded(event, until.step);
  return !isDone && !isLater;
}

/** What a report says, less where the run is kept and how long it took. */
function resultOf({ run: _run, dir: _dir, seconds: _seconds, ...numbers }: SimReport): unknown {
  return JSON.parse(JSON.stringify(numbers));
}

/** Notes what a training does that is done again. */
class SimReplay {
  readonly #events: LoggedEvent[] = [];
  readonly #checkpoints = new Map<number, Uint8Array>();
  readonly #reachedEnd = Promise.withResolvers<void>();
  readonly #failure = Promise.withResolvers<never>();
  readonly #read: Recording["readCheckpoint"];

  constructor(
    private readonly id: string,
    private readonly config: RunConfig,
    private readonly bounds: Bounds,
    /** The updates whose checkpoints are to be compared. */
    private readonly wanted: ReadonlySet<number>,
    private readonly settings: ReplaySettings,
  ) {
    this.#read = checkpointReader(config);
  }

  /** @param before the events of the stretches before this one */
  async run(before: readonly LoggedEvent[]): Promise<Stretch> {
    const bus = inProcessBus((error) => this.#failure.reject(error));
    bus.subscribe(subjects.events(this.id), (payload) => this.#hear(payload));
    bus.subscribe(subjects.checkpoints(this.id), (payload) => this.#keep(payload));
    await this.#train(bus);
    const stretch = { events: this.#events, checkpoints: this.#checkpoints };
    return this.bounds.until ? stretch : { ...stretch, result: this.#result(before) };
  }

  /** Resolves when the stretch's end is reached. */
  async #train(bus: Bus): Promise<void> {
    const { from } = this.bounds;
    const { config, id: run } = this;
    const state = from && trainerState(from.bytes, config);
    using training = startTraining(bus, { run, config, state });
    const ended = Promise.race([training.ended, this.#reachedEnd.promise, this.#failure.promise]);
    await unlessAborted(this.settings.signal, ended);
  }

  #hear(payload: Uint8Array): void {
    const event = decodeEvent(payload);
    if (event.type === "progress") {
      const { update: step, updates: steps, losses, finalError } = event;
      this.settings.onProgress({ step, steps, metrics: { ...losses, finalError } });
    }
    const logged = toLog(event);
    if (logged && isWithin(logged, this.bounds)) this.#events.push(logged);
  }

  #keep(payload: Uint8Array): void {
    const { bytes, step } = this.#read(payload.slice());
    if (this.wanted.has(step)) this.#checkpoints.set(step, bytes);
    if (step === this.bounds.until?.step) this.#reachedEnd.resolve();
  }

  #result(before: readonly LoggedEvent[]): unknown {
    const evaluations = [...before, ...this.#events].filter((event): event is Evaluation =>
      event.type === "evaluation"
    );
    return resultOf(simReport("", this.id, this.config, 0, evaluations));
  }
}
