/**
 * What the page costs, in a real Chromium on this machine:
 *
 * - bytes of a frame, an arm and instant, of one arm and of a thousand side by side;
 * - from a frame of the simulation to the page having drawn it, over loopback. The page holds what it shows
 *   a few hundredths of a second back on purpose (viewer/web/playback.ts); that is part of it;
 * - frames a second of a thousand arms, beside those of one;
 * - the heap and the elements of the page at the beginning and at the end of minutes of streaming.
 *
 *     deno run … bench/page.ts [--minutes 2] [--gpu]
 *
 * WebGL is drawn by the processor (SwiftShader), so that the figures depend on no graphics card; with `--gpu`
 * by what the machine has. What has drawn is said with the figures.
 */
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { launchChromium } from "../viewer/chromium.ts";
import { frameBytes } from "./page_bytes.ts";
import { heapOverTime } from "./page_heap.ts";
import { latencies } from "./page_latency.ts";
import { frameRates, renderer } from "./page_scene.ts";
import { readable } from "./timing.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "2" }, gpu: { type: "boolean", default: false } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  console.error(`--minutes is a number above 0, not "${values.minutes}"`);
  Deno.exit(2);
}

/** The value below which that share of the sorted values is. */
const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

async function report(browser: Browser): Promise<void> {
  console.log(`Chromium ${browser.version()}, WebGL by ${await renderer(browser)}\n`);

  console.log("Bytes of an arm-frame");
  console.table(frameBytes());

  const milliseconds = (await latencies(browser)).toSorted((a, b) => a - b);
  console.log(`From a frame to its being drawn, ms, ${milliseconds.length} frames at 100 a second`);
  console.table([{
    p50: readable(quantile(milliseconds, 0.5)),
    p99: readable(quantile(milliseconds, 0.99)),
    largest: readable(milliseconds.at(-1) ?? NaN),
  }]);

  console.log(`Frames a second, 1280×800, of ArmReacher's arms`);
  console.table(await frameRates(browser));

  console.log(`The page of a run over ${minutes} min of streaming, after collecting garbage`);
  console.table(await heapOverTime(browser, minutes));
}

await using browser = await launchChromium(values.gpu ? "machine" : "software");
await report(browser);
