/** The tensor backends, each tried and measured by a child process. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type ComputingBackend, computingBackends } from "../learners/nn/backend.ts";
import { ask } from "./child_process.ts";
import { type BackendFinding, backendFinding } from "./doctor_report.ts";

/** Longest time for one backend, ms; the slowest, plain JavaScript, takes 3 s. */
const patience = 60_000;

/** What every backend needs that can be had; those of the addons are `--allow-ffi` and `--allow-env`. */
const permissions = [
  "--allow-read",
  "--allow-env",
  "--allow-ffi",
  "--allow-sys=cpus,hostname,networkInterfaces,systemMemoryInfo",
];

/** What was found out about each backend. One after the other: they would slow each other down. */
export async function probeBackends(): Promise<Record<ComputingBackend, BackendFinding>> {
  const findings: [ComputingBackend, BackendFinding][] = [];
  for (const name of computingBackends) findings.push([name, await probeBackend(name)]);
  return withGpuName(Object.fromEntries(findings) as Record<ComputingBackend, BackendFinding>);
}

/** The backend that `--backend auto` takes. */
export async function probeAuto(): Promise<string> {
  const answer = await askProbe("auto");
  return "problem" in answer ? `none: ${answer.problem}` : z.string().parse(answer.value);
}

async function probeBackend(name: ComputingBackend): Promise<BackendFinding> {
  const answer = await askProbe(name);
  if ("problem" in answer) return { usable: false, problem: answer.problem };
  return backendFinding.parse(answer.value);
}

type Answer = { readonly value: unknown } | { readonly problem: string };

async function askProbe(name: string): Promise<Answer> {
  const program = fileURLToPath(new URL("./doctor_probe.ts", import.meta.url));
  const args = ["run", "--quiet", "--no-prompt", ...permissions, program, name];
  const outcome = await ask("deno", args, patience);
  if (outcome.kind === "answered") {
    return { value: JSON.parse(outcome.stdout.trimEnd().split("\n").at(-1)!) };
  }
  return { problem: `could not be tried: ${outcome.reason}` };
}

/** TensorFlow.js does not tell which GPU it uses; NVIDIA's own tool does. */
async function withGpuName(
  findings: Record<ComputingBackend, BackendFinding>,
): Promise<Record<ComputingBackend, BackendFinding>> {
  const cuda = findings["tensorflow-gpu"];
  if (!cuda.usable) return findings;
  const query = ["--query-gpu=name,memory.total", "--format=csv,noheader"];
  const outcome = await ask("nvidia-smi", query, patience);
  if (outcome.kind !== "answered") return findings;
  const [device, memory] = outcome.stdout.split("\n")[0].split(", ");
  return { ...findings, "tensorflow-gpu": { ...cuda, device, memory } };
}
