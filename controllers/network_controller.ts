/** A trained (or training) motor network as a controller of N arms. */
import type { Controller } from "./controller.ts";
import { intact, type Lesion } from "./lesions.ts";
import type { Activity, MotorNetwork } from "./motor_network.ts";

/** A controller whose last activities can be looked at. */
export interface NetworkController extends Controller {
  /** The activities of the last `act`. */
  readonly activity: Activity;
}

/**
 * `network` with `weights`, which may go on changing; optionally with a lesion.
 *
 * @param arms how many arms it controls at once
 */
export function networkController(
  network: MotorNetwork,
  weights: Float64Array,
  arms: number,
  lesion: Lesion = intact,
): NetworkController {
  const activity = network.activity(arms);
  const state = network.hasState ? network.hiddenArrays(arms) : undefined;
  return {
    name: network.config.kind,
    activity,
    reset(batch) {
      if (batch !== arms) {
        throw new RangeError(`the controller was made for ${arms} arms, ${batch} were asked for`);
      }
      for (const layer of state?.flat() ?? []) layer.fill(0);
    },
    act(observations, actions) {
      network.forward(weights, observations, activity, arms, lesion, state);
      actions.set(activity.output);
      state?.forEach((streams, k) => streams.forEach((into, s) => into.set(activity.hidden[k][s])));
    },
  };
}
