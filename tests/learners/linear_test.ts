/** Starting values of linear layers. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { readyBackend } from "../../learners/nn/backend.ts";
import { linearVariables } from "../../learners/nn/linear.ts";
import { disposeVariables } from "../../learners/nn/variables.ts";
import { randomStream } from "../../sim/random.ts";

Deno.test("weights and bias of a linear layer fill ±1/√inputs, each from a stream of its own", async () => {
  await readyBackend("cpu");
  const asked: string[] = [];
  const layer = linearVariables("layer", 25, 400, (name) => {
    asked.push(name);
    return randomStream(0, name);
  });
  deepStrictEqual(asked, ["layer.weights", "layer.bias"]);
  deepStrictEqual(layer["layer.weights"].shape, [25, 400]);
  deepStrictEqual(layer["layer.bias"].shape, [400]);
  for (const variable of Object.values(layer)) {
    const values = variable.dataSync();
    const [least, most] = [Math.min(...values), Math.max(...values)];
    ok(least >= -0.2 && least < -0.19 && most <= 0.2 && most > 0.19, `${least} … ${most}`);
  }
  disposeVariables(layer);
});
