/**
 * `deno task sim`: one arm, a controller that learns on it, and the page that shows it, in one program.
 * The training runs in a thread of its own; this thread shows trials, serves the page and keeps the run.
 * With `--cluster` the run is a job of a cluster.
 */
import { join } from "node:path";
import { inPageScript } from "../agents/in_page/script.ts";
import { CheckpointError, decodeCheckpoint } from "../agents/sim/checkpoint.ts";
import { describe } from "../agents/sim/description.ts";
import { recordingSource, RunRecorder } from "../agents/sim/recording.ts";
import { RecordingFile } from "../agents/sim/recording_file.ts";
import { type ActorThread, startActor } from "../agents/rollouts/actor_threads.ts";
import { learns, type RunConfig, runNetwork, runParts } from "../agents/sim/run_config.ts";
import {
  isSuperseded,
  recall,
  RunKeeper,
  type SimRunFolder,
  simSchemas,
} from "../agents/sim/run_log.ts";
import { runTitle, simReport } from "../agents/sim/run_report.ts";
import { ShowingAgent, type ShowRequest } from "../agents/sim/showing.ts";
import type { TrainingEnd, TrainingRequest } from "../agents/sim/training.ts";
import { startTraining } from "../agents/sim/training_thread.ts";
import { type Bus, subjects } from "../cluster/bus.ts";
import { inProcessBus } from "../cluster/in_process.ts";
import { decodeEvent, type Evaluation } from "../cluster/protocol.ts";
import { createRun, type LoadedCheckpoint, openRun } from "../cluster/run_store.ts";
import { recordingName } from "../cluster/trial_recording.ts";
import { freshState, type TrainerState } from "../learners/motor/trainer.ts";
import { SafetensorsError } from "../learners/nn/safetensors.ts";
import { startViewer, type Viewer } from "../viewer/server/server.ts";
import { exitCodes, explain, runCommand, UsageError } from "./failure.ts";
import { handToPage } from "./hand_to_page.ts";
import { shellWord } from "./options.ts";
import { pageAccess, pageLines, requireFreePort } from "./page_access.ts";
import type { PageOptions } from "./page_options.ts";
import { progressDisplay } from "./progress.ts";
import { runPath } from "./run_path.ts";
import { parseSimOptions, type SimOptions } from "./sim_options.ts";
import { conclude, headLines, measuringLine, say } from "./sim_text.ts";
import { StopSignal } from "./stop_signal.ts";

/** A run that is ready to go. */
interface OpenRun {
  readonly folder: SimRunFolder;
  /** Where the training goes on; undefined for a controller that does not learn. */
  readonly state?: TrainerState;
}

async function main(args: readonly string[]): Promise<number> {
  const options = await parseSimOptions(args);
  if (!options) return exitCodes.done;
  for (const note of options.notes) console.error(`note: ${note}`);
  if (options.cluster) {
    // Whoever has no cluster needs nothing of it.
    const { simulateOnCluster } = await import("./sim_cluster.ts");
    return await simulateOnCluster(options, options.cluster);
  }
  // Before a run folder is made for nothing.
  if (options.page) requireFreePort(options.page);
  const { folder, state } = await open(options);
  try {
    return await simulate(options, folder, state);
  } finally {
    await folder.close();
  }
}

async function open({ source, out }: SimOptions): Promise<OpenRun> {
  if ("config" in source) {
    const { config } = source;
    const name = { time: new Date(), title: runTitle(config) };
    const folder = await createRun(out, config, name, simSchemas);
    return { folder, state: startingState(config) };
  }
  const folder = await openRun(runPath(source.resume, out), simSchemas);
  try {
    return { folder, state: await keptState(folder) };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

function startingState(config: RunConfig): TrainerState | undefined {
  return learns(config) ? freshState(runNetwork(config, runParts(config)), config.seed) : undefined;
}

/** The state in the newest good checkpoint; events beyond it are dropped, they will happen again. */
async function keptState(folder: SimRunFolder): Promise<TrainerState | undefined> {
  const { config } = folder;
  const kept = await folder.loadCheckpoint();
  let state = startingState(config);
  if (kept && state) {
    if (kept.from === "previous") {
      console.error(`warning: ${kept.reason}; going on from the previous one`);
    }
    state = readCheckpoint(folder, kept);
  }
  const updates = state?.adam.updates ?? 0;
  await folder.truncateEvents((event) => isSuperseded(event, updates));
  return state;
}

function readCheckpoint(folder: SimRunFolder, { bytes, from }: LoadedCheckpoint): TrainerState {
  const { config, path } = folder;
  try {
    return decodeCheckpoint(bytes, runNetwork(config, runParts(config)).layout);
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof SafetensorsError)) throw error;
    const name = from === "latest" ? "checkpoint.safetensors" : "checkpoint.previous.safetensors";
    throw new UsageError(
      `${join(path, name)} does not fit config.json: ${error.message}; restore both, or start anew`,
    );
  }
}

async function simulate(
  options: SimOptions,
  folder: SimRunFolder,
  state: TrainerState | undefined,
): Promise<number> {
  const { config, id: run } = folder;
  const bus = inProcessBus((error, subject) => console.error(`${subject}: ${explain(error).line}`));
  const stop = new StopSignal(() => console.error("stopping; Ctrl-C again ends at once"));
  const show = options.page && showRequest(bus, run, config, state);
  await using recording = show && await openRecording(folder, show);
  const viewer = options.page && await view(bus, run, options.page, recording);
  if (viewer) handToPage(bus, run, config, show?.learner);
  const recorder = recording && new RunRecorder(bus, run, recording, (error) => {
    console.error(`warning: nothing more is recorded: ${explain(error).line}`);
  });
  const showing = show && new ShowingAgent(show);
  // Before the keeper listens: what is in the log already must not be written again.
  for (const event of await folder.readEvents()) bus.publish(subjects.events(run), recall(event));
  const keeper = new RunKeeper(bus, folder);
  const began = performance.now();
  try {
    announce(options, folder, state, viewer);
    const request = { run, config, state, actors: options.actors };
    const end = await trainToTheEnd(bus, request, keeper, stop, showing);
    const seconds = (performance.now() - began) / 1000;
    if (end === "stopped") {
      say(options, `stopped and saved; go on with: ${resumeCommand(options, folder.path)}`);
      return stop.code;
    }
    const evaluations = await keptEvaluations(folder);
    const report = simReport(folder.path, run, config, seconds, evaluations);
    await folder.saveReport(report);
    conclude(options, report, config);
    if (viewer) {
      say(options, `the page stays at ${viewer.url}; Ctrl-C ends it`);
      await stop.requested;
    }
    return exitCodes.done;
  } finally {
    keeper.close();
    stop.close();
    showing?.close();
    recorder?.close();
    await viewer?.close();
  }
}

/** The command that goes on with a run, ready to be pasted into a shell. */
function resumeCommand({ page, json, actors }: SimOptions, path: string): string {
  const given = [!page && " --headless", json && " --json", actors > 0 && ` --actors ${actors}`];
  const flags = given.filter(Boolean).join("");
  return `deno task sim --resume ${shellWord(path)}${flags}`;
}

/** A page, and what is said of it. */
interface ShownPage extends Viewer {
  readonly lines: readonly string[];
}

async function view(
  bus: Bus,
  run: string,
  page: PageOptions,
  recorded: RecordingFile | undefined,
): Promise<ShownPage> {
  const onError = (error: unknown) => console.error(`page: ${explain(error).line}`);
  const access = await pageAccess(page);
  const recording = recorded && recordingSource(recorded, { isLive: true });
  const viewing = { ...access.address, bus, run, worker: inPageScript, recording, onError };
  const viewer = await startViewer(viewing);
  return { ...viewer, lines: pageLines(viewer.url, access, page.tokenFile) };
}

/** What is shown is kept, as far as that goes; what is shown again after a resume is recorded again. */
async function openRecording(
  { path }: SimRunFolder,
  show: ShowRequest,
): Promise<RecordingFile | undefined> {
  try {
    const file = await RecordingFile.openOrCreate(join(path, recordingName), describe(show));
    await file.dropAfter(show.learner?.updates ?? 0);
    return file;
  } catch (error) {
    console.error(`warning: nothing is recorded: ${explain(error).line}`);
    return undefined;
  }
}

function showRequest(
  bus: Bus,
  run: string,
  config: RunConfig,
  state: TrainerState | undefined,
): ShowRequest {
  const parts = runParts(config);
  const learner = state && {
    network: runNetwork(config, parts),
    weights: state.weights,
    updates: state.adam.updates,
  };
  const onError = (error: unknown) => console.error(`shown trial: ${explain(error).line}`);
  return { bus, run, config, parts, learner, onError };
}

/** All evaluations of the run, those before a resume among them. */
async function keptEvaluations(folder: SimRunFolder): Promise<Evaluation[]> {
  const events = await folder.readEvents();
  return events.filter((event) => event.type === "evaluation");
}

async function trainToTheEnd(
  bus: Bus,
  request: TrainingRequest & { readonly actors: number },
  keeper: RunKeeper,
  stop: StopSignal,
  showing: ShowingAgent | undefined,
): Promise<TrainingEnd> {
  const { run, config, state } = request;
  const display = progressDisplay(config.updates);
  const events = bus.subscribe(subjects.events(run), (payload) => {
    const event = decodeEvent(payload);
    if (event.type !== "progress") return;
    display.update(event);
    if (event.update === event.updates) measuring();
  });
  const measuring = () => {
    showing?.setTraining("evaluating");
    display.stop();
    console.error(measuringLine(config));
  };
  showing?.setTraining(state ? "training" : "none");
  if ((state?.adam.updates ?? 0) >= config.updates) measuring();
  const actors = startActors(bus, request.actors);
  const training = startTraining(bus, request);
  stop.requested.then(() => training.stop());
  try {
    // A run that cannot be kept is stopped: what is on the disk is good up to then.
    const end = await Promise.race([training.ended, keeper.failed]);
    await keeper.settle();
    showing?.setTraining(end);
    return end;
  } catch (error) {
    training.stop();
    await Promise.allSettled([training.ended]);
    throw error;
  } finally {
    events.unsubscribe();
    display.stop();
    for (const actor of actors) actor.kill();
  }
}

/** Threads that wait for the training to want them. */
function startActors(bus: Bus, count: number): ActorThread[] {
  const onError = (error: Error) =>
    console.error(`warning: ${explain(error).line}; the measuring goes on without it`);
  return Array.from(
    { length: count },
    (_, index) => startActor(bus, `actor-${index + 1}`, onError),
  );
}

function announce(
  options: SimOptions,
  folder: SimRunFolder,
  state: TrainerState | undefined,
  viewer: ShownPage | undefined,
): void {
  for (const line of headLines(folder.config, folder.path)) say(options, line);
  viewer?.lines.forEach((line, index) => say(options, `${index === 0 ? "page" : "    "}  ${line}`));
  const done = state?.adam.updates ?? 0;
  const { updates } = folder.config;
  if (done === 0) return;
  say(
    options,
    done < updates
      ? `going on after ${done} of ${updates} batches`
      : `all ${updates} batches are done already`,
  );
}

if (import.meta.main) await runCommand(main);
