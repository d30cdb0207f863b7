/// <reference lib="dom" />
/**
 * `deno task sim` as a stranger meets it: the real program, the real page in a real Chromium. What the
 * page does with every kind of message is tested in `page_test.ts`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startSim } from "../cli/sim_process.ts";
import { browserTest, desktop, fact, moreFrames, openPage } from "./browser.ts";

browserTest("sim's page shows an arm that moves while it learns, and obeys", async (browser) => {
  const out = await Deno.makeTempDir({ prefix: "callosum-e2e-" });
  const args = [
    "--port",
    "0",
    "--batches",
    "2000",
    "--evaluation-trials",
    "8",
    "--out",
    join(out, "runs"),
  ];
  try {
    await using sim = startSim(args);
    const [, url] = await sim.stdout.find(/^page\s+(http:\S+)/m);
    const complaints: string[] = [];
    const page = await openPage(browser, desktop, complaints);
    await page.goto(url);

    await moreFrames(page, 5);
    const before = await fact(page, "angles");
    await moreFrames(page, 20);
    assert.notEqual(await fact(page, "angles"), before, "the arm moves");

    const shows = (pattern: RegExp) => page.locator("#caption", { hasText: pattern }).waitFor();
    await page.locator("#task").selectOption("hold");
    await shows(/hold/i);
    await page.locator("#controller").selectOption("minimum-jerk");
    await shows(/minimum.jerk/i);

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const paused = Number(await fact(page, "frames"));
    await page.waitForTimeout(500);
    assert.ok(Number(await fact(page, "frames")) - paused <= 1, "a paused arm sends no frames");
    await page.getByRole("button", { name: "Continue" }).click();
    await moreFrames(page, 5);
    assert.deepEqual(complaints, []);

    sim.signal("SIGINT");
    assert.equal((await sim.ended).code, 130);
    await page.waitForFunction(() => document.documentElement.dataset.connection !== "open");
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});
