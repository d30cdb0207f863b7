/**
 * A real Chromium for tests, screenshots and measurements of the page. It is looked for in
 * CALLOSUM_CHROMIUM and in the usual places.
 */
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

/** What draws WebGL: the processor, which is everywhere the same, or the machine's graphics card. */
const glFlags = {
  software: ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  machine: ["--enable-gpu", "--ignore-gpu-blocklist"],
} as const;

/** No sandbox (containers have none), no traffic of the browser's own. */
const flags = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where the browser is; nothing where there is none. */
export function findChromium(): string | undefined {
  return [
    Deno.env.get("CALLOSUM_CHROMIUM"),
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ].find((path) => path !== undefined && existsSync(path));
}

/**
 * Start it, without a window; leaving the scope of what is returned ends it.
 * @throws {Error} when there is none
 */
export async function launchChromium(gl: keyof typeof glFlags = "software"): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error(
      "no Chromium in CALLOSUM_CHROMIUM or the usual places; install it, or name it in the variable",
    );
  }
  // On import Playwright looks into /proc for signs of WSL, which Deno allows only together with everything
  // else; this variable of its `is-wsl` postpones the look for good.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath, args: [...glFlags[gl], ...flags] });
}
