/** What configurations start from. */
import assert from "node:assert/strict";
import { z } from "zod";
import { defineMethod } from "../../learners/method.ts";
import { startingConfig } from "../../learners/recipes.ts";

const profile = { seeds: 1, variants: ["only"] };

const method = defineMethod({
  id: "cook",
  card: "00",
  family: "tests",
  summary: "Waits.",
  paper: { title: "On waiting", authors: "Nobody", year: 2000 },
  config: z.strictObject({
    task: z.enum(["soup", "bread"]).default("soup"),
    minutes: z.int().default(20),
    degrees: z.int().default(100),
  }),
  profiles: {
    smoke: { ...profile, config: { minutes: 1 } },
    desk: { ...profile, config: { minutes: 10 } },
    full: { ...profile, config: { task: "bread" } },
  },
  recipes: [{ when: { task: "bread" }, config: { minutes: 50, degrees: 220 } }],
  variants: { only: "the only one" },
  // deno-lint-ignore require-yield
  async *train() {
    return await Promise.resolve({ metrics: {} });
  },
  claim: () => ({ statement: "", holds: true, margin: 0, parts: [] }),
  figures: () => [],
});

Deno.test("a recipe goes into the configurations that it is for, before what the profile has", () => {
  assert.deepEqual(startingConfig(method, "desk", { task: "bread" }), {
    minutes: 50,
    degrees: 220,
  });
  assert.deepEqual(startingConfig(method, "desk", {}), { minutes: 10 });
  assert.deepEqual(startingConfig(method, "desk", { task: "soup" }), { minutes: 10 });
});

Deno.test("a recipe is found by what the profile has as well", () => {
  const { minutes } = startingConfig(method, "full", {});
  assert.equal(minutes, 50);
});

Deno.test("a smoke test is short whatever it is of", () => {
  assert.deepEqual(startingConfig(method, "smoke", { task: "bread" }), { minutes: 1 });
});

Deno.test("what is no configuration has no recipe, and is refused elsewhere", () => {
  assert.deepEqual(startingConfig(method, "desk", { task: "stone" }), { minutes: 10 });
});
