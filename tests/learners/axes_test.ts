/** Variants that are combinations. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { type Axis, combinationsOf, variantName, variantsOf } from "../../learners/axes.ts";

const tasks: Axis = {
  name: "tasks",
  meaning: "what is done",
  values: { reach: "from here to there", hold: "where it is" },
};
const models: Axis = {
  name: "models",
  meaning: "what does it",
  values: { "uni-a": "one network", "bicc-spec": "two" },
};

Deno.test("there is a variant for each combination, the first axis slowest", () => {
  deepStrictEqual(Object.entries(variantsOf([tasks, models])), [
    ["reach-uni-a", "from here to there; one network"],
    ["reach-bicc-spec", "from here to there; two"],
    ["hold-uni-a", "where it is; one network"],
    ["hold-bicc-spec", "where it is; two"],
  ]);
  const combinations = combinationsOf([tasks, models]);
  deepStrictEqual(combinations.get("reach-bicc-spec"), { tasks: "reach", models: "bicc-spec" });
  for (const [variant, combination] of combinations) {
    strictEqual(variantName([tasks, models], combination), variant);
  }
});

Deno.test("combinations that would have one name are refused", () => {
  const [first, second] = ["a", "a-b"].map((value, index): Axis => (
    { name: `axis${index}`, meaning: "", values: { [value]: "", [value + "-b"]: "" } }
  ));
  throws(
    () => combinationsOf([first, { ...second, values: { "b-c": "", "c": "" } }]),
    /RangeError: two combinations are called a-b-c: .*"axis1":"b-c".*"axis0":"a-b"/,
  );
});
