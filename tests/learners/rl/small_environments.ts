/** Environments whose optimal policies and values are known, to try reinforcement learning on. */
import { requireLength } from "../../../sim/physics/arrays.ts";
import { randomStream } from "../../../sim/random.ts";
import type { VectorEnvironment } from "../../../sim/environments/environment.ts";

/** What a small environment is made of; one row of state, one of the observation, one of the action. */
interface SmallTask {
  readonly name: string;
  readonly horizon: number;
  /** What a copy's episode starts from. */
  start(seed: number, copy: number, episode: number): number;
  /** What is seen of a state after so many steps. */
  observe(state: number, steps: number): number;
  reward(state: number, action: number): number;
}

function environment(task: SmallTask, copies: number): VectorEnvironment {
  const state = new Float64Array(copies);
  const steps = new Int32Array(copies);
  const episodes = new Int32Array(copies);
  let origin = { seed: 0, first: 0 };
  const begin = (copy: number) => {
    state[copy] = task.start(origin.seed, origin.first + copy, episodes[copy]++);
    steps[copy] = 0;
  };
  const shown = () => Float64Array.from(state, (value, copy) => task.observe(value, steps[copy]));
  return {
    specification: {
      name: task.name,
      version: 1,
      summary: task.name,
      action: ["a"],
      observation: ["s"],
      reward: "",
      start: "",
      physicsStep: 1,
      controlStep: 1,
      horizon: task.horizon,
      source: "the tests",
    },
    copies,
    observationSpace: { low: [-Infinity], high: [Infinity] },
    actionSpace: { low: [-1], high: [1] },
    reset(seed, first = 0) {
      origin = { seed, first };
      episodes.fill(0);
      for (let copy = 0; copy < copies; copy++) begin(copy);
      return shown();
    },
    step(actions) {
      requireLength("actions", actions, copies);
      const reward = Float64Array.from(state, (value, copy) => task.reward(value, actions[copy]));
      const truncated = new Uint8Array(copies);
      for (let copy = 0; copy < copies; copy++) {
        truncated[copy] = Number(++steps[copy] === task.horizon);
      }
      const finalObservation = shown();
      truncated.forEach((ended, copy) => ended && begin(copy));
      const none = new Uint8Array(copies);
      return {
        observation: shown(),
        finalObservation,
        reward,
        terminated: none,
        truncated,
        success: none,
      };
    },
    save: () => ({
      ...origin,
      state: state.slice(),
      steps: steps.slice(),
      episodes: episodes.slice(),
    }),
    restore(saved) {
      origin = { seed: saved.seed, first: saved.first };
      state.set(saved.state);
      steps.set(saved.steps);
      episodes.set(saved.episodes);
      return shown();
    },
  };
}

/** Reward 1 a step whatever is done, episodes cut off after `horizon` steps, which are counted. */
export function stepCounter(copies: number, horizon: number): VectorEnvironment {
  return environment({
    name: "step-counter",
    horizon,
    start: () => 0,
    observe: (_state, steps) => steps,
    reward: () => 1,
  }, copies);
}

/** The action is to be half of a number that is shown, −1 … 1; five guesses an episode. */
export function targetGuessing(copies: number): VectorEnvironment {
  return environment({
    name: "target-guessing",
    horizon: 5,
    start: (seed, copy, episode) =>
      randomStream(seed, `episodes/${copy}/${episode}`).uniform(-1, 1),
    observe: (state) => state,
    reward: (state, action) => -((action - state / 2) ** 2),
  }, copies);
}
