/// <reference lib="dom" />
/**
 * The page of a laboratory in a real Chromium, with the real server, the real ledger, what watches it and
 * what carries out orders: does a reader see how runs go, who works on what, what has failed, and that the
 * server is away; does each view have its address; are orders carried out; does the arm of a job move.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { desktop, fact, moreFrames } from "./browser.ts";
import { laboratoryTest as pageTest } from "./laboratory_scene.ts";

const runLink = (page: Page, title: string) => page.locator("#runs a", { hasText: title });

const viewLink = (page: Page, title: string) =>
  page.getByRole("navigation").getByRole("link", { name: title });

const card = (page: Page, title: string) => page.locator("#cards .card", { hasText: title });

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
    if (!context || canvas?.width === 0 || canvas === null) return 0;
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
  "the first view shows each run at work: how good it is, how it goes, who works on it",
  desktop,
  async ({ page, complaints }) => {
    await page.locator(".sparkline polyline").nth(3).waitFor();
    assert.equal(await page.locator("#cards .card").count(), 2);
    assert.match(await page.title(), /^Now/);
    const reste = await card(page, "reste-desk").innerText();
    assert.match(reste, /0\.\d\d\d\s+accuracy · reste\s+from 0\.\d+ at step 4/);
    assert.match(reste, /reste\s+0\.\d+\s+ste\s+0\.\d+\s+float32\s+0\.\d+/);
    assert.match(reste, /\d+ %[^]*6 running · 1 failed · 5 queued[^]*on desk-1/);
    const arm = await card(page, "random-reach-bilateral").innerText();
    assert.match(arm, /0\.0333\s+final error \(m\)\s+from 0\.100 at step 10[^]*on attic-1/);
    assert.match(await page.locator("#now-tiles").innerText(), /Workers at work\s+2\s+of 3/);
    assert.match(await page.locator("#lately").innerText(), /dagnn-desk\s+4 done/);

    // The better variant is drawn above the others.
    const heights = await card(page, "reste-desk").locator("polyline").evaluateAll((lines) =>
      lines.map((line) => Number(line.getAttribute("points")?.split(/[ ,]/).at(-1)))
    );
    assert.deepEqual(heights, heights.toSorted((a, b) => b - a));
    assert.ok(heights[0] > heights[2] + 3, `${heights}`);

    // The runs go on while they are looked at, and nothing moves.
    const before = await card(page, "reste-desk").locator(".headline .number").innerText();
    assert.ok(await layoutShift(page, 2500) < 0.001, "nothing moves while numbers change");
    await page.waitForFunction(
      (before) =>
        document.querySelector("[data-run=reste-1] .headline .number")?.textContent !== before,
      before,
    );
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "each view has an address, the way back is there, and an unknown address says so",
  desktop,
  async ({ page, visit, complaints }) => {
    const current = () => page.locator("#views [aria-current=page]").allInnerTexts();
    const untilShown = async (view: string, ...marked: string[]) => {
      await page.locator(`#${view}`).waitFor();
      assert.equal(await page.locator("main > :not([hidden])").count(), 1, "one view at a time");
      assert.deepEqual(await current(), marked);
    };
    await untilShown("now-view", "Now");
    await card(page, "reste-desk").getByRole("link", { name: "reste-desk" }).click();
    await page.locator("#run-title", { hasText: "reste-desk" }).waitFor();
    assert.equal(new URL(page.url()).hash, "#/runs/reste-1");
    await untilShown("runs-view", "Runs");
    await viewLink(page, "Cluster").click();
    await untilShown("cluster-view", "Cluster");
    assert.equal(
      await page.evaluate(() => document.activeElement?.textContent),
      "Cluster",
      "who reads by ear is told of the new view",
    );
    await page.goBack();
    await untilShown("runs-view", "Runs");
    assert.equal(await page.locator("#run-title").innerText(), "reste-desk");
    await page.goBack();
    await untilShown("now-view", "Now");
    await page.locator(".sparkline polyline").first().waitFor();
    await page.goForward();
    await untilShown("runs-view", "Runs");

    for (const address of ["#/nonsense", "#/now/further", "#/runs/a/b", "#reste-1", "#/runs/%"]) {
      await visit(address);
      await untilShown("unknown-view");
      assert.ok((await page.locator("#unknown-view").innerText()).includes(address), address);
    }
    await visit("#/runs/<img src=x onerror=alert(1)>");
    await page.locator("#run-facts", { hasText: "nothing is known of this run" }).waitFor();
    assert.equal(await page.locator("#run-title").innerText(), "<img src=x onerror=alert(1)>");
    assert.equal(await page.locator("img").count(), 0, "an address is text");
    await page.locator("#runs a", { hasText: "dagnn-desk" }).click();
    await page.locator("#run-facts", { hasText: "4 done" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the runs are shown with what failed and why",
  desktop,
  async ({ page, visit, complaints }) => {
    await visit("#/runs");
    await untilDrawn(page);
    const text = (selector: string) => page.locator(selector).innerText();
    assert.equal(await page.locator("#runs a").count(), 4);
    assert.equal(
      await page.locator("#runs a[aria-current=true] .line").first().innerText(),
      "reste-desk",
    );
    assert.match(await runLink(page, "dagnn-desk").innerText(), /100 %[^]*4 done[^]*finished/);
    assert.deepEqual(
      await runLink(page, "reste-desk").locator(".states").getAttribute("aria-label"),
      "6 running · 1 failed · 5 queued",
    );
    assert.equal(await text("#run-title"), "reste-desk");
    assert.equal(await page.locator("#variants tr").count(), 3);
    const failed = page.locator("#jobs tbody").first();
    assert.match(await failed.innerText(), /float32-s3\s+failed/);
    assert.match(await failed.innerText(), /exception: RangeError: the loss is not finite/);
    assert.ok(await layoutShift(page, 2500) < 0.001, "nothing moves while numbers change");
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the cluster is shown: who is there and with what, what waits, what differs, what was mended",
  desktop,
  async ({ page, complaints }) => {
    await page.getByRole("link", { name: "1 alarm" }).click();
    const text = (selector: string) => page.locator(selector).innerText();
    assert.match(await text("#notice"), /3 workers, 2 at work/);
    assert.match(await text("#laboratory-name"), /nats:\/\/127\.0\.0\.1:4222/);
    const worker = page.locator("#workers tr", { hasText: "desk-1" });
    assert.match(
      await worker.innerText(),
      /desk-1\s+desk\s+reste-desk · reste-s0\s+\d+ of 400\s+wasm\s+SIMD, 1 thread\s+3\.2 \/ 8/,
    );
    assert.match(await page.locator("#workers tr", { hasText: "desk-2" }).innerText(), /idle/);
    assert.match(await text("#cluster-tiles"), /Load\s+21\.1\s+of 40 cores on 2 machines/);
    assert.match(await text("#queue-states"), /running\s+7[^]*failed\s+1[^]*queued\s+305/);
    assert.match(await text("#waiting-runs"), /reste-desk\s+5 queued\s+biper-desk\s+300 queued/);
    assert.match(await text("#counters"), /attempts failed\s+1/);
    assert.match(await text("#alarms"), /desk-1 \(wasm\) against attic-1 \(wasm\)/);
    assert.ok(await layoutShift(page, 2500) < 0.001, "nothing moves while numbers change");
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "orders are asked about where they cannot be taken back, carried out, and answered",
  desktop,
  async ({ page, visit, feed, complaints }) => {
    await visit("#/runs/reste-1");
    const order = (name: string) =>
      page.locator("#run-orders").getByRole("button", { name, exact: true });
    const states = page.locator("#runs a", { hasText: "reste-desk" }).locator(".states");
    const stands = (text: string) =>
      page.waitForFunction(
        (text) =>
          document.querySelector("#runs a .states")?.getAttribute("aria-label")?.includes(text),
        text,
      );
    assert.equal(await order("Continue").getAttribute("aria-disabled"), "true", "nothing paused");
    await order("Pause").focus();
    await page.keyboard.press("Enter");
    await page.locator("#answer", { hasText: "11 jobs" }).waitFor();
    await stands("5 paused");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Pause");
    await order("Continue").click();
    await stands("5 queued");
    await order("Retry").click();
    await stands("6 queued");

    await order("Cancel").click();
    const dialogue = page.getByRole("dialog", { name: "Cancel reste-desk?" });
    assert.match(await dialogue.innerText(), /12 jobs end without a result/);
    await page.keyboard.press("Escape");
    await page.waitForTimeout(700);
    assert.match(await states.getAttribute("aria-label") ?? "", /6 queued/, "nothing was ordered");
    await order("Cancel").click();
    await dialogue.getByRole("button", { name: "Cancel 12 jobs" }).click();
    await stands("cancelled");
    const run = await feed.ledger.run("reste-1");
    const queued = await feed.ledger.state(run!.jobs["reste-s3"]);
    assert.equal(queued?.state, "cancelled", "the ledger has it");

    await viewLink(page, "Cluster").click();
    await page.getByRole("button", { name: "Drain desk-2" }).click();
    await page.getByRole("button", { name: "Drain it" }).click();
    await page.locator("#answer[data-level=quiet]", { hasText: "desk-2" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

const tokens = { control: "token-to-control-with", watch: "token-to-watch-with" };

pageTest(
  "a page that may only look shows everything, says so, and offers no orders",
  desktop,
  async ({ page, visit, complaints }) => {
    await page.locator("#only-looks").waitFor();
    assert.equal(await page.locator("#cards .card").count(), 2);
    await visit("#/runs/reste-1");
    await untilDrawn(page);
    assert.ok(await page.locator("#run-orders button").first().isHidden());
    await visit("#/cluster");
    await page.locator("#workers tr").first().waitFor();
    assert.ok(await page.locator("#workers button").first().isHidden());
    assert.deepEqual(complaints, []);
  },
  { tokens, token: tokens.watch },
);

pageTest(
  "a reader goes through the laboratory with the keyboard, and finds the choice again",
  desktop,
  async ({ page, complaints }) => {
    await viewLink(page, "Runs").focus();
    await page.keyboard.press("Enter");
    await untilDrawn(page);
    await runLink(page, "reste-desk").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#run-title", { hasText: "dagnn-desk" }).waitFor();
    assert.equal(new URL(page.url()).hash, "#/runs/dagnn-1");
    await page.locator("#variants tr", { hasText: "gcn" }).waitFor();
    await untilDrawn(page);

    // Updates that come meanwhile take the focus from nobody.
    await page.waitForTimeout(1200);
    assert.match(
      await page.evaluate(() => document.activeElement?.textContent ?? ""),
      /dagnn-desk/,
    );
    const untilLoss = () =>
      page.waitForFunction(() =>
        document.querySelector("#curves")?.getAttribute("aria-label")?.includes("loss, now: dagnn")
      );
    await page.locator("#metric").selectOption("loss");
    await untilLoss();
    assert.equal(new URL(page.url()).hash, "#/runs/dagnn-1?metric=loss");
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
    await untilLoss();
    await page.goBack();
    await page.locator("#run-title", { hasText: "reste-desk" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "the page says since when the server is away, and that it is back, without moving anything",
  desktop,
  async ({ page, visit, end, complaints }) => {
    await visit("#/cluster");
    await page.locator("#workers tr").nth(2).waitFor();
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
    await viewer.close();
    await page.locator("#notice", { hasText: /Disconnected since \d\d:\d\d:\d\d/ }).waitFor();
    assert.equal(await fact(page, "connection"), "lost");
  },
);

pageTest(
  "the arm of a job is watched live as that of a run, and the way back is there",
  desktop,
  async ({ page, visit, complaints, end }) => {
    await visit("#/runs");
    await runLink(page, "random-reach-bilateral").click();
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
    await card(page, "random-reach-bilateral").getByRole("link", { name: "Watch the arm" })
      .waitFor();

    await page.goto(new URL(`/arm?job=${"0".repeat(40)}`, page.url()).href);
    await page.locator("#notice", { hasText: "no such job" }).waitFor();
    assert.deepEqual(complaints, []);
  },
);

pageTest(
  "however much is queued, the page stays small",
  desktop,
  async ({ page, visit, feed, complaints }) => {
    await visit("#/runs");
    const old = new Date("2026-01-02T03:04:05Z");
    for (let i = 0; i < 60; i++) await feed.library(`many-${i}`, `method${i}`, ["a"], 2, old);
    await runLink(page, "biper-desk").click();
    await page.locator("#more-jobs", { hasText: "… and 180 more jobs" }).waitFor();
    await page.locator("#more-runs", { hasText: "… and 16 more runs" }).waitFor();
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(elements < 3500, `${elements} elements`);
    assert.deepEqual(complaints, []);
  },
);

for (const colorScheme of ["dark", "light"] as const) {
  pageTest(`a phone shows every view in one column, in ${colorScheme}`, {
    width: 390,
    height: 844,
    colorScheme,
  }, async ({ page, visit, complaints }) => {
    for (
      const [address, sign] of [
        ["#/now", ".sparkline polyline"],
        ["#/runs/dagnn-1", "#jobs tbody"],
        ["#/cluster", "#workers tr"],
        ["#/nonsense", "#unknown-address"],
      ]
    ) {
      await visit(address);
      await page.locator(sign).first().waitFor();
      const sizes = await page.evaluate(() => ({
        content: document.documentElement.scrollWidth,
        window: innerWidth,
        cut: [...document.querySelectorAll("body > :not(noscript), header *, main *, .strip *")]
          .filter((part) => part.getBoundingClientRect().right > innerWidth + 1)
          .map((part) => part.outerHTML.slice(0, 80)),
        ground: getComputedStyle(document.body).backgroundColor,
      }));
      assert.equal(sizes.content, sizes.window, `${address}: nothing to scroll sideways`);
      assert.deepEqual(sizes.cut, [], `${address}: nothing sticks out`);
      const [red] = sizes.ground.match(/\d+/g)?.map(Number) ?? [];
      assert.ok(colorScheme === "dark" ? red < 60 : red > 200, sizes.ground);
    }
    assert.deepEqual(complaints, []);
  });
}
