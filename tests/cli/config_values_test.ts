import assert from "node:assert/strict";
import { z } from "zod";
import { configKeys, configWith, readSetting } from "../../cli/config_values.ts";
import { UsageError } from "../../cli/failure.ts";

const schema = z.strictObject({
  rate: z.number().positive().max(1).default(0.1).describe("step size"),
  layers: z.int().min(1).default(2).describe("layers"),
  kind: z.enum(["ste", "reste"]).default("ste").describe("estimator"),
  augment: z.boolean().default(false).describe("mirror images"),
  widths: z.array(z.int()).default([8, 16]).describe("units of each layer"),
  note: z.string().default("").describe("a note"),
  warmUp: z.union([z.literal("none"), z.number()]).default("none").describe("epochs"),
});

/** What `--set` makes of a configuration. */
const configured = (
  of: z.ZodObject,
  standard: Readonly<Record<string, unknown>>,
  settings: readonly string[],
) => configWith(of, () => standard, settings.map(readSetting));

Deno.test("values are read as what their key is, and the rest keeps its default", () => {
  const settings = [
    "rate=1e-3",
    "layers=3",
    "kind=reste",
    "augment=true",
    "widths=4,5",
    "note=5",
    "warmUp=2",
  ];
  const whole = {
    rate: 0.001,
    layers: 3,
    kind: "reste",
    augment: true,
    widths: [4, 5],
    note: "5",
    warmUp: 2,
  };
  assert.deepEqual(configured(schema, {}, settings), whole);
  const others = configured(schema, { layers: 7 }, ["note=a=b", "widths=[1]", "warmUp=none"]);
  assert.deepEqual(others, {
    rate: 0.1,
    layers: 7,
    kind: "ste",
    augment: false,
    widths: [1],
    note: "a=b",
    warmUp: "none",
  });
  assert.equal(configured(schema, { layers: 7 }, ["layers=4", "layers=5"]).layers, 5);
});

Deno.test("a wrong setting is refused with its key, its value and what is allowed", () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ["rate", /--set rate: expected key=value/],
    ["=1", /expected key=value/],
    ["speed=1", /speed=1.+no key speed.+rate, layers/],
    ["rate=fast", /rate=fast: expected number above 0 to 1 \(step size\)/],
    ["rate=2", /rate=2: expected number above 0 to 1/],
    ["layers=1.5", /layers=1\.5: expected integer from 1/],
    ["kind=sign", /kind=sign: expected ste \| reste/],
    ["augment=yes", /augment=yes: expected true \| false/],
    ["widths=a", /widths=a: expected list of integer/],
    ["warmUp=some", /warmUp=some: expected none or number/],
    ["toString=1", /no key toString/],
  ];
  for (const [setting, message] of refused) {
    assert.throws(() => configured(schema, {}, [setting]), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("a refusal has the words that gave the value", () => {
  const given = { key: "rate", text: "fast", words: "--rate fast" };
  assert.throws(
    () => configWith(schema, () => ({}), [given]),
    /^UsageError: --rate fast: expected number/,
  );
  assert.deepEqual(readSetting("note=a=b"), { key: "note", text: "a=b", words: "--set note=a=b" });
});

Deno.test("what no single key is to blame for is refused too", () => {
  const pair = z.object({ low: z.number().default(0), high: z.number().default(1) })
    .refine(({ low, high }) => low < high, { message: "low must be below high" });
  assert.throws(() => configured(pair, {}, ["low=2"]), /low must be below high/);
});

Deno.test("keys are described by meaning, allowed values and default", () => {
  const [rate, layers] = configKeys(schema);
  assert.deepEqual(rate, {
    key: "rate",
    meaning: "step size",
    allowed: "number above 0 to 1",
    default: 0.1,
  });
  assert.equal(layers.allowed, "integer from 1");
});
