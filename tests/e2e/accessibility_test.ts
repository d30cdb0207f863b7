/// <reference lib="dom" />
/**
 * Every view of the page, dark and light, under axe-core's rules of WCAG 2.2 (A and AA) and good practice:
 * nothing that it calls serious or critical, and no identifier that two elements have.
 */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { inProcessBus } from "../../cluster/in_process.ts";
import { startViewer } from "../../viewer/server/server.ts";
import { startFeed } from "../viewer/feed.ts";
import { browserTest, desktop, moreFrames, openPage, type View } from "./browser.ts";
import { finishedRun } from "./finished_run.ts";
import { playLaboratory } from "./laboratory_scene.ts";

const readers: Readonly<Record<string, View>> = {
  "in the dark": desktop,
  "in the light": { ...desktop, colorScheme: "light" },
  "on a phone": { width: 390, height: 844, colorScheme: "light" },
};

/** The views of a laboratory's page, and what is there once they are. */
const views = (run: string): Readonly<Record<string, string>> => ({
  "#/now": "#cards .card",
  "#/runs": "#runs a",
  [`#/runs/${run}`]: "#claim-panel",
  "#/runs/reste-1": "#jobs tbody",
  "#/library": ".methods tbody a",
  "#/library/dagnn": "#library-method form",
  [`#/compare?runs=${run},reste-1`]: "#compare-groups th button",
  "#/cluster": "#workers tr",
  "#/nowhere": "#unknown-view",
});

/** Findings that keep somebody from using the page. */
const grave: readonly axe.ImpactValue[] = ["serious", "critical"];

/** What axe-core finds, a line each; nothing of it is carried out by the page's own policy. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ["violations"] })
  );
  return violations.filter(({ impact }) => grave.includes(impact ?? null))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)}: ${failureSummary}`)
    );
}

/** Identifiers that more than one element has. */
const repeatedIdentifiers = (page: Page) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    return all.filter((id, at) => all.indexOf(id) !== at);
  });

/** Everything that is wrong with what the page shows. */
async function faults(page: Page): Promise<string[]> {
  const twice = (await repeatedIdentifiers(page)).map((id) => `two elements are #${id}`);
  return [...await findings(page), ...twice];
}

for (const [where, view] of Object.entries(readers)) {
  browserTest(`every view of a laboratory can be used by everybody, ${where}`, async (browser) => {
    const { out, run } = await finishedRun();
    try {
      await playLaboratory(
        browser,
        view,
        async ({ page, visit, complaints }) => {
          const found: Record<string, readonly string[]> = {};
          for (const [address, sign] of Object.entries(views(run))) {
            await visit(address);
            await page.locator(sign).first().waitFor();
            found[address] = await faults(page);
          }
          assert.deepEqual(Object.entries(found).filter(([, faults]) => faults.length > 0), []);
          assert.deepEqual(complaints, []);
        },
        undefined,
        out,
      );
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  });

  browserTest(`the page of an arm can be used by everybody, ${where}`, async (browser) => {
    const onError = (error: unknown) => {
      throw error;
    };
    const bus = inProcessBus(onError);
    const viewer = await startViewer({ bus, run: "shown", port: 0, onError });
    const feed = startFeed({ bus, run: "shown", update: 500 });
    try {
      const complaints: string[] = [];
      const page = await openPage(browser, view, complaints);
      await page.goto(viewer.url);
      await moreFrames(page, 5);
      assert.deepEqual(await faults(page), []);
      assert.deepEqual(complaints, []);
    } finally {
      feed.stop();
      await viewer.close();
    }
  });
}
