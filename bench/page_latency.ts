/// <reference lib="dom" />
/**
 * How long it takes from a frame being published until a page of Chromium has drawn it. The first joint turns
 * by the same angle in every step, so that the angle that is drawn tells which frames have been reached. The
 * page's clock and this process's are the same machine's.
 */
import type { Browser } from "playwright-core";
import { subjects } from "../cluster/bus.ts";
import { encodeFrame } from "../cluster/frame.ts";
import { inProcessBus } from "../cluster/in_process.ts";
import { encodeMessage, type Event } from "../cluster/protocol.ts";
import { feedDescription } from "../tests/viewer/feed.ts";
import { startViewer } from "../viewer/server/server.ts";

const run = "latency";
const timeStep = 0.01;
/** Steps of a trial, and how far the first joint turns in each, rad. */
const steps = 200;
const turn = 0.01;
const trials = 10;
/** The first ones compile shaders and are not counted. */
const warmUp = 2;

/** An angle that the page has drawn. */
interface Drawn {
  readonly trial: number;
  readonly angle: number;
  /** ms since the epoch */
  readonly time: number;
}

const now = () => performance.timeOrigin + performance.now();

/** Latencies of the frames, ms. */
export async function latencies(browser: Browser): Promise<number[]> {
  const onError = (error: unknown) => {
    throw error;
  };
  const bus = inProcessBus(onError);
  const viewer = await startViewer({ bus, run, port: 0, onError });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(watchDrawing);
    await page.goto(viewer.url);
    const publish = (event: Event) => bus.publish(subjects.events(run), encodeMessage(event));
    const description = feedDescription({ bus, run });
    publish(description);
    await page.waitForFunction(() => document.documentElement.dataset.run !== undefined);
    const published: number[][] = [];
    for (let trial = 0; trial < trials; trial++) {
      publish(trialEvent(trial));
      published.push(await playTrial(trial, (bytes) => bus.publish(subjects.frames(run), bytes)));
    }
    await page.waitForTimeout(500);
    const drawn = await page.evaluate(() => (globalThis as unknown as { drawn: Drawn[] }).drawn);
    await page.close();
    return published.flatMap((times, trial) =>
      trial < warmUp ? [] : latenciesOf(times, drawn.filter((each) => each.trial === trial))
    );
  } finally {
    await viewer.close();
  }
}

/** Runs in the page: notes each angle that is shown, once its picture has been handed over. */
function watchDrawing(): void {
  const drawn: Drawn[] = [];
  Object.assign(globalThis, { drawn });
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }) => {
    drawn.push({ ...data, time: performance.timeOrigin + performance.now() });
  };
  // The page states what it shows within its turn of drawing; a message is delivered after that turn.
  const observer = new MutationObserver(() => {
    const { trial, angles } = document.documentElement.dataset;
    port1.postMessage({ trial: Number(trial), angle: Number.parseFloat(angles ?? "") });
  });
  addEventListener(
    "DOMContentLoaded",
    () => observer.observe(document.documentElement, { attributeFilter: ["data-angles"] }),
  );
}

/** @returns when each step was published, ms since the epoch */
async function playTrial(
  trial: number,
  publish: (frame: Uint8Array) => void,
): Promise<number[]> {
  const times: number[] = [];
  const start = now();
  for (let step = 0; step < steps; step++) {
    const wait = start + 1000 * step * timeStep - now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    times.push(now());
    publish(encodeFrame({
      trial,
      step,
      angles: [step * turn, 0],
      handForce: [0, 0],
      activations: [0, 0, 0, 0, 0, 0],
      hidden: new Float64Array(64),
      callosum: new Float64Array(64),
    }));
  }
  return times;
}

/** The time from each step to the first picture that has reached it; steps that no picture reached are left out. */
function latenciesOf(published: readonly number[], drawn: readonly Drawn[]): number[] {
  // An angle is told to within 0.05 mrad and stated to 0.1 mrad.
  const reached = (step: number) => drawn.find(({ angle }) => angle >= step * turn - 2e-4);
  return published.flatMap((time, step) => {
    const first = reached(step);
    return first && step > 0 ? [first.time - time] : [];
  });
}

function trialEvent(trial: number): Event {
  return {
    type: "trial",
    trial,
    task: "random-reach",
    controller: "bilateral",
    lesion: "none",
    update: 0,
    start: [0.3, 0.3],
    goal: [0.1, 0.4],
    goTime: 0,
    duration: steps * timeStep,
    timeStep,
    mergeWeights: [1, 1],
  };
}
