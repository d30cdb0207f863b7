/**
 * `deno task view runs/<run>`: the page of a run of `deno task sim` that is kept. Trials come from what was
 * recorded of them, curves from the events; nothing is simulated here. The run's folder is only looked
 * into, so that it may be in use.
 */
import { basename, join } from "node:path";
import { inPageScript } from "../agents/in_page/script.ts";
import { decodeWeights, type Weights } from "../agents/sim/checkpoint.ts";
import { describe } from "../agents/sim/description.ts";
import { recordingSource } from "../agents/sim/recording.ts";
import { RecordingFile } from "../agents/sim/recording_file.ts";
import {
  learns,
  type RunConfig,
  runConfig,
  runNetwork,
  runParts,
} from "../agents/sim/run_config.ts";
import { loggedEvent, recall } from "../agents/sim/run_log.ts";
import { type Bus, subjects } from "../cluster/bus.ts";
import { loadCheckpointPair } from "../cluster/checkpoint_pair.ts";
import { inProcessBus } from "../cluster/in_process.ts";
import { type Description, encodeMessage, type Event } from "../cluster/protocol.ts";
import { readRunEvents, readRunJson } from "../cluster/run_reading.ts";
import { explainMismatch } from "../cluster/run_store_error.ts";
import { recordingName, type RecordingSource } from "../cluster/trial_recording.ts";
import { startViewer } from "../viewer/server/server.ts";
import { exitCodes, explain, runCommand, UsageError } from "./failure.ts";
import { handToPage } from "./hand_to_page.ts";
import { pageAccess, pageLines, requireFreePort } from "./page_access.ts";
import { StopSignal } from "./stop_signal.ts";
import { parseViewOptions, type ViewOptions } from "./view_options.ts";

/** Shown seconds per real second at the start, as in a run that is shown live. */
const initialSpeed = 0.5;

/** A run as it is kept. */
interface KeptRun {
  readonly path: string;
  readonly run: string;
  readonly config: RunConfig;
  readonly description: Description;
  /** Those of its newest good checkpoint. */
  readonly weights?: Weights;
  /** None of a run that nobody watched. */
  readonly recording?: RecordingFile;
  readonly isFinished: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseViewOptions(args);
  if (!options) return exitCodes.done;
  requireFreePort(options.page);
  const kept = await openKept(options.path);
  try {
    return await show(kept, options);
  } finally {
    await kept.recording?.[Symbol.asyncDispose]();
  }
}

/** @throws {UsageError} when there is no such run, or none that moved an arm */
async function openKept(path: string): Promise<KeptRun> {
  const config = await readConfig(path);
  const run = basename(path);
  const parts = runParts(config);
  const network = learns(config) ? runNetwork(config, parts) : undefined;
  const checkpoint = network && await loadCheckpointPair(path);
  const report = await readRunJson(path, "report.json");
  const recording = await openRecording(path);
  const described = describe({ run, config, parts, ...network && { learner: { network } } });
  return {
    path,
    run,
    config,
    // The folder may have been given another name since.
    description: recording ? { ...recording.description, run } : described,
    ...network && checkpoint && { weights: decodeWeights(checkpoint.bytes, network.layout) },
    ...recording && { recording },
    isFinished: report !== undefined,
  };
}

async function readConfig(path: string): Promise<RunConfig> {
  const config = await readRunJson(path, "config.json");
  if (config === undefined) {
    throw new UsageError(
      `${path} is no run's folder; give the path of one, or its name (deno task runs lists them)`,
    );
  }
  const { data, error } = runConfig.safeParse(config);
  if (data) return data;
  throw new UsageError(
    `${
      join(path, "config.json")
    } is none of a run of deno task sim by this version, so no arm can ` +
      `be shown: ${explainMismatch(error)}; deno task runs show prints what any run came to`,
  );
}

async function openRecording(path: string): Promise<RecordingFile | undefined> {
  const file = join(path, recordingName);
  try {
    return await RecordingFile.open(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`${file} cannot be read: ${explain(error).line}`);
  }
}

async function show(kept: KeptRun, { page }: ViewOptions): Promise<number> {
  const { path, run, config, weights } = kept;
  const onError = (error: unknown) => console.error(`page: ${explain(error).line}`);
  const bus = inProcessBus(onError);
  const stop = new StopSignal(() => {});
  const access = await pageAccess(page);
  const recording = sourceOf(kept);
  const viewing = { ...access.address, bus, run, worker: inPageScript, recording, onError };
  const viewer = await startViewer(viewing);
  try {
    await tell(bus, kept);
    handToPage(bus, run, config, weights);
    const trials = recording.index().trials.length;
    console.log(`run   ${path}`);
    console.log(`      ${trials === 0 ? "no recorded trials" : `recorded trials: ${trials}`}`);
    for (const [index, line] of pageLines(viewer.url, access, page.tokenFile).entries()) {
      console.log(`${index === 0 ? "page" : "    "}  ${line}`);
    }
    await stop.requested;
    return exitCodes.done;
  } finally {
    stop.close();
    await viewer.close();
  }
}

/** Of a run without a recording: nothing, and that nothing comes. */
function sourceOf({ recording }: KeptRun): RecordingSource {
  if (recording) return recordingSource(recording, { isLive: false });
  return {
    index: () => ({ isLive: false, trials: [] }),
    read: () => Promise.resolve(undefined),
  };
}

/** Tell what the run would have told a page by now. */
async function tell(bus: Bus, kept: KeptRun): Promise<void> {
  const { path, run, config, description } = kept;
  const publish = (event: Event) => bus.publish(subjects.events(run), encodeMessage(event));
  publish(description);
  for (const event of await readRunEvents(path, loggedEvent)) {
    bus.publish(subjects.events(run), recall(event));
  }
  publish({
    type: "status",
    training: !learns(config) ? "none" : kept.isFinished ? "finished" : "stopped",
    paused: false,
    speed: initialSpeed,
    task: config.task,
    controller: config.controller,
    lesion: "none",
  });
  if (kept.recording?.trials.length) return;
  const text = "No motion of this run was recorded" +
    (kept.weights ? "; Go on here shows the arm with its last weights" : "");
  publish({ type: "notice", level: "quiet", text });
}

if (import.meta.main) await runCommand(main);
