/** Replays in a page: the trial that is shown, done again, and what lesions change in it. */
import assert from "node:assert/strict";
import { subjects } from "../../../cluster/bus.ts";
import type { ReplayRequest } from "../../../cluster/in_page.ts";
import { encodeMessage } from "../../../cluster/protocol.ts";
import { lesionNames } from "../../../controllers/lesions.ts";
import { eventually } from "../../support/eventually.ts";
import { smallRun, trainedWeights } from "../sim/small_run.ts";
import { heard, Page, weightsOf } from "./page.ts";

const weights = await trainedWeights(smallRun).then((trained) =>
  weightsOf(smallRun, trained, smallRun.updates)
);

const order: ReplayRequest = {
  kind: "replay",
  answer: heard,
  request: 1,
  configuration: smallRun,
  weights,
  task: smallRun.task,
  first: 0,
  count: 1,
  lesions: ["none"],
};

Deno.test("an intact replay is the trial that is shown under the same number, frame by frame", async () => {
  using page = new Page();
  page.ask({ kind: "show", run: heard, configuration: smallRun, weights });
  const command = { type: "speed", factor: 8 } as const;
  page.bus.publish(subjects.commands(heard), encodeMessage(command));
  await eventually("two shown trials", () => page.all("trial-ended").length >= 2);
  page.ask({ kind: "leave" });
  const [trials, ends] = [page.all("trial").slice(0, 2), page.all("trial-ended").slice(0, 2)];
  const frames = page.frames.filter(({ trial }) => trial < 2);
  page.clear();

  page.ask({ ...order, count: 2 });
  assert.deepEqual(page.replies, [{ kind: "replayed", request: 1 }]);
  assert.deepEqual(page.all("trial"), trials);
  assert.deepEqual(page.all("trial-ended"), ends);
  const motion = page.frames.map(({ trial, step, angles, activations }) =>
    [trial, step, angles, activations] as const
  );
  assert.deepEqual(
    motion,
    frames.map(({ trial, step, angles, activations }) => [trial, step, angles, activations]),
  );
});

Deno.test("each lesion is done on the same trials, and says which weights it had", () => {
  using page = new Page();
  page.ask({ ...order, first: 8, count: 8, lesions: lesionNames });
  const trials = page.all("trial");
  assert.equal(trials.length, 8 * lesionNames.length);
  assert.deepEqual(
    [...new Set(trials.map(({ lesion }) => lesion))],
    lesionNames,
  );
  for (const { trial, start, goal, update } of trials) {
    assert.deepEqual([start, goal], [trials[trial - 8].start, trials[trial - 8].goal]);
    assert.equal(update, smallRun.updates);
  }
  assert.equal(page.frames.length, trials.length * (trials[0].duration / 0.01 + 1));
});

Deno.test("a lesion of what carries nothing changes nothing, any other changes the path", () => {
  const pathsOf = (callosum: "none" | "maxpool-pad", lesion: string) => {
    using page = new Page();
    const configuration = { ...smallRun, callosum };
    page.ask({ ...order, configuration, lesions: [lesion] });
    assert.deepEqual(page.replies, [{ kind: "replayed", request: 1 }]);
    return page.frames.map(({ angles }) => Array.from(angles));
  };
  assert.deepEqual(pathsOf("none", "cc"), pathsOf("none", "none"));
  const intact = pathsOf("maxpool-pad", "none");
  for (const lesion of lesionNames.filter((name) => name !== "none")) {
    assert.notDeepEqual(pathsOf("maxpool-pad", lesion), intact, lesion);
  }
});

Deno.test("newer weights count from the next request on", () => {
  using page = new Page();
  page.ask({ ...order, weights: undefined });
  page.ask(order);
  const [before, after] = page.all("trial-ended");
  assert.deepEqual(page.all("trial").map(({ update }) => update), [0, smallRun.updates]);
  assert.notEqual(before.measures.finalError, after.measures.finalError);
});

Deno.test("what cannot be replayed is answered with why", () => {
  for (
    const [change, reason] of [
      [{ lesions: ["both"] }, /no lesion "both"; there are none, low-left/],
      [{ first: 6, count: 3 }, /no trials 6 to 8 in a batch of 8/],
      [{ task: "force-channel" }, /"force-channel" cannot be done in a page/],
      [{ task: "juggling" }, /"juggling" cannot be done in a page/],
      [
        { configuration: { ...smallRun, controller: "minimum-jerk", updates: 0 } },
        /minimum-jerk has no network/,
      ],
      [{ configuration: { seed: 1 } }, /invalid/i],
      [{ weights: new Uint8Array(20) }, /header/i],
    ] as const
  ) {
    using page = new Page();
    page.ask({ ...order, request: 7, ...change });
    const [reply] = page.replies;
    assert.ok(reply.kind === "failed", JSON.stringify(reply));
    assert.equal(reply.request, 7);
    assert.match(reply.message, reason);
    page.clear();
    page.ask(order);
    assert.deepEqual(page.replies, [{ kind: "replayed", request: 1 }], "the agent goes on");
  }
});
