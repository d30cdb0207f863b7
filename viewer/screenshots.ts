/// <reference lib="dom" />
/**
 * Pictures of every view of the page, dark and light, in viewer/screenshots. What they show is real: a
 * laboratory is started as anybody would, with runs that finish and others that go on.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "fast-png";
import type { Browser, Page } from "playwright-core";
import { signalChild } from "../cluster/child_signal.ts";
import { launchChromium } from "./chromium.ts";

const repository = fileURLToPath(new URL("../", import.meta.url));
const folder = fileURLToPath(new URL("screenshots/", import.meta.url));

const viewport = { width: 1280, height: 800 };

/** No picture should take more, bytes: the repository keeps them all. */
const largest = 150_000;
/**
 * What the channels of a colour are rounded to a multiple of. It divides 255, so that white stays white; the
 * eye sees no difference, and a picture of the arm takes less than half the bytes.
 */
const colourStep = 5;
/** Time for curves to be drawn and for the arm to move, ms. */
const settling = 4000;
/** Longer than anything takes, ms. */
const patience = 180_000;

/** A view: its picture's name, its address, and what is there once it is. */
interface Shot {
  readonly name: string;
  readonly address: string;
  readonly sign: string;
}

const finished = ["train", "dagnn", "--profile", "smoke", "--seeds", "3", "--set", "epochs=100"];

/** The runs that have come to their end before the pictures are made, as words of `deno task`. */
const endedRuns = [finished, [...finished, "hops=8"]];

/** Those that are at work meanwhile. */
const runsAtWork = [
  ["sim:cluster", "--batches", "20000", "--no-wait"],
  ["train", "reste", "--seeds", "1", "--no-wait"],
];

/** The pictures of a laboratory that has these runs, the newest of the same method first. */
const shots = (arm: string, [newest, older]: readonly string[]): readonly Shot[] => [
  { name: "arm", address: arm, sign: "#task option" },
  { name: "now", address: "/#/now", sign: "#cards .card" },
  { name: "run", address: `/#/runs/${newest}`, sign: "#claim-panel" },
  { name: "library", address: "/#/library", sign: ".methods tbody a" },
  { name: "method", address: "/#/library/dagnn", sign: "#library-method form" },
  {
    name: "compare",
    address: `/#/compare?runs=${newest},${older}`,
    sign: "#compare-groups th button",
  },
  { name: "cluster", address: "/#/cluster", sign: "#workers tr" },
];

/** A laboratory at work. */
interface Laboratory extends AsyncDisposable {
  readonly nats: string;
  readonly page: string;
}

/** A child whose standard output is read here. */
function startTask(words: readonly string[]) {
  const args = ["task", "--quiet", ...words];
  return new Deno.Command("deno", { args, cwd: repository, stdin: "null", stdout: "piped" })
    .spawn();
}

async function startLaboratory(place: string): Promise<Laboratory> {
  const child = startTask([
    ...["cluster", "--port", "0", "--nats-port", "0", "--name", "desk", "--backends", "wasm"],
    ...["--folder", join(place, "cluster"), "--state", join(place, "workers")],
    ...["--out", join(place, "runs")],
  ]);
  let [said, nats, page] = ["", "", ""];
  const output = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const piece of output.values({ preventCancel: true })) {
    said += piece;
    nats = /^laboratory +(nats:\S+)$/m.exec(said)?.[1] ?? "";
    page = /^page +(http:\S+)$/m.exec(said)?.[1] ?? "";
    if (nats && page) break;
  }
  if (!nats || !page) throw new Error(`the laboratory did not begin; it said: ${said}`);
  const rest = output.pipeTo(new WritableStream());
  return {
    nats,
    page,
    async [Symbol.asyncDispose]() {
      signalChild(child, "SIGINT");
      await Promise.all([child.status, rest]);
    },
  };
}

async function runTask(words: readonly string[]): Promise<void> {
  const { success, stdout } = await startTask(words).output();
  if (success) return;
  throw new Error(`deno task ${words.join(" ")} failed: ${new TextDecoder().decode(stdout)}`);
}

async function openPage(browser: Browser, colorScheme: "dark" | "light"): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  return page;
}

/** The addresses of the finished runs, the newest first, and of the page of the arm at work. */
async function findRuns(page: Page, laboratory: string) {
  await page.goto(new URL("/#/runs", laboratory).href);
  const links = page.locator("#runs a", { hasText: "dagnn" });
  await links.nth(endedRuns.length - 1).waitFor();
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  await page.goto(new URL("/#/now", laboratory).href);
  const watch = page.getByRole("link", { name: "Watch the arm" }).first();
  const arm = await watch.getAttribute("href");
  if (arm === null) throw new Error("the page offers no arm to watch");
  return { arm, runs: addresses.map((address) => address?.split("/").at(-1) ?? "") };
}

async function take(page: Page, laboratory: string, shot: Shot, theme: string): Promise<void> {
  await page.goto(new URL(shot.address, laboratory).href);
  await page.locator(shot.sign).first().waitFor({ state: "attached" });
  await page.waitForTimeout(settling);
  // A view that is opened moves the focus to its heading.
  await page.evaluate(() => scrollTo(0, 0));
  const path = join(folder, `${shot.name}-${theme}.png`);
  const picture = small(await page.screenshot());
  await Deno.writeFile(path, picture);
  const { length } = picture;
  console.log(`${path.slice(repository.length)}  ${Math.ceil(length / 1000)} kB`);
  if (length > largest) console.warn(`  that is more than ${largest / 1000} kB`);
}

/** The same picture of fewer colours, without its opacity. */
function small(png: Uint8Array): Uint8Array {
  const { data, width, height, channels } = decode(png);
  const rounded = new Uint8Array(3 * width * height);
  for (let i = 0; i < rounded.length; i++) {
    const value = data[Math.floor(i / 3) * channels + i % 3];
    rounded[i] = Math.round(value / colourStep) * colourStep;
  }
  return encode({ data: rounded, width, height, channels: 3 }, { zlib: { level: 9 } });
}

async function main(): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const place = await Deno.makeTempDir({ prefix: "callosum-screenshots-" });
  try {
    await using laboratory = await startLaboratory(place);
    const way = ["--nats", laboratory.nats];
    for (const words of endedRuns) {
      await runTask([...words, "--cluster", "--out", join(place, "runs"), ...way]);
    }
    for (const [task, ...words] of runsAtWork) {
      const cluster = task === "train" ? ["--cluster"] : [];
      await runTask([task, ...words, ...cluster, ...way]);
    }
    await using browser = await launchChromium();
    for (const theme of ["dark", "light"] as const) {
      const page = await openPage(browser, theme);
      const { arm, runs } = await findRuns(page, laboratory.page);
      for (const shot of shots(arm, runs)) await take(page, laboratory.page, shot, theme);
      await page.context().close();
    }
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

if (import.meta.main) await main();
