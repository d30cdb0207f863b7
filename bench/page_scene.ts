/// <reference lib="dom" />
/** How fast Chromium draws many arms, and by what it draws them. */
import type { Browser } from "playwright-core";
import { recordEpisodes } from "../agents/episodes/record.ts";
import type { SceneRecording } from "../cluster/scene_recording.ts";
import { randomPolicy } from "../learners/rl/evaluation.ts";
import { createEnvironment } from "../sim/environments/catalogue.ts";
import { hostScene } from "../tests/e2e/scene_host.ts";
import { readable } from "./timing.ts";

const task = "ArmReacher";
const viewport = { width: 1280, height: 800 };
/** How long frames are counted, s, after as long a start. */
const counted = 5;

/** Episodes of arms that move at random. */
export function recordScene(copies: number): SceneRecording {
  const act = randomPolicy(createEnvironment(task, copies), 1);
  return recordEpisodes({ task, copies, seed: 1, policy: "random", act });
}

/** One row for each number of arms. */
export async function frameRates(browser: Browser) {
  await using host = await hostScene();
  const rows = [];
  for (const copies of [1, 1000]) {
    host.show(recordScene(copies));
    const page = await browser.newPage({ viewport });
    await page.goto(host.url);
    await page.waitForFunction(() => Number(document.documentElement.dataset.frames ?? 0) > 1);
    await page.waitForTimeout(1000 * counted);
    const look = () =>
      page.evaluate(() => {
        const { frames, cost, calls, triangles } = document.documentElement.dataset;
        return { frames, cost, calls, triangles, time: performance.now() };
      });
    const before = await look();
    await page.waitForTimeout(1000 * counted);
    const after = await look();
    await page.close();
    const seconds = (after.time - before.time) / 1000;
    rows.push({
      "arms": copies,
      "frames/s": readable((Number(after.frames) - Number(before.frames)) / seconds),
      "script of a frame, ms": readable(Number(after.cost)),
      "draw calls": Number(after.calls),
      "triangles": Number(after.triangles),
    });
  }
  return rows;
}

/** What draws WebGL in this browser, in its own words. */
export async function renderer(browser: Browser): Promise<string> {
  const page = await browser.newPage();
  const name = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("webgl2");
    const extension = context?.getExtension("WEBGL_debug_renderer_info");
    return String(extension && context?.getParameter(extension.UNMASKED_RENDERER_WEBGL));
  });
  await page.close();
  return name;
}
