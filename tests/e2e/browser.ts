/// <reference lib="dom" />
/**
 * A real Chromium for tests of the page. It is looked for in CALLOSUM_CHROMIUM and in the usual places;
 * without one these tests are skipped, and say so.
 */
import { existsSync } from "node:fs";
import type { Browser, Page } from "playwright-core";

// On import Playwright looks into /proc for signs of WSL, which Deno allows only together with everything
// else; this variable of its `is-wsl` postpones the look for good.
Deno.env.set("__IS_WSL_TEST__", "1");
const { chromium } = await import("playwright-core");

const executablePath = [
  Deno.env.get("CALLOSUM_CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

/** WebGL in software, no sandbox (containers have none), no traffic of the browser's own. */
const args = [
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

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
  if (!executablePath) {
    Deno.test({ name: `${name} (skipped: no Chromium)`, ignore: true, fn: () => {} });
    return;
  }
  // Playwright keeps timers and pipes of its own for the life of the process.
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const browser = await chromium.launch({ executablePath, args });
      try {
        await act(browser);
      } finally {
        await browser.close();
      }
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
