/** `deno task doctor`: what it finds out on this machine, and how it bears probes that fail. */
import assert from "node:assert/strict";
import { ask } from "../../cli/child_process.ts";
import { backendFinding, type DoctorReport } from "../../cli/doctor_report.ts";
import { doctorTable } from "../../cli/doctor_table.ts";
import { computingBackends } from "../../learners/nn/backend.ts";
import { runTask, succeeds } from "./task_process.ts";

Deno.test("doctor --json reports each backend, each program, and the one that auto takes", async () => {
  const { code, stdout, stderr } = await runTask("doctor", ["--json"]);
  assert.equal(code, 0, stderr);
  const report: DoctorReport = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  assert.deepEqual(Object.keys(report.backends), [...computingBackends]);
  for (const finding of Object.values(report.backends)) backendFinding.parse(finding);
  for (const name of ["wasm", "cpu"] as const) {
    const finding = report.backends[name];
    assert.ok(finding.usable, name);
    assert.ok(finding.gigaflops > 0 && finding.trainingStep > 0);
  }
  const taken = report.backends[report.auto as keyof DoctorReport["backends"]];
  assert.ok(taken.usable);
  const { programs } = report;
  assert.equal(programs.deno.version, Deno.version.deno);
  assert.equal(programs["nats-server"].found, succeeds("nats-server", ["--version"]));
});

Deno.test("doctor refuses a flag that there is not", async () => {
  const { code, stderr } = await runTask("doctor", ["--jason"]);
  assert.equal(code, 2);
  assert.match(stderr, /unknown option '--jason'/);
});

const patience = 20_000;

Deno.test("what a program answers is handed on", async () => {
  const outcome = await ask("deno", ["eval", "console.log(6 * 7)"], patience);
  assert.deepEqual(outcome, { kind: "answered", stdout: "42\n" });
});

Deno.test("a program that is not there is told from one that fails", async () => {
  const absent = await ask("no-such-program", [], patience);
  assert.deepEqual(absent, { kind: "absent", reason: "no-such-program is not found" });
  const failed = await ask("deno", ["eval", "throw new Error('of its own')"], patience);
  assert.ok(failed.kind === "failed");
  assert.match(failed.reason, /code 1: error: .*of its own/);
});

Deno.test("a program that hangs is killed after its time", async () => {
  const outcome = await ask("deno", ["eval", "for (;;);"], 500);
  assert.deepEqual(outcome, { kind: "failed", reason: "it did not answer within 0.5 s" });
});

Deno.test({
  name: "a program that crashes costs nothing but its own answer",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const outcome = await ask(
      "deno",
      ["eval", "Deno.kill(Deno.pid, 'SIGABRT'); for (;;);"],
      patience,
    );
    assert.ok(outcome.kind === "failed");
    assert.match(outcome.reason, /ended by SIGABRT/);
  },
});

Deno.test({
  name: "a program that may not be run is said so",
  permissions: { run: false },
  fn: async () => {
    const outcome = await ask("deno", ["--version"], patience);
    assert.deepEqual(outcome, { kind: "failed", reason: "deno may not be run" });
  },
});

const remedy = `get it with: deno install ${"--a-long-flag ".repeat(12)}end`;

const report: DoctorReport = {
  backends: {
    "tensorflow-gpu": { usable: false, problem: "is not there", remedy },
    "webgpu": { usable: false, problem: `is ${"really ".repeat(30)}not there` },
    "tensorflow": { usable: false, problem: "is not there" },
    "wasm": {
      usable: true,
      detail: "WebAssembly",
      advice: `products would be faster, ${"much ".repeat(30)}faster`,
      device: "a processor",
      memory: "1.0 GiB",
      gigaflops: 12.345,
      trainingStep: 0.678,
    },
    "cpu": { usable: false, problem: "is not there" },
  },
  auto: "wasm",
  programs: {
    "deno": { found: true, version: "2.0.0", note: "runs it" },
    "nats-server": { found: false, note: "is not there" },
    "chromium": { found: false, note: "is not there" },
  },
};

Deno.test("the table keeps to its width, and breaks no command", () => {
  for (const width of [90, 120]) {
    const lines = doctorTable(report, width).split("\n");
    const frame = lines.filter((line) => /^[┌├│└]/.test(line));
    assert.ok(frame.every((line) => line.length === frame[0].length));
    assert.ok(frame[0].length <= width, `${frame[0].length} instead of ${width}`);
    assert.ok(lines.includes(`  tensorflow-gpu: ${remedy}`));
    assert.ok(lines.some((line) => /^ {2}wasm: products would be .* faster$/.test(line)));
  }
});

Deno.test("the table gives two digits, and marks the backend that auto takes", () => {
  const table = doctorTable(report, 110);
  assert.match(table, /wasm +│ WebAssembly +│ 1\.0 GiB +│ +12 GFLOP\/s │ +0\.68 ms │/);
  assert.match(table, /\(auto takes it\) +│ a processor/);
  assert.match(table, /tensorflow-gpu +│ not usable: is not there/);
  assert.match(table, /nats-server +│ not found: is not there/);
});
