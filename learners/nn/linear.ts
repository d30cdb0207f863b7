/** The linear layer's parameters, as PyTorch starts them. */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import { uniformTensor, type Variables } from "./variables.ts";

/**
 * `<name>.weights` [inputs, outputs] and `<name>.bias` [outputs], uniform in ±1/√inputs.
 *
 * @param stream gives the random stream for a parameter's name
 */
export function linearVariables(
  name: string,
  inputs: number,
  outputs: number,
  stream: (parameter: string) => RandomStream,
): Variables {
  const limit = 1 / Math.sqrt(inputs);
  const shapes = { [`${name}.weights`]: [inputs, outputs], [`${name}.bias`]: [outputs] };
  return Object.fromEntries(
    Object.entries(shapes).map(([parameter, shape]) => [
      parameter,
      tf.tidy(() => tf.variable(uniformTensor(shape, limit, stream(parameter)))),
    ]),
  );
}
