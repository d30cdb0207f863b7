/// <reference lib="dom" />
/**
 * The page of a laboratory in a real Chromium, with the real server, the real ledger and what watches it:
 * does a reader see who works on what, how the runs go, what has failed, and that the server is away; does
 * the arm of a job move.
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { LaboratoryStatus } from "../../agents/laboratory/status.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import type { MemoryBackbone } from "../../cluster/memory_backbone.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import type { Viewer } from "../../viewer/server/site.ts";
import { smallRun } from "../agents/sim/small_run.ts";
import { type FeedJob, LaboratoryFeed, steps } from "../viewer/laboratory_feed.ts";
import { browserTest, desktop, fact, moreFrames, openPage, type View } from "./browser.ts";

const reason = "RangeError: the loss is not finite at step 12; lower the learning rate";

/** A laboratory at work, and a page of it. */
interface Scene {
  readonly page: Page;
  readonly feed: LaboratoryFeed;
  /** The end by which the pages' process reaches the server. */
  readonly end: MemoryBackbone;
  readonly viewer: Viewer;
  /** The `sim` job. */
  readonly arm: string;
  readonly complaints: string[];
}

function pageTest(name: string, view: View, act: (scene: Scene) => Promise<void>): void {
  browserTest(name, (browser) => play(browser, view, act));
}

async function play(
  browser: Browser,
  view: View,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  const rethrow = (error: unknown) => {
    throw error;
  };
  const feed = new LaboratoryFeed();
  const end = feed.cluster.open();
  const pages = inProcessBus(rethrow);
  const viewer = await startLaboratoryViewer({ bus: pages, port: 0, onError: rethrow });
  const { arm, work } = await furnish(feed);
  using _status = new LaboratoryStatus({ backbone: end, pages, name: "nats://127.0.0.1:4222" });
  let working = Promise.resolve();
  const timer = setInterval(() => working = working.then(work), 400);
  try {
    const complaints: string[] = [];
    const page = await openPage(browser, view, complaints);
    await page.goto(viewer.url);
    await page.locator("#workers tr").nth(2).waitFor();
    await act({ page, feed, end, viewer, arm, complaints });
  } finally {
    clearInterval(timer);
    await working;
    await viewer.close();
  }
}

/** Runs, jobs and workers; `work` has them get on. */
async function furnish(feed: LaboratoryFeed) {
  const day = 86_400_000;
  const submitted = (before: number) => new Date(Date.now() - before);
  const reste = await feed.library(
    "reste-1",
    "reste",
    ["reste", "ste", "float32"],
    4,
    submitted(0),
  );
  const dagnn = await feed.library("dagnn-1", "dagnn", ["dagnn", "gcn"], 2, submitted(day));
  await feed.library("biper-1", "biper", ["biper", "sign", "ede"], 100, submitted(2 * day));
  const arm = await feed.sim("sim-1", submitted(day / 24), { ...smallRun, updates: 500 });
  for (const [name, job] of Object.entries(dagnn)) {
    const variant = Number(name.startsWith("gcn"));
    const claimed = await feed.begin(job, "desk-1", variant, Number(name.at(-1)));
    await feed.advance(claimed, steps);
    await feed.finish(claimed);
  }
  await feed.fail(reste["float32-s3"], "attic-1", reason);
  await feed.alarm(dagnn["dagnn-s0"], "desk-1", "attic-1");
  const running: FeedJob[] = [];
  for (const [variant, name] of ["reste", "ste", "float32"].entries()) {
    for (const seed of [0, 1]) {
      const job = await feed.begin(reste[`${name}-s${seed}`], "desk-1", variant, seed);
      await feed.advance(job, 80 + 80 * seed);
      running.push(job);
    }
  }
  const training = await feed.begin(arm, "attic-1");
  await training.claim.events([10, 20, 30].map((update) => ({
    step: update,
    number: 0,
    event: {
      type: "progress",
      update,
      updates: 500,
      losses: {},
      finalError: 1 / update,
      nonFinite: 0,
      mergeWeights: [],
    },
  })));
  let turn = 0;
  const work = async () => {
    await feed.beat("desk-1", { jobs: [reste["reste-s0"]], finished: 4 });
    await feed.beat("desk-2");
    await feed.beat("attic-1", { host: "attic", jobs: [arm], cores: 32, load: 17.9 });
    for (const job of ++turn % 3 === 0 ? running : []) {
      if (job.step < steps) await feed.advance(job, 4);
    }
  };
  return { arm, work };
}

const runButton = (page: Page, title: string) => page.locator("#runs button", { hasText: title });

/** How much of what the reader sees has moved since the page was told of, as browsers measure it. */
async function layoutShift(page: Page, duration: number): Promise<number> {
  return await page.evaluate((duration) =>
    new Promise<number>((resolve) => {
      let sum = 0;
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          sum += (entry as PerformanceEntry & { value: number }).value;
        }
      });
      observer.observe({ type: "layout-shift" });
      setTimeout(() => resolve(sum), duration);
    }), duration);
}

/** How many pixels of the chart are of no grey: those of the curves. */
const curvePixels = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#curves canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue, alpha] = data.subarray(i, i + 4);
      const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
      if (alpha > 60 && spread > 60) coloured++;
    }
    return coloured;
  });

async function untilDrawn(page: Page): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (await curvePixels(page) < 300) {
    assert.ok(performance.now() < deadline, "no curves were drawn");
    await page.waitForTimeout(100);
  }
}

pageTest(
  "the page shows who works on what, how runs go, what failed and why, and what differs",
  desktop,
  async ({ page, complaints }) => {
    await untilDrawn(page);
    const text = (selector: string) => page.locator(selector).innerText();
    assert.match(await text("#notice"), /3 workers, 2 at work/);
    assert.match(await text("#laboratory-name"), /nats:\/\/127\.0\.0\.1:4222/);
    const worker = page.locator("#workers tr", { hasText: "desk-1" });
    assert.match(
      await worker.innerText(),
      /desk-1\s+desk · wasm\s+reste-desk · reste-s0\s+\d+ of 400/,
    );
    assert.match(await page.locator("#workers tr", { hasText: "desk-2" }).innerText(), /idle/);

    assert.equal(await page.locator("#runs button").count(), 4);
    assert.equal(
      await page.locator("#runs button[aria-current=true] .line").first().innerText(),
      "reste-desk",
    );
    assert.match(await runButton(page, "dagnn-desk").innerText(), /100 %[^]*4 done[^]*finished/);
    assert.deepEqual(
      await runButton(page, "reste-desk").locator(".states").getAttribute("aria-label"),
      "6 running · 1 failed · 5 queued",
    );
    assert.equal(await text("#run-title"), "reste-desk");
    assert.equal(await page.locator("#variants tr").count(), 3);
    const failed = page.locator("#jobs tbody").first();
    assert.match(await failed.innerText(), /float32-s3\s+failed/);
    assert.match(await failed.innerText(), /exception: RangeError: the loss is not finite/);
    assert.match(await text("#counters"), /attempts failed\s+1/);

    await page.getByRole("button", { name: "1 alarm" }).click();
    assert.match(await text("#alarms"), /desk-1 \(wasm\) against attic-1 \(wasm\)/);
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("#alarms").isHidden());

    assert.ok(await layoutShift(page, 2500) < 0.001, "nothing moves while numbers change");
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "a reader goes through the laboratory with the keyboard, and finds the choice again",
  desktop,
  async ({ page, complaints }) => {
    await untilDrawn(page);
    await runButton(page, "reste-desk").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#run-title", { hasText: "dagnn-desk" }).waitFor();
    assert.equal(new URL(page.url()).hash, "#dagnn-1");
    await page.locator("#variants tr", { hasText: "gcn" }).waitFor();
    await untilDrawn(page);

    // Updates that come meanwhile take the focus from nobody.
    await page.waitForTimeout(1200);
    assert.match(
      await page.evaluate(() => document.activeElement?.textContent ?? ""),
      /dagnn-desk/,
    );
    await page.locator("#metric").selectOption("loss");
    await page.waitForFunction(() =>
      document.querySelector("#curves")?.getAttribute("aria-label")?.includes("loss, now: dagnn")
    );
    const both = await curvePixels(page);
    await page.getByRole("button", { name: "gcn" }).focus();
    await page.keyboard.press("Space");
    assert.equal(
      await page.getByRole("button", { name: "gcn" }).getAttribute("aria-pressed"),
      "false",
    );
    await page.waitForTimeout(300);
    assert.ok(await curvePixels(page) < 0.8 * both, "its curves are gone");

    await page.reload();
    await page.locator("#run-title", { hasText: "dagnn-desk" }).waitFor();
    await untilDrawn(page);
    await page.goBack();
    await page.locator("#run-title", { hasText: "reste-desk" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the page says since when the server is away, and that it is back, without moving anything",
  desktop,
  async ({ page, end, complaints }) => {
    await untilDrawn(page);
    const shift = layoutShift(page, 4000);
    end.away = true;
    await page.locator("#notice", {
      hasText: /nats-server away since [1-9] s; workers keep training/,
    }).waitFor();
    assert.equal(await page.locator("#notice").getAttribute("data-level"), "warning");
    assert.equal(await page.locator("#line-state").innerText(), "Server away");
    assert.equal(await page.locator("#workers [data-state=silent]").count(), 0);
    end.away = false;
    await page.locator("#notice", { hasText: "3 workers" }).waitFor();
    assert.equal(await page.locator("#line-state").innerText(), "Connected");
    assert.ok(await shift < 0.001);
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the page says when it has lost its own server",
  desktop,
  async ({ page, viewer }) => {
    await untilDrawn(page);
    await viewer.close();
    await page.locator("#notice", { hasText: /Disconnected since \d\d:\d\d:\d\d/ }).waitFor();
    assert.equal(await fact(page, "connection"), "lost");
  },
);

pageTest(
  "the arm of a job is watched live as that of a run, and the way back is there",
  desktop,
  async ({ page, complaints, end }) => {
    await runButton(page, "random-reach-bilateral").click();
    await page.locator("#run-title", { hasText: "random-reach-bilateral" }).waitFor();
    await page.waitForFunction(() =>
      document.querySelector("#curves")?.getAttribute("aria-label")?.includes(
        "final error (m), now",
      )
    );
    await untilDrawn(page);
    await page.getByRole("link", { name: "Watch the arm" }).click();
    await moreFrames(page, 20);
    const angles = await fact(page, "angles");
    await moreFrames(page, 20);
    assert.notEqual(await fact(page, "angles"), angles, "the arm moves");
    assert.equal(await page.locator("#training-state").innerText(), "Training");
    await page.locator("#task").selectOption("hold");
    await page.locator("#caption", { hasText: /hold/i }).waitFor();

    end.away = true;
    await page.locator("#notice", { hasText: "nats-server away" }).waitFor();
    await moreFrames(page, 5);
    end.away = false;
    await page.locator("#notice").waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Laboratory" }).click();
    await page.locator("#workers tr").first().waitFor();

    await page.goto(new URL(`/arm?job=${"0".repeat(40)}`, page.url()).href);
    await page.locator("#notice", { hasText: "no such job" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "however much is queued, the page stays small",
  desktop,
  async ({ page, feed, complaints }) => {
    const old = new Date("2026-01-02T03:04:05Z");
    for (let i = 0; i < 60; i++) await feed.library(`many-${i}`, `method${i}`, ["a"], 2, old);
    await runButton(page, "biper-desk").click();
    await page.locator("#more-jobs", { hasText: "… and 180 more jobs" }).waitFor();
    await page.locator("#more-runs", { hasText: "… and 16 more runs" }).waitFor();
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(elements < 3500, `${elements} elements`);
    assert.deepEqual(complaints, []);
  },
);

for (const colorScheme of ["dark", "light"] as const) {
  pageTest(`a phone shows the laboratory in one column, in ${colorScheme}`, {
    width: 390,
    height: 844,
    colorScheme,
  }, async ({ page, complaints }) => {
    await untilDrawn(page);
    const sizes = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: innerWidth,
      cut: [...document.querySelectorAll("body > :not(noscript), main *, .strip *")].filter((
        part,
      ) => part.getBoundingClientRect().right > innerWidth + 1).map((part) =>
        part.outerHTML.slice(0, 80)
      ),
      ground: getComputedStyle(document.body).backgroundColor,
    }));
    assert.equal(sizes.content, sizes.window, "nothing to scroll sideways");
    assert.deepEqual(sizes.cut, [], "nothing sticks out");
    const [red] = sizes.ground.match(/\d+/g)?.map(Number) ?? [];
    assert.ok(colorScheme === "dark" ? red < 60 : red > 200, sizes.ground);
    await runButton(page, "dagnn-desk").click();
    await page.locator("#run-title", { hasText: "dagnn-desk" }).waitFor();
    assert.deepEqual(complaints, []);
  });
}
