/**
 * The parts of the library's page that need no browser: what is listed in which order, what is told of a method
 * at a glance, what a hyper-parameter may be, what a form orders.
 */
import assert from "node:assert/strict";
import {
  libraryDocument as libraryDocumentSchema,
  type ParameterSchema,
} from "../../cluster/documents.ts";
import { laboratoryCommand, laboratoryLimits } from "../../cluster/protocol.ts";
import { libraryDocument } from "../../agents/laboratory/documents/library_document.ts";
import { library } from "../../learners/library.ts";
import { chosenMethods, readWish, turned, writeWish } from "../../viewer/web/library/entries.ts";
import {
  claimStateOf,
  headlineOf,
  ownVariant,
  parametersOf,
  type SentLastRun,
  type SentLibrary,
  type SentMethod,
} from "../../viewer/web/library/method_document.ts";
import {
  choicesOf,
  problemOf,
  readValue,
  writeAllowed,
  writeValue,
} from "../../viewer/web/library/parameter.ts";
import { largestRun, RunPlan } from "../../viewer/web/library/run_plan.ts";
import {
  writeJobCost,
  writeLarge,
  writePaper,
  writeParts,
} from "../../viewer/web/library/words.ts";

/** The real library as a page is sent it, none of it run. */
const { methods }: SentLibrary = JSON.parse(
  JSON.stringify(libraryDocument(library, () => undefined)),
);

function methodCalled(id: string): SentMethod {
  const method = methods.find((method) => method.id === id);
  assert.ok(method, id);
  return method;
}

/** What a run has come to whose variants have these accuracies. */
function ran(
  { id, profiles, claim }: SentMethod,
  { margin, seconds, accuracies }: {
    readonly margin: number | null;
    readonly seconds: number;
    readonly accuracies: Readonly<Record<string, readonly number[]>>;
  },
): SentLastRun {
  const holds = margin !== null && margin > 0;
  const variants = Object.entries(accuracies).map(([name, values]) =>
    [name, {
      description: name,
      seeds: values.map((_, seed) => seed + 1),
      metrics: {
        accuracy: { mean: values[0], std: 0, values, interval: null },
        loss: { mean: 1, std: 0, values: [1], interval: [0.5, 1.5] as const },
      },
      cost: { seconds: 65, tensorBytes: 0, multiplyAdds: 1.2e9 },
    }] as const
  );
  return {
    run: `${id}-1`,
    profile: profiles.desk ? "desk" : "smoke",
    backend: "wasm",
    device: "SIMD",
    began: "2026-01-01T00:00:00.000Z",
    seconds,
    seeds: [1],
    claim: {
      statement: claim.statement,
      holds,
      margin,
      parts: claim.parts.map((statement) => ({ statement, holds, margin })),
    },
    missing: [],
    failures: [],
    variants: Object.fromEntries(variants),
  };
}

const reste = methodCalled("reste");
const dagnn = methodCalled("dagnn");
const shown = {
  ...reste,
  last: ran(reste, {
    margin: 0.5,
    seconds: 30,
    accuracies: { "full-precision": [0.9], ste: [0.7], reste: [0.8, 0.82] },
  }),
};
const unshown = {
  ...dagnn,
  last: ran(dagnn, { margin: -0.5, seconds: 10, accuracies: { "dagnn-2": [0.6], mlp: [0.5] } }),
};
const unjudged = {
  ...methodCalled("ppo"),
  last: ran(methodCalled("ppo"), { margin: null, seconds: 20, accuracies: { plain: [-4] } }),
};
const unrun = methodCalled("biper");
const some: readonly SentMethod[] = [unrun, shown, unshown, unjudged];

Deno.test("the state of a claim is that of the newest finished run", () => {
  assert.deepEqual(some.map(claimStateOf), ["not run", "shown", "not shown", "not judged"]);
  assert.equal(writeParts(shown.last), "9 of 9 parts");
  assert.equal(writeParts(unshown.last), "0 of 5 parts");
  assert.equal(writeParts(unjudged.last), `${unjudged.claim.parts.length} parts`);
});

Deno.test("a method is judged by its first metric, beside what it was run with", () => {
  const headline = headlineOf(shown);
  assert.equal(headline?.metric, "accuracy");
  assert.equal(headline?.own?.variant, "reste");
  assert.deepEqual(headline?.own?.estimate.values, [0.8, 0.82]);
  assert.deepEqual(headline?.others.map(({ variant }) => variant), ["full-precision", "ste"]);
  assert.equal(ownVariant(unshown), "dagnn-2", "a method may have its own name in none");
  assert.equal(ownVariant(unjudged), "plain");
  assert.equal(headlineOf(unrun), undefined);
  const { "full-precision": other } = shown.last.variants;
  const early = { ...shown, last: { ...shown.last, variants: { "full-precision": other } } };
  assert.equal(headlineOf(early)?.own, undefined, "another variant is not taken for the method");
  assert.deepEqual(headlineOf(early)?.others.map(({ variant }) => variant), ["full-precision"]);
});

Deno.test("methods are found by words, family and claim", () => {
  const found = (address: string) =>
    chosenMethods(some, readWish(new URLSearchParams(address))).map(({ id }) => id);
  assert.deepEqual(found(""), ["biper", "reste", "dagnn", "ppo"]);
  assert.deepEqual(found("words=SCHULMAN+2017"), ["ppo"]);
  assert.deepEqual(found("words=binary+networks"), ["biper", "reste"]);
  assert.deepEqual(found("words=binary&claim=shown"), ["reste"]);
  assert.deepEqual(found("family=graphs"), ["dagnn"]);
  assert.deepEqual(found("words=no-such-word"), []);
});

Deno.test("methods are sorted either way, those that have not been run last", () => {
  const sorted = (sort: string) =>
    chosenMethods(some, readWish(new URLSearchParams({ sort }))).map(({ id }) => id);
  assert.deepEqual(sorted("cost"), ["dagnn", "ppo", "reste", "biper"]);
  assert.deepEqual(sorted("-cost"), ["reste", "ppo", "dagnn", "biper"]);
  assert.deepEqual(sorted("claim"), ["reste", "dagnn", "ppo", "biper"]);
  assert.deepEqual(sorted("-claim"), ["ppo", "dagnn", "reste", "biper"]);
  assert.deepEqual(sorted("year"), ["ppo", "dagnn", "reste", "biper"]);
  assert.deepEqual(sorted("method"), ["biper", "dagnn", "ppo", "reste"]);
  assert.deepEqual(sorted("nonsense"), some.map(({ id }) => id));
});

Deno.test("what is listed stands in the address, as briefly as it goes", () => {
  const usual = readWish(new URLSearchParams("claim=whatever"));
  assert.deepEqual(writeWish(usual), {});
  const ascending = turned(usual, "cost");
  assert.deepEqual(writeWish(ascending), { sort: "cost" });
  const descending = { ...turned(ascending, "cost"), words: "a&b", claim: "not shown" as const };
  assert.deepEqual(readWish(new URLSearchParams(writeWish(descending))), descending);
  assert.deepEqual(writeWish(turned(descending, "year")).sort, "year");
});

Deno.test("texts are read as their schema has it, and what is wrong with one is said", () => {
  const read = (text: string, schema: ParameterSchema) => {
    const reading = readValue(text, schema);
    return reading.ok ? reading.value : reading.problem;
  };
  const rate: ParameterSchema = { type: "number", exclusiveMinimum: 0 };
  assert.equal(read(" 3e-4 ", rate), 0.0003);
  assert.equal(read("0", rate), "0 is not a number above 0.");
  assert.equal(read("fast", rate), "fast is not a number above 0.");
  assert.equal(read("", rate), "Nothing is not a number above 0.");
  assert.equal(read("Infinity", rate), "Infinity is not a number above 0.");
  const layers: ParameterSchema = { type: "integer", minimum: 1, maximum: 8 };
  assert.equal(read("2", layers), 2);
  assert.equal(read("2.5", layers), "2.5 is not a whole number from 1 to 8.");
  assert.equal(read("9", layers), "9 is not a whole number from 1 to 8.");
  const list: ParameterSchema = { type: "array", items: layers, minItems: 1 };
  assert.deepEqual(read("4, 4", list), [4, 4]);
  assert.deepEqual(read("[1]", list), [1]);
  assert.equal(read("1, 9", list), "9 is not a whole number from 1 to 8.");
  assert.match(String(read("", list)), /^0 values are not a list of at least 1 values/);
  assert.equal(read("2", { type: "string" }), "2");
  assert.equal(
    read("relu", { enum: ["tanh", "elu"], type: "string" }),
    "relu is not one of tanh, elu.",
  );
  const optional: ParameterSchema = { anyOf: [rate, { type: "null" }] };
  assert.equal(read("null", optional), null);
  assert.equal(read("0.5", optional), 0.5);
  assert.equal(read("-1", optional), "-1 is not a number above 0 or null.");
  assert.deepEqual(choicesOf({ anyOf: [{ const: "a" }, { type: "null" }] }), ["a", null]);
  assert.equal(
    problemOf({ rate: -1 }, { type: "object", properties: { rate } }),
    "rate: -1 is not a number above 0.",
  );
});

Deno.test("every default of the library is allowed, and is read from what a field shows", () => {
  let count = 0;
  for (const method of methods) {
    for (const [name, schema] of Object.entries(parametersOf(method).properties ?? {})) {
      const where = `${method.id}.${name}`;
      assert.notEqual(schema.default, undefined, `${where} has no default`);
      assert.equal(problemOf(schema.default, schema), undefined, where);
      assert.notEqual(writeAllowed(schema), "any value, as JSON", `${where} says nothing`);
      if (schema.type === "boolean") continue;
      const reading = readValue(writeValue(schema.default), schema);
      assert.deepEqual(reading, { ok: true, value: schema.default }, where);
      count++;
    }
  }
  assert.ok(count > 100, `${count} were looked at`);
});

Deno.test("a form orders what differs from the profile, and nothing else", () => {
  const plan = new RunPlan(reste);
  const order = () => laboratoryCommand.parse({ ...plan.order(), request: 0 });
  const usual = { request: 0, type: "queue", method: "reste" };
  assert.deepEqual(order(), { ...usual, profile: "desk" });
  assert.equal(plan.command(), "deno task train reste --cluster");
  assert.equal(plan.jobs, 36);

  plan.set("epochs", 5);
  plan.seeds = 1;
  plan.variants = ["reste", "ste"];
  assert.deepEqual(order(), {
    ...usual,
    profile: "desk",
    seeds: 1,
    variants: ["ste", "reste"],
    config: { epochs: 5 },
  });
  assert.equal(
    plan.command(),
    "deno task train reste --seeds 1 --variant ste reste --set epochs=5 --cluster",
  );
  assert.equal(plan.jobs, 2);

  plan.profile = "smoke";
  assert.equal(plan.value("batch"), 16);
  assert.ok(plan.isSpecial("batch") && !plan.isChanged("batch"));
  // One seed and these variants are the smaller profile's own.
  assert.deepEqual(order(), { ...usual, profile: "smoke", config: { epochs: 5 } });
  plan.set("batch", plan.parameters.batch.default);
  assert.deepEqual(
    order(),
    { ...usual, profile: "smoke", config: { epochs: 5, batch: plan.parameters.batch.default } },
    "to go back to the default of what the profile changes is a change",
  );
  plan.set("batch", 16);
  plan.set("epochs", 2);
  assert.deepEqual(order(), { ...usual, profile: "smoke" });

  plan.seeds = 7;
  plan.reset();
  assert.deepEqual(order(), { ...usual, profile: "smoke" });
});

Deno.test("a form orders no run that is larger than an order may be, or empty", () => {
  const { queuedSeeds, queuedVariants } = laboratoryLimits;
  assert.deepEqual(largestRun, { seeds: queuedSeeds, variants: queuedVariants });
  const names = Array.from({ length: queuedVariants + 1 }, (_, index) => `variant-${index}`);
  const plan = new RunPlan({
    ...reste,
    variants: Object.fromEntries(names.map((name) => [name, ""])),
  });
  plan.variants = names;
  assert.equal(plan.problem, "65 variants are too many for one run: choose at most 64.");
  plan.variants = names.slice(1);
  assert.equal(plan.problem, undefined);
  plan.variants = [];
  assert.match(plan.problem ?? "", /^No variant is chosen/);
});

Deno.test("a command line is quoted for the shell", () => {
  const plan = new RunPlan(reste);
  plan.set("layers", "it's; rm");
  assert.ok(plan.command().includes(` --set 'layers=it'\\''s; rm' `), plan.command());
});

Deno.test("papers and costs are written briefly", () => {
  assert.equal(writePaper(shown.paper), "Wu et al. 2023, ICCV");
  const paper = { title: "", authors: "Ada Byron, Alan Turing", year: 1950 };
  assert.equal(writePaper(paper), "Byron & Turing 1950");
  assert.equal(writePaper({ ...paper, authors: "Alan Turing" }), "Turing 1950");
  assert.equal(
    writeJobCost(shown.last.variants.reste.cost),
    "1 min 5 s a job, 1.20 G multiply-adds",
  );
  const amounts = [0, 12, 999.9, 1234, 999_999, 4.5e13, 1e30, NaN];
  assert.deepEqual(
    amounts.map(writeLarge),
    ["0.00", "12.0", "1.00 k", "1.23 k", "1.00 M", "45.0 T", "1.00e+12 E", "–"],
  );
});

Deno.test("what the tests are sent is what a server sends", () => {
  const document = { type: "library", methods: [...some] };
  assert.equal(libraryDocumentSchema.parse(document).methods.length, some.length);
});
