/** Looking into run folders that others have open. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { fileStamp, readRunEvents, readRunJson } from "../../cluster/run_reading.ts";
import { createRun } from "../../cluster/run_store.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-run-reading-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const schemas = {
  config: z.strictObject({ size: z.int() }),
  event: z.strictObject({ step: z.int() }),
};

Deno.test("a run that is open is read as far as it is written, and its owner does not notice", async () => {
  const name = { time: new Date(0), title: "open" };
  await using run = await createRun(root, { size: 3 }, name, schemas);
  await run.appendEvent({ step: 1 });
  await run.flush();
  await run.appendEvent({ step: 2 });
  assert.deepEqual(await readRunJson(run.path, "config.json"), { size: 3 });
  assert.deepEqual(await readRunEvents(run.path, schemas.event), [{ step: 1 }]);
  assert.equal(await readRunJson(run.path, "report.json"), undefined);
  const before = await fileStamp(run.path, "events.jsonl");
  await run.flush();
  assert.notDeepEqual(await fileStamp(run.path, "events.jsonl"), before);
  assert.deepEqual(await run.readEvents(), [{ step: 1 }, { step: 2 }]);
});

Deno.test("events are read up to the first line that is torn, or no event", async () => {
  const path = await Deno.makeTempDir({ dir: root });
  const write = (text: string) => Deno.writeTextFile(join(path, "events.jsonl"), text);
  await write('{"step":1}\n{"step":2');
  assert.deepEqual(await readRunEvents(path, schemas.event), [{ step: 1 }]);
  await write('{"step":1}\n{"other":2}\n{"step":3}\n');
  assert.deepEqual(await readRunEvents(path, schemas.event), [{ step: 1 }]);
  await write('{"step":1}\nnonsense\n');
  assert.deepEqual(await readRunEvents(path, schemas.event), [{ step: 1 }]);
});

Deno.test("what is not there, or is something else, is nothing", async () => {
  const path = await Deno.makeTempDir({ dir: root });
  assert.deepEqual(await readRunEvents(path, schemas.event), []);
  assert.equal(await readRunJson(path, "config.json"), undefined);
  assert.equal(await fileStamp(path, "report.json"), undefined);
  await Deno.writeTextFile(join(path, "config.json"), "{");
  assert.equal(await readRunJson(path, "config.json"), undefined);
  await Deno.mkdir(join(path, "report.json"));
  assert.equal(await fileStamp(path, "report.json"), undefined);
});
