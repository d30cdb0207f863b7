/** What `deno task doctor` finds out: the schema of its report, which is what `--json` prints. */
import { z } from "zod";
import { computingBackends } from "../learners/nn/backend.ts";

/** What a backend that works does, measured in a process of its own. */
export const measuredBackend = z.object({
  usable: z.literal(true),
  /** What it runs on, in its own words. */
  detail: z.string(),
  /** How it could be faster here, where it could. */
  advice: z.string().optional(),
  device: z.string(),
  /** How much memory the device has, in words. */
  memory: z.string(),
  /** Of the product of two 512 × 512 matrices in single precision, 10⁹ operations a second. */
  gigaflops: z.number(),
  /** Of a perceptron of three layers of 64 units on 64 samples: forward, backward and Adam; ms. */
  trainingStep: z.number(),
});

/** Why a backend does not work, and what to do about it. */
export const unusableBackend = z.object({
  usable: z.literal(false),
  problem: z.string(),
  remedy: z.string().optional(),
});

export const backendFinding = z.discriminatedUnion("usable", [measuredBackend, unusableBackend]);

export type BackendFinding = z.output<typeof backendFinding>;

/** A program that a part of the project uses. */
export interface ProgramFinding {
  readonly found: boolean;
  readonly version?: string;
  /** What it is for, and what its version means or how to get it. */
  readonly note: string;
}

export type ProgramName = "deno" | "nats-server" | "chromium";

export interface DoctorReport {
  readonly backends: Readonly<Record<(typeof computingBackends)[number], BackendFinding>>;
  /** The backend that `--backend auto` takes. */
  readonly auto: string;
  readonly programs: Readonly<Record<ProgramName, ProgramFinding>>;
}
