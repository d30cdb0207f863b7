/// <reference lib="dom" />
/** Whether the page of a run grows while it is watched: 100 frames a second, trials, a learning curve. */
import type { Browser, CDPSession } from "playwright-core";
import { inProcessBus } from "../cluster/in_process.ts";
import { startFeed } from "../tests/viewer/feed.ts";
import { startViewer } from "../viewer/server/server.ts";
import { readable } from "./timing.ts";

const run = "streaming";
/** Before the first look, s: charts are there, shaders are compiled, the playback is full. */
const settling = 15;

/** One row for the beginning, the middle and the end. */
export async function heapOverTime(browser: Browser, minutes: number) {
  const onError = (error: unknown) => {
    throw error;
  };
  const bus = inProcessBus(onError);
  const viewer = await startViewer({ bus, run, port: 0, onError });
  const feed = startFeed({ bus, run, update: 500 });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(viewer.url);
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.enable");
    await page.waitForTimeout(1000 * settling);
    const rows = [];
    for (let look = 0; look < 3; look++) {
      if (look > 0) await page.waitForTimeout(30_000 * minutes);
      const frames = await page.evaluate(() => Number(document.documentElement.dataset.frames));
      rows.push({
        "minutes": look * minutes / 2,
        ...await sizes(session),
        "frames so far": frames,
      });
    }
    await page.close();
    return rows;
  } finally {
    feed.stop();
    await viewer.close();
  }
}

async function sizes(session: CDPSession) {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await session.send(
    "Runtime.getHeapUsage",
  );
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  const megabytes = (bytes: number) => readable(bytes / 1e6);
  return {
    "heap, MB": megabytes(usedSize),
    "of the browser, MB": megabytes(embedderHeapUsedSize),
    "buffers, MB": megabytes(backingStorageSize),
    "nodes": nodes,
    "listeners": jsEventListeners,
  };
}
