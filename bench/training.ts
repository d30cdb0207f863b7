/**
 * Training updates per second: our roll-outs against the same roll-out one tensor operation at a time on
 * TensorFlow.js's WASM backend.
 *
 *   deno run --allow-read bench/training.ts [rounds]
 *
 * All train the same network on the same trials. They take turns, so that whatever else the machine does
 * meets all of them; a round is one tensor update and as many of the others as take a fifth of a second.
 */
import { rolloutNames } from "../learners/motor/rollouts.ts";
import {
  motorTrainer,
  motorUpdateTitle,
  rolloutTitles,
  updateContestant,
  updateRows,
} from "./motor_update.ts";
import { byEachClock, roundsAsked } from "./timing.ts";

const rounds = roundsAsked(7);
const trainers = await Promise.all(rolloutNames.map(motorTrainer));
console.log(motorUpdateTitle);
for (const form of rolloutNames) console.log(`${form}: ${rolloutTitles[form]}`);
const results = await byEachClock(
  (clock) => rolloutNames.map((form, i) => updateContestant(trainers[i], form, clock)),
  { rounds, shortest: 200 },
);
console.log(
  `\nMedians of ${rounds} rounds, all in turn; by the clock (wall) and processor time:\n`,
);
console.table(updateRows(rolloutNames, results));
