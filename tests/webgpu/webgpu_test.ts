/**
 * The suites of WebGPU, in a process of their own.
 *
 * Mesa's Vulkan in software has been seen to damage the heap while a process ends, after all its work
 * ("corrupted size vs. prev_size"). So its process writes down what became of each test, and that is
 * judged, not how the process ended.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DOMParser, type Element } from "@xmldom/xmldom";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Run `deno` with `args`, and return what it printed. */
async function deno(...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** What became of one test, or of a step of one. */
interface Outcome {
  readonly name: string;
  /** Why it failed. */
  readonly failure?: string;
}

/** The outcomes in a file that `deno test --junit-path` has written. */
function outcomesIn(junit: string): Outcome[] {
  const parsed = new DOMParser().parseFromString(junit, "text/xml");
  return [...parsed.getElementsByTagName("testcase")].map((testcase: Element) => ({
    name: testcase.getAttribute("name")!,
    failure: testcase.getElementsByTagName("failure")[0]?.textContent ?? undefined,
  }));
}

const adapter = await deno("run", "--no-prompt", here("adapter.ts"));

Deno.test({
  name: `the suites pass on webgpu${adapter.includes("present") ? "" : " (skipped: no adapter)"}`,
  ignore: !adapter.includes("present"),
  fn: async (t) => {
    const folder = await Deno.makeTempDir();
    try {
      const file = join(folder, "junit.xml");
      const permissions = ["--no-prompt", "--allow-read", "--allow-env"];
      const suite = here("suite.ts");
      const said = await deno("test", ...permissions, `--junit-path=${file}`, suite);
      const junit = await Deno.readTextFile(file).catch(() => assert.fail(`no results: ${said}`));
      const outcomes = outcomesIn(junit);
      assert.ok(outcomes.length > 100, `only ${outcomes.length} tests were run: ${said}`);
      for (const { name, failure } of outcomes) {
        await t.step(name, () => assert.equal(failure, undefined, failure));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
