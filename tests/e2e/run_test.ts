/// <reference lib="dom" />
/**
 * The page of a run in a real Chromium, of a real run whose folder the laboratory's machine has: are its
 * questions answered, its figures drawn, its tables set, can it be looked at closely, can it be kept.
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { browserTest, desktop, type View } from "./browser.ts";
import { finishedRun } from "./finished_run.ts";
import { playLaboratory } from "./laboratory_scene.ts";

const light: View = { ...desktop, colorScheme: "light" };

/** A test of a run's page, which is open at it. */
function runTest(
  name: string,
  view: View,
  act: (page: Page, complaints: readonly string[]) => Promise<void>,
): void {
  browserTest(name, async (browser: Browser) => {
    const { out, run } = await finishedRun();
    await playLaboratory(
      browser,
      view,
      async ({ page, visit, complaints }) => {
        await visit(`#/runs/${run}`);
        await page.locator("#claim-panel").waitFor();
        await act(page, complaints);
      },
      undefined,
      out,
    );
    await Deno.remove(out, { recursive: true });
  });
}

const tile = (page: Page, question: string) =>
  page.locator("#run-findings .tile", { hasText: question });

runTest(
  "a run says whether it learns, how good it is, and whether its claim holds",
  desktop,
  async (page, complaints) => {
    await page.waitForFunction(() =>
      document.querySelector("#curves")?.getAttribute("aria-label")?.includes("now: dagnn")
    );
    assert.equal(await page.locator("#run-title").innerText(), "dagnn-smoke");
    assert.match(await page.locator("#run-facts").innerText(), /finished\s+·\s+4 of 4 jobs done/);
    assert.match(await page.locator("#run-about").innerText(), /arxiv\.org/);
    assert.match(await tile(page, "learning").innerText(), /(falling|fallen|rising|risen|level)/);
    assert.match(await tile(page, "How good").innerText(), /\d[^]*of dagnn[^]*beside gcn-2/);
    assert.match(await tile(page, "claim").innerText(), /Not judged|Shown|Not shown/);
    assert.ok(await page.locator(".claim-parts li").count() > 0);
    assert.equal(await page.locator("#scores-panel tbody tr").count(), 2);
    assert.equal(await page.locator("#jobs tbody").count(), 4);
    assert.match(await page.locator("#configuration-panel").innerText(), /learningRate/);
    assert.match(await page.locator("#log-panel").innerText(), /dagnn-s1: finished/);
    assert.ok(await page.locator("#kept-runs a[aria-current=true]").isVisible());
    assert.deepEqual(complaints, []);
  },
);

runTest(
  "every figure of a run is drawn, as lines or as a picture, and all of it can be kept",
  light,
  async (page, complaints) => {
    const cards = page.locator(".figure-card");
    await cards.first().waitFor();
    for (const card of await cards.all()) {
      await card.scrollIntoViewIfNeeded();
      const drawing = card.locator("img, canvas").first();
      await drawing.waitFor();
      await drawing.evaluate((element) =>
        element instanceof HTMLImageElement ? element.decode() : undefined
      );
    }
    const links = await page.locator("#run-column a[download]").evaluateAll((links) =>
      links.filter((link) => !(link as HTMLAnchorElement).hidden)
        .map((link) => (link as HTMLAnchorElement).href)
    );
    for (const file of ["report.md", "curves.csv", "jobs.csv", "log.txt", "figures/1.csv"]) {
      assert.ok(links.some((link) => link.endsWith(`/${file}`)), `${file} can be kept`);
    }
    assert.equal(links.filter((link) => link.includes("/checkpoints/")).length, 4);
    assert.ok(links.some((link) => link.includes("/figures/1.svg?")));
    for (const link of links) {
      const reply = await page.request.get(link);
      assert.equal(reply.status(), 200, link);
      assert.ok((await reply.body()).length > 0, link);
    }
    assert.deepEqual(complaints, []);
  },
);

runTest(
  "curves are looked at closely by drawing over them or by the keyboard, and as a whole again",
  desktop,
  async (page, complaints) => {
    const chart = page.locator("#curves");
    const whole = page.locator("#whole-range");
    const place = async (share: number) => {
      const box = await chart.locator(".u-over").boundingBox();
      assert.ok(box);
      return [box.x + share * box.width, box.y + box.height / 2] as const;
    };
    /** The step at the chart's right end. */
    const lastStep = async () => {
      await page.mouse.move(...await place(0.5));
      await page.mouse.move(...await place(0.999));
      const text = await page.locator("#curve-readout").innerText();
      return Number(/step (\d+)/.exec(text)?.[1]);
    };
    await page.waitForFunction(() =>
      document.querySelector("#curves")?.getAttribute("aria-label")?.includes("now: dagnn")
    );
    const all = await lastStep();
    assert.ok(all > 0);
    await page.mouse.move(...await place(0));
    await page.mouse.down();
    await page.mouse.move(...await place(0.25));
    await page.mouse.move(...await place(0.5));
    await page.mouse.up();
    await whole.waitFor();
    assert.ok(await lastStep() < all);
    await whole.click();
    assert.ok(await whole.isHidden());
    assert.equal(await lastStep(), all);
    await chart.press("+");
    await whole.waitFor();
    await chart.press("Escape");
    assert.ok(await whole.isHidden());
    assert.deepEqual(complaints, []);
  },
);
