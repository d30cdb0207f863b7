/** Workers as threads of one process, on a backbone in its memory. */
import assert from "node:assert/strict";
import { startWorkerPool } from "../../../agents/worker/pool.ts";
import { startWorkerThread } from "../../../agents/worker/spawn_thread.ts";
import { codeVersion } from "../../../agents/desk/submission.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import { memoryBackbone } from "../../../cluster/memory_backbone.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { directOutcome, jobOf, smokeWork } from "./nats_laboratory.ts";

Deno.test("a thread comes to the result of a direct run, and leaves when it is asked to", async () => {
  const state = await Deno.makeTempDir({ prefix: "callosum-threads-" });
  await using backbone = memoryBackbone();
  const ledger = new Ledger(backbone);
  const pool = await startWorkerPool(backbone, {
    name: "desk",
    version: codeVersion(),
    backends: ["wasm"],
    workers: 1,
    start: (settings) => startWorkerThread(backbone, settings),
    state,
    stallSeconds: 60,
    log: new Log({}, jsonLine, () => {}),
  });
  const work = smokeWork("dagnn", "dagnn", 1);
  const done = Promise.withResolvers<void>();
  const subscription = await ledger.watch((_, { state }) => state === "done" && done.resolve());
  const id = await ledger.submit(jobOf(work));
  await done.promise;
  subscription.unsubscribe();
  const result = new TextDecoder().decode(await ledger.resultBytes(id));
  assert.equal(result, (await directOutcome(work)).result);
  pool.leave();
  await pool.ended;
  assert.deepEqual(await backbone.table("workers").keys(), []);
  await Deno.remove(state, { recursive: true });
});
