/** Recorded trials over http: who gets what, and that nothing else can be asked for. */
import assert from "node:assert/strict";
import { inProcessBus } from "../../cluster/in_process.ts";
import { encodeRecord, type RecordingSource, summaryOf } from "../../cluster/trial_recording.ts";
import { newTokens } from "../../viewer/server/access.ts";
import { startViewer, type Viewer } from "../../viewer/server/server.ts";
import { shownTrial } from "../agents/sim/recorded_trials.ts";
import { ask } from "./clients.ts";

const shown = shownTrial(7);
const place = { number: 3, every: 1 };
const record = encodeRecord(shown, place);
const trials = [summaryOf({ ...shown, ...place, frames: shown.frames.length })];
const source: RecordingSource = {
  index: () => ({ isLive: true, trials }),
  read: (number) => Promise.resolve(number === place.number ? record : undefined),
};

async function withViewer(
  options: Partial<Parameters<typeof startViewer>[0]>,
  use: (viewer: Viewer) => Promise<void>,
): Promise<void> {
  const onError = (error: unknown) => {
    throw error;
  };
  const bus = inProcessBus(onError);
  const viewer = await startViewer({ bus, run: "recorded", port: 0, onError, ...options });
  try {
    await use(viewer);
    // The bundler must have ended before the test does.
    const { tokens } = options;
    const headers = tokens && { authorization: `Bearer ${tokens.control}` };
    await (await fetch(`${viewer.url}main.js`, { headers })).text();
  } finally {
    await viewer.close();
  }
}

Deno.test("a page is told what has been recorded, and gets a trial as it is kept", () =>
  withViewer({ recording: source }, async (viewer) => {
    const index = await fetch(`${viewer.url}recording`);
    assert.match(index.headers.get("content-type") ?? "", /json/);
    assert.deepEqual(await index.json(), { isLive: true, trials });
    const trial = await fetch(`${viewer.url}recording/3`);
    assert.equal(trial.headers.get("x-content-type-options"), "nosniff");
    assert.deepEqual(new Uint8Array(await trial.arrayBuffer()), record);
  }));

Deno.test("no address leads to anything but a recorded trial", () =>
  withViewer({ recording: source }, async (viewer) => {
    const addresses = [
      "4",
      "03",
      "-3",
      "3.0",
      "3e0",
      "%33",
      "",
      "..%2Fconfig.json",
      "3/",
      "9".repeat(400),
    ];
    for (const address of addresses) {
      assert.equal((await ask(viewer, `/recording/${address}`)).status, 404, address);
    }
    assert.equal((await ask(viewer, "/recording/3", { method: "POST" })).status, 405);
    const foreign = { headers: { origin: "http://evil.example" } };
    assert.equal((await ask(viewer, "/recording/3", foreign)).status, 403);
  }));

Deno.test("where nothing is recorded a page that asks is told so", () =>
  withViewer({}, async (viewer) => {
    assert.equal(await (await fetch(`${viewer.url}recording`)).json(), null);
    assert.equal((await ask(viewer, "/recording/3")).status, 404);
  }));

Deno.test("recorded trials are for those alone who may get in", () =>
  withViewer({ recording: source, tokens: newTokens() }, async (viewer) => {
    assert.equal((await ask(viewer, "/recording")).status, 401);
    assert.equal((await ask(viewer, "/recording/3")).status, 401);
  }));
