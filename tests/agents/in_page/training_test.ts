/** Trainings in a page: the same numbers as anywhere, and the page is told how they end. */
import assert from "node:assert/strict";
import { decodeWeights } from "../../../agents/sim/checkpoint.ts";
import { configHere } from "../../../agents/in_page/hand_over.ts";
import { offeredModels } from "../../../agents/in_page/models.ts";
import { trainingOffer } from "../../../agents/in_page/training.ts";
import { runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { subjects } from "../../../cluster/bus.ts";
import type { TrainingChoice } from "../../../cluster/in_page.ts";
import { encodeMessage } from "../../../cluster/protocol.ts";
import { eventually } from "../../support/eventually.ts";
import { smallRun, trainedWeights } from "../sim/small_run.ts";
import { heard, Page } from "./page.ts";

const choice: TrainingChoice = { task: "hold", model: "bi-bal", seed: 5, updates: 20 };
const request = { kind: "train", run: heard, configuration: smallRun, choice } as const;

Deno.test("a training in a page makes the same weights as the same training elsewhere", async () => {
  using page = new Page();
  page.ask(request);
  assert.deepEqual(await page.reply("ended"), { kind: "ended", run: heard, end: "finished" });
  const config = configHere(request);
  const { layout } = runNetwork(config, runParts(config));
  const last = page.weights.at(-1);
  assert.ok(last);
  const { weights, updates } = decodeWeights(last, layout);
  assert.equal(updates, 20);
  assert.deepEqual(weights, await trainedWeights(config));

  assert.deepEqual(page.all("progress").map(({ update }) => update), [10, 20]);
  const evaluations = page.all("evaluation");
  assert.deepEqual([...new Set(evaluations.map(({ engine }) => engine))], ["equations"]);
  const [before, after] = evaluations.slice(-2);
  assert.deepEqual([before.stage, before.update], ["before", 0]);
  assert.deepEqual([after.stage, after.update], ["after", 20]);
  assert.notEqual(after.measures.effort, before.measures.effort);
});

Deno.test("a training that is stopped says so, and where it has come to", async () => {
  using page = new Page();
  page.ask({ ...request, choice: { ...choice, updates: 100_000 } });
  await eventually("progress", () => page.all("progress").length > 0);
  page.bus.publish(subjects.control(heard), encodeMessage({ type: "stop" }));
  assert.equal((await page.reply("ended")).end, "stopped");
  const reached = page.all("progress").at(-1)?.update ?? 0;
  assert.ok(reached >= 10 && reached < 100_000, `${reached} updates`);
  assert.ok(page.all("evaluation").every(({ stage }) => stage === "during"));
});

Deno.test("every model and task that is offered is a configuration, of what it says", () => {
  const { tasks, shownTasks, models } = trainingOffer;
  assert.deepEqual(models, offeredModels);
  assert.ok(tasks.every(({ name, summary }) => shownTasks.includes(name) && summary));
  assert.ok(!shownTasks.includes("force-channel"));
  for (const { name: task } of tasks) {
    for (const { name: model } of models) {
      configHere({ ...request, choice: { ...choice, task, model } });
    }
  }
  const configOf = (model: string) => configHere({ ...request, choice: { ...choice, model } });
  const { controller, callosum, objective, units } = configOf("bicc-spec");
  assert.deepEqual(
    [controller, callosum, objective, units],
    ["bilateral", "maxpool-pad", "specialised", smallRun.units],
  );
  assert.equal(configOf("bi-spec").callosum, "none");
  assert.deepEqual([configOf("uni-a").controller, configOf("uni-a").objective], [
    "unilateral",
    "accuracy",
  ]);
  // 3 units of 16 inputs and 6 outputs have 63 parameters a layer fewer than two halves of 4.
  assert.ok(configOf("matched-bal").units < smallRun.units);
});

Deno.test("in a page arms move by their equations and roll-outs are vectors, whatever they are elsewhere", () => {
  const elsewhere = { ...smallRun, engine: "cannon", trainer: "scalar", task: "curl-field" };
  const here = configHere({ configuration: elsewhere });
  assert.deepEqual([here.engine, here.trainer, here.task], ["equations", "vector", "curl-field"]);
  assert.equal(here.seed, smallRun.seed);
});

Deno.test("a choice that there is not is answered with why", async () => {
  using page = new Page();
  page.ask({ ...request, choice: { ...choice, model: "trilateral" } });
  const { run, message } = await page.reply("failed");
  assert.equal(run, heard);
  assert.match(message, /no model "trilateral"; there are uni-a, /);
});
