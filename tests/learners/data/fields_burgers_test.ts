/** Burgers' equation against its exact solution, and the Fourier transform under it. */
import { ok, throws } from "node:assert/strict";
import { burgersSolver } from "../../../learners/data/fields/burgers.ts";
import { fourierTransform } from "../../../learners/data/fields/fourier.ts";
import { randomStream } from "../../../sim/random.ts";

Deno.test("the transform is the sum that defines it, and its inverse undoes it", () => {
  const stream = randomStream(0, "test");
  for (const n of [1, 2, 8, 64]) {
    const [re, im] = [0, 0].map(() => Float64Array.from({ length: n }, () => stream.normal()));
    const [real, imaginary] = [re.slice(), im.slice()];
    const { forward, inverse } = fourierTransform(n);
    forward(real, imaginary);
    for (let k = 0; k < n; k++) {
      let [sumReal, sumImaginary] = [0, 0];
      for (let j = 0; j < n; j++) {
        const angle = -2 * Math.PI * j * k / n;
        sumReal += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
        sumImaginary += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
      }
      near(real[k], sumReal, 1e-11);
      near(imaginary[k], sumImaginary, 1e-11);
    }
    inverse(real, imaginary);
    re.forEach((value, j) => near(real[j], value, 1e-12));
    im.forEach((value, j) => near(imaginary[j], value, 1e-12));
  }
  throws(() => fourierTransform(12), { name: "RangeError", message: /length 12/ });
});

/**
 * The Cole-Hopf transform u = −2ν φ_x/φ of a solution φ = a + e cos 2πx, e = exp(−4π²νt), of the heat
 * equation; steep for a near 1.
 */
function exact(points: number, viscosity: number, time: number, a: number): Float64Array {
  const decay = Math.exp(-4 * Math.PI ** 2 * viscosity * time);
  return Float64Array.from({ length: points }, (_, i) => {
    const angle = 2 * Math.PI * i / points;
    return 4 * Math.PI * viscosity * decay * Math.sin(angle) / (a + decay * Math.cos(angle));
  });
}

Deno.test("two fields at once follow their exact solutions, with second order in time", () => {
  const [points, viscosity, duration] = [256, 0.05, 0.2];
  const errors = [2e-3, 1e-3, 5e-4].map((timeStep) => {
    const one = exact(points, viscosity, 0, 1.05);
    const other = exact(points, viscosity, 0, 1.5);
    burgersSolver({ points, viscosity, duration, timeStep })(one, other);
    const after = [1.05, 1.5].map((a) => exact(points, viscosity, duration, a));
    return [one, other].map((field, k) =>
      field.reduce((most, u, i) => Math.max(most, Math.abs(u - after[k][i])), 0)
    );
  });
  ok(errors[2][0] < 1e-4 && errors[2][1] < 1e-5, `errors ${errors}`);
  for (const k of [0, 1]) {
    const order = Math.log2(errors[1][k] / errors[2][k]);
    ok(Math.abs(order - 2) < 0.2, `errors ${errors}: order ${order}`);
  }
});

Deno.test("no time changes nothing; a constant moves without changing", () => {
  const options = { points: 32, viscosity: 0.01, timeStep: 1e-3 };
  const [wave, constant] = [exact(32, 0.01, 0, 2), new Float64Array(32).fill(0.7)];
  const before = wave.slice();
  burgersSolver({ ...options, duration: 0 })(wave, constant);
  before.forEach((u, i) => near(wave[i], u, 1e-14));
  burgersSolver({ ...options, duration: 0.05 })(wave, constant);
  constant.forEach((u) => near(u, 0.7, 1e-13));
  ok(wave.some((u, i) => Math.abs(u - before[i]) > 1e-4));
});

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
