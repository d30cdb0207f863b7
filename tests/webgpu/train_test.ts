/**
 * `deno task train --backend webgpu` reaches the learning curves of `--backend wasm`.
 *
 * Training happens in processes of its own. Mesa's Vulkan in software has been seen to damage the heap
 * while a process ends, after all its work ("corrupted size vs. prev_size"): what is judged is what the
 * processes have printed and kept, not how they ended.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runTask } from "../cli/task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-train-webgpu-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

function hasAdapter(): boolean {
  const program = fileURLToPath(new URL("./adapter.ts", import.meta.url));
  const args = ["run", "--quiet", "--no-prompt", program];
  const { stdout } = new Deno.Command(Deno.execPath(), { args, stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout).includes("present");
}

/** The metrics of every step, by job. */
type Curves = Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;

/** Train, and read what the run has kept of its way. */
async function curvesOn(backend: string, args: readonly string[]): Promise<Curves> {
  const out = join(root, `${args[0]}-${backend}`);
  const all = [...args, "--profile", "smoke", "--backend", backend, "--json", "--out", out];
  const { stdout, stderr } = await runTask("train", all);
  const end: { run: string; backend: string } = JSON.parse(stdout || assert.fail(stderr));
  assert.equal(end.backend, backend);
  const jobs = join(out, end.run, "jobs");
  const curves = [...Deno.readDirSync(jobs)].map(({ name }) => {
    const text = Deno.readTextFileSync(join(jobs, name, "events.jsonl"));
    const events = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    return [name, events.map(({ metrics }) => metrics)] as const;
  });
  return Object.fromEntries(curves);
}

/**
 * What is trained, and how far the backends may part, relative to a metric.
 *
 * A binary network is a chain of steps: once rounding has moved a number across one of them, the bits
 * of two trainings are no longer the same, nor are their curves. Until then they agree to some
 * roundings, which is what a few steps on one batch show.
 */
const cases: readonly (readonly [args: readonly string[], steps: number, tolerance: number])[] = [
  [["dagnn", "--variant", "dagnn", "gcn-2"], 12, 1e-5],
  [["reste", "--variant", "ste", "reste", "--set", "trainingImages=16", "epochs=2"], 2, 1e-3],
];

const present = hasAdapter();

for (const [args, steps, tolerance] of cases) {
  const name = `${args[0]} learns on webgpu as it does on wasm`;
  Deno.test({
    name: present ? name : `${name} (skipped: no adapter)`,
    ignore: !present,
    async fn() {
      const expected = await curvesOn("wasm", args);
      const actual = await curvesOn("webgpu", args);
      assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
      for (const [job, curve] of Object.entries(expected)) {
        assert.deepEqual([curve.length, actual[job].length], [steps, steps]);
        for (const [step, metrics] of curve.entries()) {
          assert.deepEqual(Object.keys(actual[job][step]), Object.keys(metrics));
          for (const [metric, value] of Object.entries(metrics)) {
            const other = actual[job][step][metric];
            const isClose = Math.abs(other - value) <= tolerance * Math.abs(value);
            assert.ok(isClose, `${job}, step ${step + 1}: ${metric} is ${other}, not ${value}`);
          }
        }
      }
    },
  });
}
