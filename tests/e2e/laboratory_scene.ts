/// <reference lib="dom" />
/**
 * A laboratory at work for tests of its page: the real server, the real ledger, what watches it and what
 * carries out orders; runs, jobs and workers that get on while the test looks.
 */
import type { Browser, Page } from "playwright-core";
import { LaboratoryCommands } from "../../agents/laboratory/commands.ts";
import { LaboratoryDocuments } from "../../agents/laboratory/documents/laboratory_documents.ts";
import { LaboratoryStatus } from "../../agents/laboratory/status.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import type { MemoryBackbone } from "../../cluster/memory_backbone.ts";
import type { AccessTokens } from "../../viewer/server/access.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import { withToken } from "../../viewer/server/sign_in.ts";
import type { Viewer } from "../../viewer/server/site.ts";
import { smallRun } from "../agents/sim/small_run.ts";
import { type FeedJob, LaboratoryFeed, steps } from "../viewer/laboratory_feed.ts";
import { browserTest, openPage, type View } from "./browser.ts";

/** Why a job of the laboratory has failed. */
export const reason = "RangeError: the loss is not finite at step 12; lower the learning rate";

/** A laboratory at work, and a page of it. */
export interface LaboratoryScene {
  readonly page: Page;
  readonly feed: LaboratoryFeed;
  /** The end by which the pages' process reaches the server. */
  readonly end: MemoryBackbone;
  readonly viewer: Viewer;
  /** The `sim` job. */
  readonly arm: string;
  readonly complaints: string[];
  /** Go to a view of the page. */
  visit(address: string): Promise<void>;
}

/** Tokens of a laboratory, and the one with which its page is opened. */
export interface SceneAccess {
  readonly tokens: AccessTokens;
  readonly token: string;
}

/** A test of the laboratory's page, which begins at its first view. */
export function laboratoryTest(
  name: string,
  view: View,
  act: (scene: LaboratoryScene) => Promise<void>,
  access?: SceneAccess,
): void {
  browserTest(name, (browser) => playLaboratory(browser, view, act, access));
}

/** Nothing is queued here, so no run folder is made. */
const noRuns = "/nonexistent";

/**
 * Have `act` look at the page of a laboratory.
 * @param out the folder of runs that the laboratory's machine has
 */
export async function playLaboratory(
  browser: Browser,
  view: View,
  act: (scene: LaboratoryScene) => Promise<void>,
  access?: SceneAccess,
  out: string = noRuns,
): Promise<void> {
  const rethrow = (error: unknown) => {
    throw error;
  };
  const feed = new LaboratoryFeed();
  const end = feed.cluster.open();
  const pages = inProcessBus(rethrow);
  const onTrouble = (_message: string, error: unknown) => rethrow(error);
  using documents = new LaboratoryDocuments({ backbone: end, out, onTrouble });
  const viewer = await startLaboratoryViewer({
    bus: pages,
    port: 0,
    documents,
    tokens: access?.tokens,
    onError: rethrow,
  });
  const { arm, work } = await furnish(feed);
  using _status = new LaboratoryStatus({ backbone: end, pages, name: "nats://127.0.0.1:4222" });
  using _commands = new LaboratoryCommands({
    backbone: end,
    pages,
    out,
    onTrouble,
  });
  let working = Promise.resolve();
  const timer = setInterval(() => working = working.then(work), 400);
  try {
    const complaints: string[] = [];
    const page = await openPage(browser, view, complaints);
    const visit = async (address: string) => {
      await page.goto(new URL(address, viewer.url).href);
      await page.locator("#notice", { hasText: "3 workers" }).waitFor();
    };
    if (access) await page.goto(withToken(viewer.url, access.token));
    await visit("");
    await act({ page, feed, end, viewer, arm, complaints, visit });
  } finally {
    clearInterval(timer);
    await working;
    await viewer.close();
  }
}

/** Runs, jobs and workers; `work` has them get on. */
async function furnish(feed: LaboratoryFeed) {
  const day = 86_400_000;
  const submitted = (before: number) => new Date(Date.now() - before);
  const reste = await feed.library(
    "reste-1",
    "reste",
    ["reste", "ste", "float32"],
    4,
    submitted(0),
  );
  const dagnn = await feed.library("dagnn-1", "dagnn", ["dagnn", "gcn"], 2, submitted(day));
  await feed.library("biper-1", "biper", ["biper", "sign", "ede"], 100, submitted(2 * day));
  const arm = await feed.sim("sim-1", submitted(day / 24), { ...smallRun, updates: 500 });
  for (const [name, job] of Object.entries(dagnn)) {
    const variant = Number(name.startsWith("gcn"));
    const claimed = await feed.begin(job, "desk-1", variant, Number(name.at(-1)));
    await feed.advance(claimed, steps);
    await feed.finish(claimed);
  }
  await feed.fail(reste["float32-s3"], "attic-1", reason);
  await feed.alarm(dagnn["dagnn-s0"], "desk-1", "attic-1");
  const running: FeedJob[] = [];
  for (const [variant, name] of ["reste", "ste", "float32"].entries()) {
    for (const seed of [0, 1]) {
      const job = await feed.begin(reste[`${name}-s${seed}`], "desk-1", variant, seed);
      await feed.advance(job, 80 + 80 * seed);
      running.push(job);
    }
  }
  const training = await feed.begin(arm, "attic-1");
  await training.claim.events([10, 20, 30].map((update) => ({
    step: update,
    number: 0,
    event: {
      type: "progress",
      update,
      updates: 500,
      losses: {},
      finalError: 1 / update,
      nonFinite: 0,
      mergeWeights: [],
    },
  })));
  let turn = 0;
  const work = async () => {
    await feed.beat("desk-1", { jobs: [reste["reste-s0"]], finished: 4 });
    await feed.beat("desk-2");
    await feed.beat("attic-1", { host: "attic", jobs: [arm], cores: 32, load: 17.9 });
    for (const job of ++turn % 3 === 0 ? running : []) {
      if (job.step < steps) await feed.advance(job, 4);
    }
  };
  return { arm, work };
}
