/** The moments between two steps of what must survive a death at any moment. */

/** In the order in which they come. */
export const crashPoints = [
  "submit: after the spec",
  "submit: after the lane",
  "submit: after the state",
  "submit: after the hint",
  "claim: after the claim",
  "claim: after the checkpoint",
  "keep: after the blob",
  "keep: after the pointer",
  "keep: after the clean-up",
  "commit: after the spool",
  "commit: after the events",
  "commit: after the blob",
  "commit: after the result",
  "commit: after done",
  "end: after the state",
] as const;

export type CrashPoint = (typeof crashPoints)[number];

/** Called at each of these moments; tests die there. */
export type CrashHook = (point: CrashPoint) => void | Promise<void>;
