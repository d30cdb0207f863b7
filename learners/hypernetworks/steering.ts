/** What a trained hypernetwork does in the arm: one knob, a continuum of inverse models. */
import * as tf from "@tensorflow/tfjs";
import type { JobResult, Series } from "../method.ts";
import { knobs } from "../nn/hypernetwork.ts";
import { mean } from "../statistics/descriptive.ts";
import { heldKnob, names, roundKnobs, roundSeries } from "./mip_report.ts";
import type { Learner } from "./payload_learner.ts";
import { plantAt } from "./payload_task.ts";
import { trackCircle } from "./payload_tracking.ts";

/** The arm with each payload round a circle, with the knob turned to its payload and with the knob held. */
export async function steer(
  learner: Learner,
): Promise<Pick<Required<JobResult>, "metrics" | "series">> {
  const { bench, coding, knobCount, hyper, primary } = learner;
  const others = Array<number>(knobCount - 1).fill(heldKnob);
  const [turned, held] = [roundKnobs, roundKnobs.map(() => heldKnob)].map((positions) =>
    positions.map((position) => [position, ...others])
  );
  const plants = turned.map((γ) => plantAt(bench, coding, γ));
  const weights = tf.tidy(() => hyper.weights(knobs([...turned, ...held])));
  const rounds = await trackCircle(bench, [...plants, ...plants], async (inputs) => {
    const outputs = tf.tidy(() =>
      primary.apply(weights, tf.tensor3d(inputs.map((row) => [[...row]]))) // [arms, 1, joints]
    );
    const values = await outputs.data();
    outputs.dispose();
    return values;
  });
  tf.dispose(weights);
  const rootMeanSquare = (errors: readonly number[]) =>
    100 * Math.sqrt(mean(errors.map((error) => error ** 2)));
  const ofTurned = rounds.slice(0, turned.length);
  const ofHeld = rounds.slice(turned.length);
  const centimetres = (list: typeof rounds): Series => ({
    x: [...roundKnobs],
    y: list.map(({ error }) => 100 * error),
  });
  return {
    metrics: {
      [names.turned]: rootMeanSquare(ofTurned.map(({ error }) => error)),
      [names.held]: rootMeanSquare(ofHeld.map(({ error }) => error)),
    },
    series: {
      [names.turned]: centimetres(ofTurned),
      [names.held]: centimetres(ofHeld),
      ...roundSeries(ofTurned, ofHeld),
    },
  };
}
