/** A module of methods for the runner: PPO alone, so that a thread is ready soon. */
import type { Method } from "../../../learners/method.ts";
import { ppo } from "../../../learners/rl/ppo_method.ts";

export const library: readonly Method[] = [ppo];
