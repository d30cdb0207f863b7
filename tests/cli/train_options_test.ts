/** The flags of `train`, above all those that a method brings along. */
import assert from "node:assert/strict";
import { z } from "zod";
import { UsageError } from "../../cli/failure.ts";
import { type NewWork, parseTrainOptions } from "../../cli/train_options.ts";
import { type Axis, variantsOf } from "../../learners/axes.ts";
import { library } from "../../learners/library.ts";
import { defineMethod, type Method } from "../../learners/method.ts";

const axes: readonly Axis[] = [
  {
    name: "tasks",
    meaning: "what is done",
    values: { reach: "there", hold: "here", draw: "an eight" },
  },
  {
    name: "models",
    meaning: "what does it",
    values: { "uni-a": "one", "uni-b": "one", bi: "two" },
  },
];

const config = z.strictObject({
  updates: z.int().min(1).default(2000).describe("updates of a training"),
  learningRate: z.number().positive().default(0.001).describe("step size"),
  widths: z.array(z.int()).default([8, 16]).describe("units of each layer"),
  // Flags that the command has for something else, or that would take another one back.
  data: z.string().default("made").describe("what is learnt from"),
  noNoise: z.boolean().default(false).describe("whether there is no noise"),
});

function method(id: string, more: Partial<Method>): Method {
  const profile = { config: {}, seeds: 1, variants: ["only"] };
  return defineMethod({
    id,
    card: "00",
    family: "tests",
    summary: "nothing",
    paper: { title: "None", authors: "None", year: 2000 },
    config: z.strictObject({ hops: z.int().default(2).describe("hops") }) as z.ZodObject,
    profiles: { smoke: profile, desk: profile, full: profile },
    variants: { only: "the only one" },
    // deno-lint-ignore require-yield
    async *train() {
      return await Promise.resolve({ metrics: {} });
    },
    claim: () => ({ statement: "nothing", holds: false, margin: NaN, parts: [] }),
    figures: () => [],
    ...more,
  });
}

const { "draw-bi": _, ...combinations } = variantsOf(axes);
const usual = ["reach-uni-a", "reach-uni-b", "hold-uni-a", "hold-uni-b"];
const study = method("study", {
  axes,
  config,
  variants: { ...combinations, ablation: "none of them" },
  profiles: {
    smoke: { config: { updates: 5 }, seeds: 1, variants: ["reach-bi", "ablation"] },
    desk: { config: {}, seeds: 3, variants: [...usual, "ablation"] },
    full: { config: {}, seeds: 10, variants: usual },
  },
});
const methods = [study, method("plain", {}), method("other", { family: "more" })];

/** The only run that `words` ask for. */
function planned(words: string) {
  const source = parseTrainOptions(words.split(" "), methods)!.source as NewWork;
  assert.equal(source.runs.length, 1);
  return source.runs[0];
}

const refused = (words: string, message: RegExp) =>
  assert.throws(() => parseTrainOptions(words.split(" "), methods), (error) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.match(error.message, message);
    return true;
  });

Deno.test("without a flag of an axis the variants are the profile's", () => {
  assert.deepEqual(planned("study").variants, [...usual, "ablation"]);
  assert.deepEqual(planned("study --profile smoke").variants, ["reach-bi", "ablation"]);
});

Deno.test("flags of axes choose combinations; where one says nothing, the profile's values are taken", () => {
  assert.deepEqual(planned("study --tasks hold").variants, ["hold-uni-a", "hold-uni-b"]);
  assert.deepEqual(planned("study --models bi").variants, ["reach-bi", "hold-bi"]);
  assert.deepEqual(planned("--models bi study --profile smoke").variants, ["reach-bi"]);
  for (const models of ["--models bi,uni-a", "--models uni-a --models bi", "--models=uni-a,bi"]) {
    assert.deepEqual(planned(`study --tasks reach,hold ${models}`).variants, [
      ...["reach-uni-a", "reach-bi", "hold-uni-a", "hold-bi"],
    ]);
  }
  // A value that the profile leaves out, with a combination that there is not.
  assert.deepEqual(planned("study --tasks draw,hold --models bi,uni-b").variants, [
    ...["hold-uni-b", "hold-bi", "draw-uni-b"],
  ]);
});

Deno.test("a value that there is not on an axis, or not with the others, is refused by name", () => {
  refused("study --tasks swim", /--tasks.*swim.*"swim".*reach, hold, draw/);
  refused("study --models bi,", /There is no "" among its models/);
  refused(
    "study --tasks draw --models bi",
    /--tasks draw: study has no variant of it with models bi/,
  );
  refused("study --tasks hold --variant ablation", /--variant names variants and --tasks combines/);
  refused(
    "study --variant hold-bee",
    /--variant hold-bee: study has no such variant; it has reach-/,
  );
});

Deno.test("every hyper-parameter has a flag, which is read as --set reads it", () => {
  const { config } = planned(
    "study --updates 40 --learning-rate 1e-2 --widths 4,5 --set data=real",
  );
  assert.deepEqual(config, {
    updates: 40,
    learningRate: 0.01,
    widths: [4, 5],
    data: "real",
    noNoise: false,
  });
  assert.equal(planned("study --profile smoke").config.updates, 5);
  assert.equal(planned("study --profile smoke --updates=7").config.updates, 7);
  refused("study --updates 0", /^--updates 0: expected integer from 1 \(updates of a training\)/);
  refused("study --updates", /--updates <value>.* argument missing/);
  refused("study --update 3", /unknown option '--update' \(Did you mean --updates\?\)/);
  refused(
    "study --updates 3 --set updates=4",
    /--updates 3 and --set updates=…: give one of the two/,
  );
  // This one does not take back a flag `--noise`, nor does `--data` set the key.
  refused("study --no-noise true", /unknown option '--no-noise'/);
  refused("study --data real", /--data/);
});

Deno.test("flags of a method are refused where another method, or several, are trained", () => {
  refused("tests --updates 3", /^--updates is for one method only; it cannot go with tests$/);
  refused("all --tasks=hold", /^--tasks is for one method only; it cannot go with all$/);
  refused("plain --tasks hold", /^--tasks is a flag of study, not of plain/);
  refused("study --hops 3", /^--hops is a flag of plain, other, not of study/);
  refused("--updates 3", /^--updates is a flag of study: name the method/);
});

Deno.test("flags of a method cannot go with a run that has its configuration already", () => {
  refused("--resume run --updates 3", /^--updates cannot go with --resume/);
  refused("study --resume run --tasks hold", /^--tasks cannot go with --resume/);
});

Deno.test("what is wrong with a flag of the command, or with the name, is said first", () => {
  refused("study --profile tiny --updates 3", /--profile.*'tiny' is invalid/);
  refused("studie --updates 3", /no method "studie"; there are study, plain, other/);
  refused("--seeds 3", /name a method, a family or all/);
  refused("study plain", /too many arguments/);
});

Deno.test("the same flags go with --cluster", () => {
  const words = "study --tasks hold --updates 3 --cluster --nats nats://127.0.0.1:4222";
  const { variants, config } = planned(words);
  assert.deepEqual([variants, config.updates], [["hold-uni-a", "hold-uni-b"], 3]);
});

for (const { id, axes = [], profiles } of library) {
  Deno.test(`${id}: each value of each axis chooses variants that there are, by its flag`, () => {
    for (const { name, values } of axes) {
      for (const value of Object.keys(values)) {
        const { source } = parseTrainOptions([id, `--${name}`, value])!;
        const [{ variants }] = (source as NewWork).runs;
        assert.ok(variants.length > 0 && variants.every((each) => each.includes(value)));
      }
    }
    assert.deepEqual((parseTrainOptions([id])!.source as NewWork).runs[0].variants, [
      ...profiles.desk.variants,
    ]);
  });
}
