/// <reference lib="dom" />
/**
 * The library's page in a real Chromium, with the real server, ledger, documents and orders: does a reader find
 * the methods, does the address keep what is looked at, is a run queued as the form says, and is nothing
 * offered to who may only look.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { LaboratoryCommands } from "../../agents/laboratory/commands.ts";
import { LaboratoryDocuments } from "../../agents/laboratory/documents/laboratory_documents.ts";
import { LaboratoryStatus } from "../../agents/laboratory/status.ts";
import { codeVersion } from "../../agents/desk/submission.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { library } from "../../learners/library.ts";
import type { AccessTokens } from "../../viewer/server/access.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import { withToken } from "../../viewer/server/sign_in.ts";
import { LaboratoryFeed } from "../viewer/laboratory_feed.ts";
import { browserTest, desktop, openPage, type View } from "./browser.ts";

interface LibraryScene {
  readonly page: Page;
  readonly feed: LaboratoryFeed;
  readonly complaints: string[];
  visit(address: string): Promise<void>;
}

/** Tokens of which the page has the one that may look only. */
const tokens = { control: "control-0123456789abcdef", watch: "watch-0123456789abcdef" };

/** A test of the library's page: one worker waits for work, nothing has been run. */
function libraryTest(
  name: string,
  act: (scene: LibraryScene) => Promise<void>,
  { view = desktop, tokens }: {
    readonly view?: View;
    readonly tokens?: Required<AccessTokens>;
  } = {},
): void {
  browserTest(name, async (browser) => {
    const rethrow = (error: unknown) => {
      throw error;
    };
    const onTrouble = (_message: string, error: unknown) => rethrow(error);
    const out = await Deno.makeTempDir({ prefix: "callosum-library-" });
    const feed = new LaboratoryFeed();
    const backbone = feed.cluster.open();
    const pages = inProcessBus(rethrow);
    using documents = new LaboratoryDocuments({ backbone, out, onTrouble });
    using _status = new LaboratoryStatus({ backbone, pages, name: "nats://127.0.0.1:4222" });
    using _commands = new LaboratoryCommands({ backbone, pages, out, onTrouble });
    const beat = () => feed.beat("desk-1", { version: codeVersion() });
    await beat();
    const timer = setInterval(() => void beat(), 1000);
    const server = { bus: pages, port: 0, documents, tokens, onError: rethrow };
    const viewer = await startLaboratoryViewer(server);
    try {
      const complaints: string[] = [];
      const page = await openPage(browser, view, complaints);
      if (tokens) await page.goto(withToken(viewer.url, tokens.watch));
      const visit = async (address: string) => {
        await page.goto(new URL(address, viewer.url).href);
        await page.locator("#notice", { hasText: "1 worker" }).waitFor();
      };
      await act({ page, feed, complaints, visit });
    } finally {
      clearInterval(timer);
      await viewer.close();
      await Deno.remove(out, { recursive: true });
    }
  });
}

const shownMethods = (page: Page) => page.locator(".methods tbody a").allInnerTexts();

/** The address as the page has it now; Playwright hears of it later. */
const hashOf = (page: Page) => page.evaluate(() => location.hash);

const ids = library.map(({ id }) => id);

libraryTest(
  "the library lists every method by family, and is searched and sorted by keyboard",
  async ({ page, visit, complaints }) => {
    await visit("#/library");
    await page.locator(".methods tbody a").first().waitFor();
    assert.deepEqual(new Set(await shownMethods(page)), new Set(ids));
    const families = await page.locator(".methods .family").count();
    assert.equal(families, new Set(library.map(({ family }) => family)).size);
    const row = page.locator("[data-method=reste]");
    assert.match(await row.innerText(), /Wu et al\. 2023, ICCV[^]*Not run/);

    await page.getByRole("button", { name: "Method" }).press("Enter");
    assert.deepEqual(await shownMethods(page), ids.toSorted());
    await page.getByRole("button", { name: "Method" }).press("Enter");
    assert.deepEqual(await shownMethods(page), ids.toSorted().reverse());
    const head = page.getByRole("columnheader", { name: "Method" });
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    assert.equal(await page.locator(".methods .family").count(), 0);

    await page.getByRole("searchbox").fill("straight-through");
    assert.equal(await hashOf(page), "#/library?words=straight-through&sort=-method");
    assert.deepEqual(await shownMethods(page), []);
    await page.getByText("No method is like that.").waitFor();
    await page.getByRole("searchbox").fill("straight through");
    assert.deepEqual(await shownMethods(page), ["reste"]);
    await page.reload();
    await page.locator(".methods tbody a").first().waitFor();
    assert.deepEqual(await shownMethods(page), ["reste"]);
    assert.equal(await page.getByRole("searchbox").inputValue(), "straight through");
    assert.deepEqual(complaints, []);
  },
);

libraryTest(
  "a method has an address, and the way back leads to the list as it was",
  async ({ page, visit, complaints }) => {
    await visit("#/library?family=graphs");
    await page.getByRole("link", { name: "dagnn" }).click();
    await page.locator("#library-title", { hasText: "dagnn" }).waitFor();
    assert.equal(await hashOf(page), "#/library/dagnn");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "library-title");
    const claim = library.find(({ id }) => id === "dagnn")?.claim({});
    const parts = await page.locator("#method-claim li").allInnerTexts();
    assert.equal(parts.length, claim?.parts.length);
    assert.ok(parts.every((part) => part.startsWith("Not run")));
    await page.goBack();
    await page.locator("[data-method=dagnn]").waitFor();
    assert.deepEqual(await shownMethods(page), ["dagnn"]);

    await visit("#/library/<img src=x onerror=alert(1)>");
    await page.getByText("The library has no method <img src=x onerror=alert(1)>.").waitFor();
    assert.equal(await page.locator("img").count(), 0, "an address is text");
    assert.deepEqual(complaints, []);
  },
);

libraryTest(
  "a run is queued as the form says, and not before what is wrong is mended",
  async ({ page, visit, feed, complaints }) => {
    await visit("#/library/reste");
    const plan = page.locator(".plan");
    await plan.filter({ hasText: "Queues 36 jobs (12 variants × 3 seeds)" }).waitFor();
    await page.getByRole("radio", { name: "smoke" }).check();
    await plan.filter({ hasText: "Queues 2 jobs (2 variants × 1 seed)" }).waitFor();
    // What the profile changes is in sight, everything else is folded away.
    assert.equal(await page.getByLabel("Training images").inputValue(), "96");
    assert.ok(!await page.getByLabel("Momentum").isVisible());

    await page.getByText("further hyper-parameters, at the default").click();
    await page.getByLabel("Momentum").fill("1");
    await page.getByText("further hyper-parameters, at the default").click();
    await page.getByRole("button", { name: "Queue run" }).click();
    await page.getByText("1 is not a number of at least 0 and below 1.").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    assert.equal(await focused(), "parameter-config.momentum");
    await page.getByLabel("Momentum").fill("0.5");
    await page.getByText("Variants: 2 of 12").click();
    await page.getByRole("checkbox", { name: "ste", exact: true }).uncheck();
    const command = "deno task train reste --profile smoke --variant reste --set momentum=0.5";
    await page.locator(".command", { hasText: command }).waitFor();
    await page.getByRole("button", { name: "Queue run" }).click();

    await page.getByRole("link", { name: "Watch the run" }).click();
    await page.locator("#run-title", { hasText: "reste-smoke" }).waitFor();
    const run = (await hashOf(page)).split("/").at(-1) ?? "";
    const record = await feed.ledger.run(run);
    assert.ok(record);
    assert.deepEqual(Object.keys(record.jobs), ["reste-s1"]);
    assert.equal(record.config.profile, "smoke");
    assert.match(JSON.stringify(record.config.config), /"batch":16,[^]*"momentum":0\.5/);
    assert.deepEqual(complaints, []);
  },
);

libraryTest(
  "who may only look is shown what there is to set, and the command",
  async ({ page, visit, complaints }) => {
    await visit("#/library/reste");
    await page.getByText("This page may only look").waitFor();
    assert.equal(await page.getByRole("button", { name: "Queue run" }).count(), 0);
    await page.getByRole("textbox", { name: "Seeds" }).fill("1");
    await page.locator(".command", { hasText: "deno task train reste --seeds 1" }).waitFor();
    assert.deepEqual(complaints, []);
  },
  { tokens },
);

libraryTest(
  "on a phone nothing of the library sticks out",
  async ({ page, visit, complaints }) => {
    for (
      const [address, selector] of [
        ["#/library", "[data-method=ppo]"],
        ["#/library/ppo", "#queue-form"],
      ]
    ) {
      await visit(address);
      await page.locator(selector).waitFor();
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(excess <= 0, `${address} is ${excess} pixels too wide`);
    }
    assert.deepEqual(complaints, []);
  },
  { view: { width: 360, height: 740, colorScheme: "light" } },
);
