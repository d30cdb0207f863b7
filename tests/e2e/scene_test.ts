/// <reference lib="dom" />
/** Robots at their tasks in a real Chromium: are they drawn, do they move, are a thousand drawn as one. */
import assert from "node:assert/strict";
import { decode } from "fast-png";
import type { Browser, Page } from "playwright-core";
import { recordEpisodes } from "../../agents/episodes/record.ts";
import type { SceneRecording } from "../../cluster/scene_recording.ts";
import { scriptedPush } from "../../controllers/scripted_push.ts";
import { randomPolicy } from "../../learners/rl/evaluation.ts";
import { createEnvironment } from "../../sim/environments/catalogue.ts";
import { browserTest, desktop, fact, openPage, type View } from "./browser.ts";
import { hostScene } from "./scene_host.ts";

const light: View = { ...desktop, colorScheme: "light" };

const pushed = () =>
  recordEpisodes({
    task: "PandaPush",
    copies: 1,
    seed: 3,
    policy: "scripted",
    act: (observation, actions) => actions.set(scriptedPush(observation)),
  });

const reached = (copies: number) =>
  recordEpisodes({
    task: "ArmReacher",
    copies,
    seed: 3,
    policy: "random",
    act: randomPolicy(createEnvironment("ArmReacher", copies), 3),
  });

/** A page that shows a recording, at rest at the start. */
async function showing(
  browser: Browser,
  view: View,
  recording: SceneRecording,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  await using host = await hostScene();
  host.show(recording);
  const complaints: string[] = [];
  const page = await openPage(browser, view, complaints);
  await page.goto(`${host.url}#time=0`);
  await page.waitForFunction(() => Number(document.documentElement.dataset.frames ?? 0) > 1);
  await act(page);
  assert.deepEqual(complaints, []);
}

/** The picture once that time and view point are shown. */
async function picture(page: Page, time: number, view = "three-quarter") {
  await page.evaluate((hash) => void (location.hash = hash), `time=${time}&view=${view}`);
  const shown = Number(await fact(page, "frames"));
  await page.waitForFunction(
    (wanted) => Number(document.documentElement.dataset.frames) > wanted,
    shown + 2,
  );
  const png = await page.screenshot();
  const { data, channels } = decode(png);
  const colours = new Map<number, number>();
  for (let i = 0; i < data.length; i += channels) {
    const colour = data[i] << 16 | data[i + 1] << 8 | data[i + 2];
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  const ground = Math.max(...colours.values());
  return { png, colours: colours.size, drawn: 1 - ground * channels / data.length };
}

for (const view of [desktop, light]) {
  browserTest(
    `a recorded episode is drawn and moves, in ${view.colorScheme}`,
    (browser) =>
      showing(browser, view, pushed(), async (page) => {
        const [start, end] = [await picture(page, 0), await picture(page, 2.5)];
        for (const { colours, drawn } of [start, end]) {
          assert.ok(colours > 500, `${colours} colours`);
          assert.ok(drawn > 0.1, `${100 * drawn} % of the picture is not ground`);
        }
        assert.ok(!start.png.equals(end.png), "the picture changes from start to end");
        const again = await picture(page, 0);
        assert.ok(again.png.equals(start.png), "back at the start it is the picture of the start");
      }),
  );
}

browserTest(
  "each view point is another picture of the robot",
  (browser) =>
    showing(browser, light, pushed(), async (page) => {
      const seen = new Set<string>();
      for (const view of ["three-quarter", "top", "front", "side"]) {
        const { png, drawn } = await picture(page, 1, view);
        assert.ok(drawn > 0.02, `${100 * drawn} % of the ${view} view is not ground`);
        seen.add(png.toString("base64"));
      }
      assert.equal(seen.size, 4);
    }),
);

browserTest(
  "a thousand arms are drawn by as many calls as one, each in its own place",
  (browser) =>
    showing(browser, light, reached(1000), async (page) => {
      assert.equal(await fact(page, "calls"), "4");
      const { colours } = await picture(page, 0.5);
      assert.ok(colours > 500, `${colours} colours`);
      assert.ok(Number(await fact(page, "triangles")) < 500_000, await fact(page, "triangles"));
    }),
);
