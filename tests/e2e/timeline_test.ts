/// <reference lib="dom" />
/**
 * The timeline in a real Chromium: does a reader get back to what has been shown, and to what happens now,
 * and is a run that is over shown from its recording alone.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { recordingSource } from "../../agents/sim/recording.ts";
import { RecordingFile } from "../../agents/sim/recording_file.ts";
import { subjects } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { encodeMessage } from "../../cluster/protocol.ts";
import { recordingName } from "../../cluster/trial_recording.ts";
import { startViewer } from "../../viewer/server/server.ts";
import { shownTrial } from "../agents/sim/recorded_trials.ts";
import { type Feed, feedDescription, startFeed } from "../viewer/feed.ts";
import { browserTest, desktop, fact, openPage } from "./browser.ts";

const run = "recorded-run";

interface Scene {
  readonly page: Page;
  /** What the page complained about. */
  readonly complaints: readonly string[];
  /** What is shown now; none of a run that is over. */
  readonly feed?: Feed;
}

/** A page of a run with so many recorded trials, which goes on unrecorded, or is over. */
async function withPage(
  browser: Browser,
  { trials, isLive }: { readonly trials: number; readonly isLive: boolean },
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "callosum-timeline-" });
  const failures: unknown[] = [];
  const onError = (error: unknown) => failures.push(error);
  const bus = inProcessBus(onError);
  try {
    const description = feedDescription({ bus, run });
    const path = join(folder, recordingName);
    await using file = await RecordingFile.openOrCreate(path, description);
    for (let trial = 0; trial < trials; trial++) {
      await file.append(shownTrial(1000 + trial, { update: 100 * trial, steps: 40 }));
    }
    const recording = recordingSource(file, { isLive });
    const viewer = await startViewer({ bus, run, port: 0, recording, onError });
    const feed = isLive ? startFeed({ bus, run }) : undefined;
    if (!feed) bus.publish(subjects.events(run), encodeMessage(description));
    try {
      const complaints: string[] = [];
      const page = await openPage(browser, desktop, complaints);
      await page.goto(viewer.url);
      await act({ page, complaints, ...feed && { feed } });
      assert.deepEqual(complaints, []);
      assert.deepEqual(failures, []);
    } finally {
      feed?.stop();
      await viewer.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Wait until one of the page's facts is that. */
const untilFact = (page: Page, name: string, value: string) =>
  page.waitForFunction(
    ([name, value]) => document.documentElement.dataset[name] === value,
    [name, value],
  );

const text = (page: Page, pattern: RegExp) =>
  page.locator("#timeline-text", { hasText: pattern }).waitFor();

browserTest(
  "a reader goes back to a recorded trial, lets it run slower, and comes back to now",
  (browser) =>
    withPage(browser, { trials: 3, isLive: true }, async ({ page, feed }) => {
      const live = page.getByRole("button", { name: "Live" });
      const place = page.getByRole("slider", { name: "Time in the recorded trials" });
      await text(page, /^now · 3 trials recorded$/);
      assert.equal(await live.getAttribute("aria-pressed"), "true");

      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("button", { name: "Continue" }).waitFor();
      await place.focus();
      await page.keyboard.press("Home");
      await untilFact(page, "trial", "1000");
      await text(page, /^trial 1 · after 0 updates · 0\.00 s/);
      await page.keyboard.press("PageUp");
      await untilFact(page, "trial", "1001");
      await page.keyboard.press("ArrowRight");
      await text(page, /^trial 2 · after 100 updates · 0\.10 s/);
      assert.match(await place.getAttribute("aria-valuetext") ?? "", /^trial 2/);
      // The last value: angles tell the step.
      await page.waitForFunction(() =>
        document.documentElement.dataset.angles?.endsWith("0.1000") === true
      );
      assert.equal(await live.getAttribute("aria-pressed"), "false");
      assert.ok(await page.locator("#task").isDisabled(), "what was done cannot be done otherwise");

      // What is asked for concerns what is shown, not what happens meanwhile.
      const before = feed?.commands.length;
      await page.locator("#speed").fill("7");
      await page.getByRole("button", { name: "Continue" }).click();
      await untilFact(page, "trial", "1002");
      assert.equal(feed?.commands.length, before);

      await live.click();
      await untilFact(page, "time", "now");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.waitForFunction(() => Number(document.documentElement.dataset.trial) < 1000);
      assert.ok(await page.locator("#task").isEnabled());
      assert.equal(feed?.commands.at(-1)?.type, "continue");
    }),
);

browserTest(
  "after its last recorded trial a page is back with what happens now",
  (browser) =>
    withPage(browser, { trials: 2, isLive: true }, async ({ page }) => {
      await text(page, /^now/);
      await page.getByRole("slider", { name: "Time in the recorded trials" }).focus();
      await page.keyboard.press("Home");
      await untilFact(page, "time", "recorded");
      await untilFact(page, "time", "now");
    }),
);

browserTest(
  "a run that is over is shown from its recording, and stands still at its end",
  (browser) =>
    withPage(browser, { trials: 2, isLive: false }, async ({ page }) => {
      await untilFact(page, "trial", "1000");
      assert.equal(await fact(page, "time"), "recorded");
      assert.ok(await page.getByRole("button", { name: "Live" }).isHidden());
      await untilFact(page, "trial", "1001");
      await page.getByRole("button", { name: "Continue" }).click();
      await untilFact(page, "trial", "1000");
    }),
);

browserTest(
  "a run of which nothing is recorded has no timeline",
  (browser) =>
    withPage(browser, { trials: 0, isLive: false }, async ({ page }) => {
      await untilFact(page, "recorded", "0");
      assert.ok(await page.locator("#timeline").isHidden());
    }),
);
