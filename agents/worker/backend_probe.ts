/**
 * Which tensor backends work on this machine. Each is tried by a process of its own: what is wrong with a
 * native library may end or hang the process.
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { ComputingBackend } from "../../learners/nn/backend.ts";
import { backendPermissions } from "./permissions.ts";

/** Longest time for one backend, ms. */
const patience = 60_000;

/** What the process that tries a backend says, as JSON on its last line. */
export const backendFinding = z.union([
  z.strictObject({
    device: z.string(),
    /** Whether a GPU is only pretended to be there. */
    software: z.boolean(),
  }),
  z.strictObject({ problem: z.string() }),
]);

/** What was found out about a backend. */
export type BackendFinding = z.infer<typeof backendFinding>;

/** Try `names`, side by side. */
export async function probeBackends(
  names: readonly ComputingBackend[],
): Promise<Map<ComputingBackend, BackendFinding>> {
  const findings = await Promise.all(
    names.map(async (name) => [name, await probeBackend(name)] as const),
  );
  return new Map(findings);
}

async function probeBackend(name: ComputingBackend): Promise<BackendFinding> {
  const program = fileURLToPath(new URL("./backend_probe_process.ts", import.meta.url));
  const deadline = AbortSignal.timeout(patience);
  const { success, code, signal, stdout } = await new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      ...backendPermissions(),
      program,
      name,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: deadline,
  }).output();
  if (deadline.aborted) return { problem: `no answer within ${patience / 1000} s` };
  if (!success) {
    return { problem: signal ? `it ends the process (${signal})` : `exit code ${code}` };
  }
  const lastLine = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!;
  return backendFinding.parse(JSON.parse(lastLine));
}
