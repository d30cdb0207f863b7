/** Which methods a name on the command line means. */
import assert from "node:assert/strict";
import { z } from "zod";
import { chosenMethods } from "../../cli/chosen_method.ts";
import { UsageError } from "../../cli/failure.ts";
import { defineMethod, type Method } from "../../learners/method.ts";

function method(id: string, family: string): Method {
  const profile = { config: {}, seeds: 1, variants: ["only"] };
  return defineMethod({
    id,
    card: "00",
    family,
    summary: "nothing",
    paper: { title: "None", authors: "None", year: 2000 },
    config: z.strictObject({}),
    profiles: { smoke: profile, desk: profile, full: profile },
    variants: { only: "the only one" },
    // deno-lint-ignore require-yield
    async *train() {
      return await Promise.resolve({ metrics: {} });
    },
    claim: () => ({ statement: "nothing", holds: false, margin: NaN, parts: [] }),
    figures: () => [],
  });
}

const [sparse, dense, deep] = [
  method("sparse", "matrices"),
  method("dense", "matrices"),
  method("deep", "networks"),
];
const methods = [sparse, deep, dense];

const refusal = (name: string, among: readonly Method[]): string => {
  try {
    chosenMethods(name, among);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  assert.fail(`${name} is not refused`);
};

Deno.test("a name means a method, the methods of a family, or all", () => {
  assert.deepEqual(chosenMethods("dense", methods), { method: dense });
  assert.deepEqual(chosenMethods("matrices", methods), {
    set: "matrices",
    methods: [sparse, dense],
  });
  // A family of one is a set all the same.
  assert.deepEqual(chosenMethods("networks", methods), { set: "networks", methods: [deep] });
  assert.deepEqual(chosenMethods("all", methods), { set: "all", methods });
});

Deno.test("a name that means nothing is answered with what there is", () => {
  const message = refusal("shallow", methods);
  for (const word of ["shallow", "sparse", "deep", "dense", "matrices", "networks", "all"]) {
    assert.ok(message.includes(word), `${word} in ${message}`);
  }
});

Deno.test("a name that means a method and several is refused by both", () => {
  assert.match(refusal("matrices", [...methods, method("matrices", "networks")]), /sparse, dense/);
  assert.match(refusal("all", [...methods, method("all", "networks")]), /"all" is the name of/);
});
