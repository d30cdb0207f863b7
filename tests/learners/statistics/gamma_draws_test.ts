/** Draws of gamma and Dirichlet distributions against their moments and densities. */
import { ok, strictEqual, throws } from "node:assert/strict";
import {
  dirichletDraw,
  dirichletLogDensity,
  gammaDraw,
} from "../../../learners/statistics/gamma_draws.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";
import { randomStream } from "../../../sim/random.ts";

Deno.test("gamma draws have mean and variance of their shape, also below 1", () => {
  for (const shape of [0.1, 0.5, 1, 2.5, 9]) {
    const stream = randomStream(1, `gamma/${shape}`);
    const draws = Array.from({ length: 40_000 }, () => gammaDraw(shape, stream));
    ok(draws.every((draw) => draw > 0));
    const centre = mean(draws);
    const variance = mean(draws.map((draw) => (draw - centre) ** 2));
    // Five standard errors; the fourth central moment is 3k² + 6k.
    ok(Math.abs(centre - shape) < 5 * Math.sqrt(shape / 40_000), `mean ${centre} of ${shape}`);
    const error = Math.sqrt((2 * shape ** 2 + 6 * shape) / 40_000);
    ok(Math.abs(variance - shape) < 5 * error, `variance ${variance} of ${shape}`);
  }
  throws(() => gammaDraw(0, randomStream(1, "none")), /shape 0; expected one above 0/);
});

Deno.test("Dirichlet draws add to 1 and have the means of their parameters", () => {
  const stream = randomStream(2, "dirichlet");
  const draws = Array.from({ length: 20_000 }, () => dirichletDraw([2.5, 0.1, 0.5], stream));
  for (const draw of draws) ok(Math.abs(draw.reduce((sum, x) => sum + x, 0) - 1) < 1e-14);
  [2.5, 0.1, 0.5].forEach((parameter, i) => {
    const centre = mean(draws.map((draw) => draw[i]));
    ok(Math.abs(centre - parameter / 3.1) < 0.01, `${centre}`);
  });
});

Deno.test("the Dirichlet density is that of the beta distribution for two numbers", () => {
  // Beta(2, 1) has the density 2x.
  ok(Math.abs(dirichletLogDensity([2, 1], [0.3, 0.7]) - Math.log(0.6)) < 1e-6);
  strictEqual(Math.round(1e6 * dirichletLogDensity([1, 1, 1], [0.2, 0.3, 0.5])), 693147);
});
