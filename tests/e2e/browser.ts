/// <reference lib="dom" />
/** A real Chromium for tests of the page; without one these tests are skipped, and say so. */
import type { Browser, Page } from "playwright-core";
import { findChromium, launchChromium } from "../../viewer/chromium.ts";

/** Far longer than anything takes: a failed wait, not a slow machine, ends a test. */
export const patience = 120_000;

/** The window and the colours that the reader prefers. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "dark" | "light";
}

export const desktop: View = { width: 1280, height: 800, colorScheme: "dark" };

/** A test that needs the browser. */
export function browserTest(name: string, act: (browser: Browser) => Promise<void>): void {
  if (findChromium() === undefined) {
    Deno.test({ name: `${name} (skipped: no Chromium)`, ignore: true, fn: () => {} });
    return;
  }
  // Playwright keeps timers and pipes of its own for the life of the process.
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using browser = await launchChromium();
      await act(browser);
    },
  });
}

/**
 * A new page; what it complains about (console errors, exceptions, violations of its policy) is added to
 * `complaints`.
 */
export async function openPage(
  browser: Browser,
  view: View,
  complaints: string[],
): Promise<Page> {
  const { colorScheme, ...viewport } = view;
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.exposeFunction("complain", (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      const { violatedDirective, blockedURI } = event as SecurityPolicyViolationEvent;
      (globalThis as unknown as { complain(text: string): void })
        .complain(`policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  return page;
}

/** One of the page's facts about itself. */
export const fact = (page: Page, name: string) =>
  page.evaluate((name) => document.documentElement.dataset[name], name);

/** Wait until that many more frames have arrived. */
export async function moreFrames(page: Page, count: number): Promise<void> {
  const before = Number(await fact(page, "frames") ?? 0);
  await page.waitForFunction(
    (wanted) => Number(document.documentElement.dataset.frames ?? 0) >= wanted,
    before + count,
  );
}
