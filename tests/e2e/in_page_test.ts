/// <reference lib="dom" />
/**
 * What a page computes itself, in a real Chromium with the real agents in its workers: lesions of the trial
 * that is shown, while the run is there and when it has gone; the arm that goes on without its server; a
 * training. The page's policy stays as strict as it is: whatever it forbids is a complaint.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { inPageScript } from "../../agents/in_page/script.ts";
import { runNetwork, runParts } from "../../agents/sim/run_config.ts";
import { ShowingAgent } from "../../agents/sim/showing.ts";
import { subjects } from "../../cluster/bus.ts";
import { inPageSubjects } from "../../cluster/in_page.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { startViewer, type Viewer } from "../../viewer/server/server.ts";
import { weightsOf } from "../agents/in_page/page.ts";
import { smallRun, trainedWeights } from "../agents/sim/small_run.ts";
import { browserTest, desktop, fact, moreFrames, openPage, type View } from "./browser.ts";

const run = "lesioned run";
const config = { ...smallRun, updates: 200, batch: 16 };

/** A run that is shown, its page, and what the page complains about. */
interface Scene {
  readonly page: Page;
  readonly viewer: Viewer;
  readonly complaints: string[];
  /** Hand over weights as a training does. */
  train(updates: number): Promise<void>;
}

function inPageTest(name: string, view: View, act: (scene: Scene) => Promise<void>): void {
  browserTest(name, async (browser) => {
    const rethrow = (error: unknown) => {
      throw error;
    };
    const bus = inProcessBus(rethrow);
    const viewer = await startViewer({ bus, run, port: 0, worker: inPageScript, onError: rethrow });
    const parts = runParts(config);
    const network = runNetwork(config, parts);
    const learner = { network, weights: network.initialWeights(config.seed), updates: 0 };
    const showing = new ShowingAgent({ bus, run, config, parts, learner, onError: rethrow });
    const configuration = new TextEncoder().encode(JSON.stringify(config));
    bus.publish(inPageSubjects.configuration(run), configuration);
    const train = async (updates: number) => {
      const trained = await trainedWeights({ ...config, updates });
      bus.publish(subjects.weights(run), weightsOf(config, trained, updates));
    };
    try {
      await train(config.updates);
      const complaints: string[] = [];
      const page = await openPage(browser, view, complaints);
      await page.goto(viewer.url);
      await act({ page, viewer, complaints, train });
    } finally {
      showing.close();
      await viewer.close();
    }
  });
}

const lesionButton = (page: Page, name: string) =>
  page.getByRole("button", { name: new RegExp(`^${name}: `) });

/** How many pixels of the paths are of each kind of colour: blue for the intact hand, orange for the cut. */
const pathPixels = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#paths");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return { blue: 0, orange: 0 };
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let [blue, orange] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      const [red, , third, alpha] = data.subarray(i, i + 4);
      if (alpha > 100 && third - red > 60) blue++;
      if (alpha > 100 && red - third > 60) orange++;
    }
    return { blue, orange };
  });

/** The errors that the list shows, cm; those that are not known are NaN. */
const shownErrors = async (page: Page) =>
  (await page.locator("#lesion-list .value").allInnerTexts()).map(Number.parseFloat);

/** A browser logs every connection that fails; anything else would be the page's own fault. */
const faults = (complaints: readonly string[]) =>
  complaints.filter((text) => !/WebSocket connection to .* failed/.test(text));

inPageTest(
  "a lesion runs the shown trial again in the page, over the intact path, with the newest weights",
  desktop,
  async ({ page, complaints, train }) => {
    await lesionButton(page, "cc").click();
    await page.waitForFunction(() => document.querySelector("#lesion-weights")?.textContent);
    assert.equal(await page.locator("#lesion-note").innerText(), "Callosum carries nothing");
    assert.match(await page.locator("#lesion-weights").innerText(), /after 200 updates/);
    const errors = await shownErrors(page);
    assert.equal(errors.length, 8);
    assert.ok(errors.every((error) => error >= 0 && error < 130), `${errors}`);
    const paths = await pathPixels(page);
    assert.ok(paths.blue > 20 && paths.orange > 20, JSON.stringify(paths));
    assert.match(
      await page.locator("#paths").getAttribute("aria-label") ?? "",
      /intact and with cc: [\d.]+ cm from the goal intact, [\d.]+ cm cut/,
    );

    await page.selectOption("#replay-trials", "2");
    await page.waitForTimeout(300);
    const fixed = await shownErrors(page);
    await train(40);
    await page.locator("#lesion-weights", { hasText: "after 40 updates" }).waitFor();
    assert.notDeepEqual(await shownErrors(page), fixed, "other weights, other paths");

    await page.selectOption("#replay-trials", "round");
    await page.waitForFunction(
      (before) => document.querySelector("#paths")?.getAttribute("aria-label") !== before,
      await page.locator("#paths").getAttribute("aria-label"),
    );
    assert.ok((await pathPixels(page)).blue > paths.blue, "eight paths are more than one");

    await lesionButton(page, "cc").focus();
    await page.keyboard.press("Enter");
    assert.equal(await lesionButton(page, "cc").getAttribute("aria-pressed"), "false");
    assert.deepEqual(await pathPixels(page), { blue: 0, orange: 0 });

    await page.setViewportSize({ width: 390, height: 844 });
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll(".lesions, .lesions *, header *")]
        .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
        .map((part) => part.outerHTML.slice(0, 80))
    );
    assert.deepEqual(cut, [], "nothing sticks out on a phone");
    assert.deepEqual(complaints, []);
  },
);

inPageTest(
  "lesions work when the server has gone, and the page goes on with the arm itself",
  { ...desktop, colorScheme: "light" },
  async ({ page, viewer, complaints }) => {
    await lesionButton(page, "low-left").waitFor();
    await moreFrames(page, 10);
    await viewer.close();
    await page.waitForFunction(() => document.documentElement.dataset.connection === "lost");
    await lesionButton(page, "low-left").click();
    await page.locator("#lesion-weights", { hasText: "after 200 updates" }).waitFor();
    assert.ok((await pathPixels(page)).orange > 20);

    await page.getByRole("button", { name: "Go on here" }).click();
    await moreFrames(page, 20);
    assert.equal(await fact(page, "place"), "page");
    assert.match(await page.locator("#caption-detail").innerText(), /weights after 200 updates/);
    await page.selectOption("#task", "centre-out");
    await page.locator("#caption", { hasText: /centre out/i }).waitFor();
    assert.equal(await page.locator("#task option[value=force-channel]").count(), 0);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();

    await page.getByRole("button", { name: "Back to the run" }).click();
    await page.locator("#notice", { hasText: /Disconnected since/ }).waitFor();
    assert.ok(await page.locator("#pause").isDisabled());
    assert.deepEqual(faults(complaints), []);
  },
);

inPageTest(
  "the page trains a controller itself, shows it as any run, and goes back to the run",
  desktop,
  async ({ page, complaints }) => {
    await page.getByRole("button", { name: "Train here" }).click();
    await page.selectOption("#train-task", "hold");
    await page.selectOption("#train-model", "bi-bal");
    await page.locator("#train-seed").fill("3");
    await page.locator("#train-updates").fill("400");
    await page.keyboard.press("Enter");
    await page.locator("#updates", { hasText: /of 400 updates/ }).waitFor();
    assert.match(await page.locator("#run-facts").innerText(), /equations engine.*seed 3.*hold/);
    await page.waitForFunction(() => document.documentElement.dataset.training === "finished");
    assert.equal(await page.locator("#training-state").innerText(), "Training finished");
    assert.match(await page.locator("#updates").innerText(), /400 of 400/);
    assert.match(
      await page.locator("#learning-curve").getAttribute("aria-label") ?? "",
      /after 400 updates/,
    );
    await page.locator("#caption-detail", { hasText: "weights after 400 updates" }).waitFor();
    await lesionButton(page, "low-right").click();
    await page.locator("#lesion-weights", { hasText: "after 400 updates" }).waitFor();

    // A second one, which is stopped.
    await page.getByRole("button", { name: "Train here" }).click();
    await page.locator("#train-updates").fill("1000000");
    await page.keyboard.press("Enter");
    await page.locator("#updates", { hasText: /of 1000000 updates/ }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.waitForFunction(() => document.documentElement.dataset.training === "stopped");
    assert.ok(await page.getByRole("button", { name: "Stop" }).isHidden());

    await page.getByRole("button", { name: "Back to the run" }).click();
    await page.locator("#run", { hasText: run }).waitFor();
    assert.equal(await fact(page, "place"), "server");
    await moreFrames(page, 5);
    assert.deepEqual(complaints, []);
  },
);
