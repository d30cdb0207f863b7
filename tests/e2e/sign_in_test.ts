/// <reference lib="dom" />
/**
 * How a real Chromium gets into a page that takes a token: by the form, by the printed address, and no
 * longer when the server was started again with other tokens.
 */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { inProcessBus } from "../../cluster/in_process.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import { withToken } from "../../viewer/server/sign_in.ts";
import type { Viewer } from "../../viewer/server/site.ts";
import { browserTest, desktop, openPage } from "./browser.ts";

const tokens = { control: "control-0123456789abcdef", watch: "watch-0123456789abcdef" };
const others = { control: "control-fedcba9876543210", watch: "watch-fedcba9876543210" };

const rethrow = (error: unknown) => {
  throw error;
};

const start = (port: number, tokens: { control: string; watch: string }) =>
  startLaboratoryViewer({ bus: inProcessBus(rethrow), port, tokens, onError: rethrow });

/** How many pages the viewer has on its lines. */
async function pages(viewer: Viewer, { control }: { control: string }): Promise<number> {
  const headers = { authorization: `Bearer ${control}` };
  const health = await (await fetch(`${viewer.url}health`, { headers })).json();
  return health.pages;
}

/** Wait until the viewer has that many pages. */
async function untilPages(viewer: Viewer, held: { control: string }, count: number) {
  const deadline = performance.now() + 30_000;
  while (await pages(viewer, held) !== count) {
    assert.ok(performance.now() < deadline, `there were never ${count} pages`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

browserTest(
  "a browser gets in by the form and by the printed address, and keeps its address",
  async (browser) => {
    const viewer = await start(0, tokens);
    try {
      const complaints: string[] = [];
      const page = await openPage(browser, desktop, complaints);
      await page.goto(viewer.url);
      const token = page.getByLabel("Token");
      await token.fill("a token that is none");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      assert.match(await page.getByRole("alert").innerText(), /not, or no longer, valid/);
      await token.fill(tokens.watch);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.pathname === "/");
      await untilPages(viewer, tokens, 1);
      assert.equal(await page.evaluate(() => document.cookie), "", "no script can read the cookie");
      // The browser says itself that it was refused twice: once before the form, once with the wrong token.
      const others = complaints.filter((text) => !/status of 401/.test(text));
      assert.deepEqual(others, []);
      await printedAddress(browser, viewer);
    } finally {
      await viewer.close();
    }
  },
);

async function printedAddress(browser: Browser, viewer: Viewer): Promise<void> {
  const complaints: string[] = [];
  const page = await openPage(browser, desktop, complaints);
  await page.goto(`${withToken(viewer.url, tokens.control)}#/somewhere`);
  await untilPages(viewer, tokens, 2);
  const address = new URL(page.url());
  assert.equal(address.search, "", "the token is not left in the address");
  assert.match(address.hash, /^#\//, "the view is");
  assert.deepEqual(complaints, []);
}

browserTest(
  "a page whose token is no longer valid is let in no more, until it signs in again",
  async (browser) => {
    const first = await start(0, tokens);
    const page = await openPage(browser, desktop, []);
    await page.goto(withToken(first.url, tokens.control));
    await untilPages(first, tokens, 1);
    await first.close();
    const second = await start(Number(new URL(first.url).port), others);
    try {
      // The page tries to come back by itself, and is told why it cannot.
      await page.getByText(/token is not, or no longer, valid/).first().waitFor();
      assert.equal(await pages(second, others), 0);
      await page.reload();
      await page.getByLabel("Token").fill(others.control);
      await page.keyboard.press("Enter");
      await untilPages(second, others, 1);
    } finally {
      await second.close();
    }
  },
);
