/** Keys of generated data: equal for equal recipes, different for others. */
import { match, notStrictEqual, strictEqual, throws } from "node:assert/strict";
import { datasetKey } from "../../../learners/data/cache.ts";

const key = (parameters: unknown, version = 1) =>
  datasetKey({ generator: "arm-images", version, parameters });

Deno.test("a key is the generator's name and 32 hexadecimal digits, and stays what it is", () => {
  match(key({}), /^arm-images-[0-9a-f]{32}$/);
  // Kept caches depend on this.
  strictEqual(
    key({ seed: 0, count: 1600, classes: ["object"] }),
    "arm-images-fa589921b5466997419681628d847d4d",
  );
});

Deno.test("the order of properties and absent ones do not matter", () => {
  const one = key({ count: 3, values: { object: ["disc"], colour: ["red"] } });
  strictEqual(
    key({ values: { colour: ["red"], object: ["disc"] }, count: 3, size: undefined }),
    one,
  );
  strictEqual(key({ noise: -0 }), key({ noise: 0 }));
});

Deno.test("every difference in content gives another key", () => {
  const recipes = [
    key({ seed: 1 }),
    key({ seed: 2 }),
    key({ seed: "1" }),
    key({ seed: 1 }, 2),
    key({ seed: [1] }),
    key({ seed: { seed: 1 } }),
    key({ seeds: 1 }),
    key({ seed: null }),
    key({ seed: true }),
    key(["seed", 1]),
    key({}),
    key({ shift: ["noise", "blur"] }),
    key({ shift: ["blur", "noise"] }),
    key({ shift: ["blur,noise"] }),
    datasetKey({ generator: "arm-states", version: 1, parameters: { seed: 1 } }),
  ];
  strictEqual(new Set(recipes).size, recipes.length);
  notStrictEqual(key({ a: "1,b" }), key({ a: 1, b: undefined }));
});

Deno.test("what has no one text is refused by its place", () => {
  const refused: [unknown, RegExp][] = [
    [{ seed: NaN }, /recipe\.parameters\.seed is NaN/],
    [{ list: [1, Infinity] }, /recipe\.parameters\.list\[1\] is Infinity/],
    [{ values: new Float32Array(2) }, /values is \[object Float32Array\]/],
    [{ when: new Date(0) }, /when is \[object Date\]/],
    [{ f: () => 0 }, /f is \[object Function\]/],
    [{ big: 1n }, /big is \[object BigInt\]/],
    [[undefined], /recipe\.parameters\[0\] is \[object Undefined\]/],
  ];
  for (const [parameters, message] of refused) {
    throws(() => key(parameters), { name: "TypeError", message });
  }
});
