/**
 * Published scores on tasks that have a twin here: returns of whole episodes. Those of CleanRL are the
 * training's own, of the sampling policy, the others are as their sources say.
 */

/** A score that somebody has published. */
export interface PublishedScore {
  /** Algorithm and source. */
  readonly label: string;
  /** The same for a legend. */
  readonly short: string;
  readonly algorithm: string;
  readonly score: number;
  /** Standard deviation over seeds, where it is printed. */
  readonly deviation?: number;
  /** Steps of the environment that it took. */
  readonly steps: number;
}

/** The scores of a task by its name here. */
export const publishedScores = {
  ArmReacher: [
    {
      label: "PPO2, OpenAI baselines, Reacher-v1",
      short: "PPO2, 1 M",
      algorithm: "ppo",
      score: -6.71,
      steps: 1_000_000,
    },
    {
      label: "TRPO, OpenAI baselines, Reacher-v1",
      short: "TRPO, 1 M",
      algorithm: "trpo",
      score: -4.82,
      steps: 1_000_000,
    },
    {
      label: "PPO, CleanRL, Reacher-v4",
      short: "CleanRL, 8 M",
      algorithm: "ppo",
      score: -4.65,
      deviation: 0.96,
      steps: 8_000_000,
    },
    {
      label: "TD3, its authors, Reacher-v1",
      short: "TD3, 1 M",
      algorithm: "td3",
      score: -4.22,
      deviation: 0.63,
      steps: 1_000_000,
    },
  ],
} as const satisfies Readonly<Record<string, readonly PublishedScore[]>>;

/** The tasks of which scores have been published. */
export const publishedTasks = Object.keys(publishedScores) as (keyof typeof publishedScores)[];
