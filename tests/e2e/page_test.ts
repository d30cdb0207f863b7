/// <reference lib="dom" />
/**
 * The page in a real Chromium, served by the real server: does a reader see the arm move, do the
 * controls act, does the page come back after the server was gone.
 *
 * The browser is looked for in CALLOSUM_CHROMIUM and in the usual places; without one these tests are
 * skipped, and say so.
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { inProcessBus } from "../../cluster/in_process.ts";
import type { Command } from "../../cluster/protocol.ts";
import { startViewer, type Viewer } from "../../viewer/server/server.ts";
import { type Feed, type FeedOptions, startFeed } from "../viewer/feed.ts";
import {
  browserTest,
  desktop,
  fact,
  moreFrames,
  openPage,
  patience,
  type View,
} from "./browser.ts";

interface Scene {
  readonly page: Page;
  readonly feed: Feed;
  readonly viewer: Viewer;
  /** What the page complained about: console errors, exceptions, violations of its policy. */
  readonly complaints: string[];
  /** The server is stopped. */
  stop(): Promise<void>;
  /** A server comes up at the same place, for a run of that name. */
  restart(run: string): Promise<void>;
}

/** A test of the page against the feed. */
function pageTest(
  name: string,
  view: View,
  act: (scene: Scene) => Promise<void>,
  options: Partial<FeedOptions> = {},
): void {
  browserTest(name, (browser) => play(browser, view, act, options));
}

async function play(
  browser: Browser,
  view: View,
  act: (scene: Scene) => Promise<void>,
  options: Partial<FeedOptions>,
): Promise<void> {
  let [viewer, feed] = await serve("first run", 0, options);
  try {
    const complaints: string[] = [];
    const page = await openPage(browser, view, complaints);
    await page.goto(viewer.url);
    await act({
      page,
      complaints,
      get feed() {
        return feed;
      },
      get viewer() {
        return viewer;
      },
      async stop() {
        feed.stop();
        await viewer.close();
      },
      async restart(run) {
        [viewer, feed] = await serve(run, Number(new URL(viewer.url).port), options);
      },
    });
  } finally {
    feed.stop();
    await viewer.close();
  }
}

async function serve(
  run: string,
  port: number,
  options: Partial<FeedOptions>,
): Promise<[Viewer, Feed]> {
  const rethrow = (error: unknown) => {
    throw error;
  };
  const bus = inProcessBus(rethrow);
  const viewer = await startViewer({ bus, run, port, onError: rethrow });
  return [viewer, startFeed({ update: 400, ...options, bus, run })];
}

async function heard(feed: Feed, expected: Command): Promise<void> {
  const deadline = performance.now() + patience;
  const text = JSON.stringify(expected);
  while (!feed.commands.some((command) => JSON.stringify(command) === text)) {
    if (performance.now() > deadline) {
      assert.fail(`${text} never arrived, only ${JSON.stringify(feed.commands)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is painted where `selector` is, with nothing over it. */
async function painted(page: Page, selector: string) {
  const hideWhatIsOver = (hide: boolean) =>
    page.evaluate((visibility) => {
      for (const over of document.querySelectorAll<HTMLElement>(".view > :not(canvas), #muscles")) {
        over.style.visibility = visibility;
      }
    }, hide ? "hidden" : "");
  await hideWhatIsOver(true);
  const png = await page.locator(selector).screenshot();
  await hideWhatIsOver(false);
  // Decoded on a page of its own: the page's policy lets no picture in.
  const decoder = await page.context().newPage();
  const picture = await decoder.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    const pixels = context?.getImageData(0, 0, image.width, image.height).data ?? [];
    const lights: number[] = [];
    const colours = new Set<number>();
    for (let i = 0; i < pixels.length; i += 4) {
      const [red, green, blue] = [pixels[i], pixels[i + 1], pixels[i + 2]];
      lights.push(0.2126 * red + 0.7152 * green + 0.0722 * blue);
      colours.add(red << 16 | green << 8 | blue);
    }
    const mean = lights.reduce((sum, light) => sum + light, 0) / lights.length;
    const variance = lights.reduce((sum, light) => sum + (light - mean) ** 2, 0) / lights.length;
    return { mean, deviation: Math.sqrt(variance), colours: colours.size };
  }, png.toString("base64"));
  await decoder.close();
  return { ...picture, png };
}

pageTest(
  "the arm is drawn and moves, and the page has nothing to complain about",
  desktop,
  async (scene) => {
    const { page, complaints } = scene;
    await moreFrames(page, 30);
    assert.equal(await fact(page, "connection"), "open");
    const angles = await fact(page, "angles");
    await page.waitForFunction(
      (before) => document.documentElement.dataset.angles !== before,
      angles,
    );
    const before = await painted(page, "#scene");
    assert.ok(before.colours > 500, `${before.colours} colours`);
    assert.ok(before.deviation > 5, `deviation of lightness ${before.deviation}`);
    await moreFrames(page, 60);
    const after = await painted(page, "#scene");
    assert.ok(!after.png.equals(before.png), "the picture of the arm changes");

    const network = await painted(page, "#network");
    assert.ok(network.colours > 50, `${network.colours} colours of units and fibres`);
    for (const chart of ["#learning-curve", "#speed-profile"]) {
      assert.ok((await painted(page, chart)).deviation > 2, `${chart} is drawn`);
    }
    assert.match(await page.locator("#run").innerText(), /first run/);
    assert.match(await page.locator("#updates").innerText(), /\d+ of 2000 updates/);
    assert.match(await page.locator("#distance").innerText(), /^\d+\.\d$/);
    await page.waitForFunction(() => document.querySelectorAll("#measures tbody tr").length > 4);
    assert.equal(await page.locator("#muscles li").count(), 6);
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "every control reaches the run, and the page shows what the run answers",
  desktop,
  async (scene) => {
    const { page, feed, complaints } = scene;
    await moreFrames(page, 5);
    await page.click("#pause");
    await heard(feed, { type: "pause" });
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const resting = await page.waitForFunction(() => {
      const { frames } = document.documentElement.dataset;
      return new Promise<string | undefined>((resolve) => setTimeout(() => resolve(frames), 300));
    });
    assert.equal(await fact(page, "frames"), await resting.jsonValue(), "no frames while paused");
    await page.click("#pause");
    await heard(feed, { type: "continue" });
    await moreFrames(page, 5);

    await page.click("#next-trial");
    await heard(feed, { type: "next-trial" });
    await page.selectOption("#task", "hold");
    await heard(feed, { type: "task", task: "hold" });
    await page.selectOption("#controller", "unilateral");
    await heard(feed, { type: "controller", controller: "unilateral" });
    // Only the network that learns can be lesioned.
    await page.locator("#lesion:disabled").waitFor();
    await page.selectOption("#controller", "bilateral");
    await page.locator("#lesion:enabled").waitFor();
    await page.selectOption("#lesion", "low-left");
    await heard(feed, { type: "lesion", lesion: "low-left" });
    await page.focus("#speed");
    await page.keyboard.press("ArrowLeft");
    await heard(feed, { type: "speed", factor: 0.5 });
    await page.waitForFunction(() => document.querySelector("#speed-text")?.textContent === "0.5×");
    await page.waitForFunction(() =>
      document.querySelector("#caption")?.textContent?.includes("lesion low left")
    );

    // By keyboard, outside of the fields.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const count = feed.commands.filter(({ type }) => type === "pause").length;
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Continue" }).waitFor();
    assert.equal(feed.commands.filter(({ type }) => type === "pause").length, count + 1);

    // The view is the page's own affair, and paused or not the camera turns.
    const side = await painted(page, "#scene");
    await page.evaluate(() => document.querySelector<HTMLElement>("[data-view=top]")?.click());
    await page.waitForTimeout(300);
    assert.ok(!(await painted(page, "#scene")).png.equals(side.png), "the view changes");
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the page says that the line is lost, comes back with the server and shows the new run",
  desktop,
  async (scene) => {
    const { page, complaints } = scene;
    await moreFrames(page, 10);
    await scene.stop();
    await page.waitForFunction(() => document.documentElement.dataset.connection === "lost");
    assert.equal(await page.locator("#training-state").innerText(), "Disconnected");
    assert.match(await page.locator("#notice").innerText(), /Disconnected since \d\d:\d\d:\d\d/);
    assert.ok(await page.locator("#pause").isDisabled());
    assert.ok(await page.locator("#task").isDisabled());

    await scene.restart("second run");
    await page.waitForFunction(() => document.documentElement.dataset.connection === "open");
    await moreFrames(page, 30);
    assert.ok(await page.locator("#notice").isHidden());
    assert.equal(await page.locator("#run").innerText(), "second run");
    assert.ok(await page.locator("#pause").isEnabled());
    await page.click("#pause");
    await heard(scene.feed, { type: "pause" });
    // A browser logs every connection that fails; anything else would be the page's own fault.
    assert.deepEqual(
      complaints.filter((text) => !/WebSocket connection to .* failed/.test(text)),
      [],
    );
  },
);

for (const colorScheme of ["dark", "light"] as const) {
  pageTest(`a phone shows everything in one column, in ${colorScheme}`, {
    width: 390,
    height: 844,
    colorScheme,
  }, async (scene) => {
    const { page, complaints } = scene;
    await moreFrames(page, 30);
    const sizes = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: innerWidth,
      cut: [...document.querySelectorAll("main *")].filter((part) =>
        part.getBoundingClientRect().right > innerWidth + 1
      ).map((part) => part.outerHTML.slice(0, 80)),
    }));
    assert.equal(sizes.content, sizes.window, "nothing to scroll sideways");
    assert.deepEqual(sizes.cut, [], "nothing sticks out");
    const picture = await painted(page, "#scene");
    assert.ok(picture.colours > 300);
    if (colorScheme === "dark") assert.ok(picture.mean < 80, `${picture.mean}`);
    else assert.ok(picture.mean > 180, `${picture.mean}`);
    // The reader's own choice goes before the system's, also the next time.
    await page.click("#theme");
    await page.reload();
    await moreFrames(page, 30);
    const { mean } = await painted(page, "#scene");
    assert.ok(colorScheme === "dark" ? mean > 180 : mean < 80, `${mean} after the change`);
    assert.deepEqual(complaints, []);
  });
}

pageTest(
  "an arm with motors and a network without hemispheres are shown as well",
  { ...desktop, colorScheme: "light" },
  async ({ page, complaints }) => {
    await moreFrames(page, 30);
    assert.equal(await page.locator("#muscles li").count(), 3);
    assert.equal(await page.locator("#network-names span").count(), 1);
    assert.ok(await page.locator("#merge").isHidden());
    assert.ok((await painted(page, "#scene")).colours > 500);
    assert.deepEqual(complaints, []);
  },
  { arm: "human3", streams: ["whole"] },
);

pageTest("a controller without hidden units says so", desktop, async ({ page, complaints }) => {
  await moreFrames(page, 10);
  assert.ok(await page.locator("#network-absent").isVisible());
  assert.ok(await page.locator("#network").isHidden());
  assert.deepEqual(complaints, []);
}, { streams: [] });
