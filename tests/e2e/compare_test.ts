/// <reference lib="dom" />
/**
 * The comparison of runs in a real Chromium, with the real server and runs that a worker has really made: are
 * they marked and compared, is what the reader chooses kept in the address, is a run that goes on followed.
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { enterRun, libraryClusterRun } from "../../agents/desk/submission.ts";
import { LaboratoryDocuments } from "../../agents/laboratory/documents/laboratory_documents.ts";
import { LaboratoryStatus } from "../../agents/laboratory/status.ts";
import { currentVersions } from "../../agents/library/run.ts";
import { libraryExecutor } from "../../agents/worker/library_executor.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { dagnn } from "../../learners/graphs/dagnn.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import { Laboratory } from "../agents/worker/laboratory.ts";
import { browserTest, desktop, openPage } from "./browser.ts";

/** A page of a laboratory with runs to compare. */
interface Scene {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Go to an address of the page. */
  visit(address: string): Promise<void>;
  /** Have a run of two variants and two seeds made. */
  make(run: string, change: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Have `act` look at a laboratory in which runs "first" and "second" are finished. */
async function play(browser: Browser, act: (scene: Scene) => Promise<void>): Promise<void> {
  const rethrow = (error: unknown) => {
    throw error;
  };
  const onTrouble = (message: string, error: unknown) =>
    rethrow(new Error(message, { cause: error }));
  await using laboratory = new Laboratory();
  const { backbone, ledger } = laboratory;
  const worker = { executors: [libraryExecutor()], backends: [{ name: "wasm", device: "any" }] };
  await using _worker = await laboratory.hire(worker);
  const make: Scene["make"] = async (run, change) => {
    const { smoke } = dagnn.profiles;
    const submitted = libraryClusterRun({
      kind: "library",
      method: "dagnn",
      profile: "smoke",
      backend: "wasm",
      device: "any",
      variants: ["dagnn", "gcn-2"],
      seeds: [1, 2],
      config: dagnn.config.parse({ ...smoke.config, ...change }),
      versions: currentVersions(),
    }, { code: "test", data: [], time: new Date() });
    await enterRun(ledger, run, submitted, 5);
    for (const job of Object.values(submitted.record.jobs)) {
      await laboratory.until(job, ({ state }) => state === "done");
    }
  };
  await make("first", {});
  await make("second", { hops: 2 });
  const pages = inProcessBus(rethrow);
  using documents = new LaboratoryDocuments({ backbone, out: "/nonexistent", onTrouble });
  const viewer = await startLaboratoryViewer({ bus: pages, port: 0, documents, onError: rethrow });
  try {
    using _status = new LaboratoryStatus({ backbone, pages, name: "test" });
    const complaints: string[] = [];
    const page = await openPage(browser, desktop, complaints);
    const visit = async (address: string) => {
      await page.goto(new URL(address, viewer.url).href);
    };
    await visit("#/runs");
    await act({ page, complaints, visit, make });
  } finally {
    await viewer.close();
  }
}

const addressOf = (page: Page) => decodeURIComponent(new URL(page.url()).hash);

const labels = (page: Page) => page.locator("#compare-groups th button").allInnerTexts();

const untilLabels = async (page: Page, expected: readonly string[]) => {
  await page.waitForFunction(
    (expected) =>
      JSON.stringify(
        [...document.querySelectorAll("#compare-groups th button")].map((each) => each.textContent),
      ) === expected,
    JSON.stringify(expected),
  );
};

/** How many pixels of the chart are of no grey: those of the curves. */
const curvePixels = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#compare-curves canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context || canvas.width === 0) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue, alpha] = data.subarray(i, i + 4);
      if (alpha > 60 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured++;
    }
    return coloured;
  });

browserTest(
  "runs are marked, compared, and kept in the address",
  (browser) =>
    play(browser, async ({ page, visit, complaints, make }) => {
      for (const run of ["first", "second"]) {
        await page.getByRole("checkbox", { name: `Mark ${run} to compare it` }).check();
      }
      await page.getByRole("link", { name: "Compare 2" }).click();
      await untilLabels(page, ["A · dagnn", "B · dagnn", "A · gcn-2", "B · gcn-2"]);
      assert.equal(addressOf(page), "#/compare?runs=first,second");
      assert.match(await page.title(), /^Compare/);
      await page.waitForFunction(() =>
        document.querySelector("#compare-curves")?.ariaLabel?.match(/A · dagnn [\d.]+; B · dagnn/)
      );
      const deadline = performance.now() + 30_000;
      while (await curvePixels(page) < 300) {
        assert.ok(performance.now() < deadline, "no curves were drawn");
        await page.waitForTimeout(100);
      }

      // What the runs have come to, and in what they differ.
      const row = page.locator("#compare-groups tr", { hasText: "B · gcn-2" });
      await row.locator("td", { hasText: "2 pairs" }).waitFor();
      assert.match(await row.innerText(), /2 seeds\s+0\.\d+\s+\[0\.\d+, [01]\.\d+\]/);
      assert.equal(await page.locator("#compare-settings tr").count(), 1);
      assert.match(await page.locator("#compare-settings tr").innerText(), /^hops\s+\d+\s+2$/);
      assert.equal(await page.locator("#compare-measure-heads th").count(), 5);

      // Choices are kept in the address, and outlive a reload.
      const measure = page.getByRole("combobox", { name: "Measure of the results" });
      const other = await measure.locator("option").nth(1).innerText();
      await measure.selectOption({ index: 1 });
      await page.getByRole("radio", { name: "Compare the others with B · dagnn" }).check();
      await page.locator("#compare-groups-reference", { hasText: "B · dagnn" }).waitFor();
      const address = `#/compare?runs=first,second&measure=${other}&reference=second:dagnn`;
      assert.equal(addressOf(page).replaceAll("+", " "), address);
      await page.reload();
      await untilLabels(page, ["A · dagnn", "B · dagnn", "A · gcn-2", "B · gcn-2"]);
      await page.locator("#compare-groups-measure", { hasText: other }).waitFor();
      assert.ok(
        await page.getByRole("radio", { name: "Compare the others with B · dagnn" }).isChecked(),
      );

      // A group that is put aside is drawn nowhere.
      await page.getByRole("button", { name: "A · gcn-2" }).click();
      await page.waitForFunction(() =>
        !document.querySelector("#compare-curves")?.ariaLabel?.includes("A · gcn-2")
      );
      assert.equal(await page.locator("#compare-measure-heads th").count(), 4);

      // A run that is made meanwhile can be found and added, one that is there be put back.
      await make("third", { hops: 3 });
      await page.getByRole("searchbox").fill("third");
      await page.locator("#choosable-runs li").getByRole("checkbox").check();
      await page.locator("#compared-runs li").nth(2).waitFor();
      await page.waitForFunction(() =>
        document.querySelectorAll("#compare-groups tr").length === 6
      );
      await page.getByRole("button", { name: "Compare dagnn-smoke no longer" }).first().click();
      await untilLabels(page, ["A · dagnn", "B · dagnn", "A · gcn-2", "B · gcn-2"]);
      assert.match(addressOf(page), /runs=second,third&/);

      // The way back to what was compared last, and no way in for what is no run.
      await page.getByRole("navigation").getByRole("link", { name: "Cluster" }).click();
      await page.getByRole("navigation").getByRole("link", { name: "Compare" }).click();
      // What was shown before is still there when the link is pressed: the address tells that it was followed.
      await page.waitForFunction(() => location.hash.includes("runs=second,third&"));
      await untilLabels(page, ["A · dagnn", "B · dagnn", "A · gcn-2", "B · gcn-2"]);
      await visit("#/compare?runs=<img src=x onerror=alert(1)>,../../etc&metric=<b>");
      await page.reload();
      await page.locator("#no-comparison").waitFor();
      assert.equal(await page.locator("#compared-runs li").count(), 0);
      assert.equal(await page.locator("#compare-view img").count(), 0);
      assert.deepEqual(complaints, []);
    }),
);

browserTest(
  "a run that is not there is said not to be, beside one that is",
  (browser) =>
    play(browser, async ({ page, visit }) => {
      await visit("#/compare?runs=nothing-such,second&metric=no+such+metric");
      await untilLabels(page, ["B · dagnn", "B · gcn-2"]);
      const missing = page.locator("#compared-runs li", { hasText: "nothing-such" });
      assert.match(await missing.innerText(), /nothing is known of this run/);
      await page.locator("#no-compare-curves", { hasText: "has measured no such metric" })
        .waitFor();
      assert.deepEqual(await labels(page), ["B · dagnn", "B · gcn-2"]);
    }),
);
