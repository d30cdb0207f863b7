/** Ctrl-C as programs meet it: it comes twice when `deno task` has started them in a terminal. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TaskProcess } from "./task_process.ts";

/** On Windows a signal is not delivered: it ends the process at once. */
const ignore = Deno.build.os === "windows";

/** @param stopping how long the program takes to stop, ms */
function startProgram(stopping: number): TaskProcess {
  const program = fileURLToPath(new URL("./stop_signal_child.ts", import.meta.url));
  return new TaskProcess([Deno.execPath(), "run", "--quiet", "--no-check", program, `${stopping}`]);
}

Deno.test({
  name: "one Ctrl-C that comes twice lets a program save what it has",
  ignore,
  fn: async () => {
    await using program = startProgram(1_000);
    await program.stdout.find(/ready/);
    program.signal("SIGINT");
    await program.stdout.find(/asked/);
    program.signal("SIGINT");
    const { code, stdout } = await program.ended;
    assert.equal(stdout, "ready\nasked\nsaved\n");
    assert.equal(code, 0);
  },
});

Deno.test({
  name: "a second Ctrl-C ends a program that takes too long to stop",
  ignore,
  fn: async () => {
    await using program = startProgram(60_000);
    await program.stdout.find(/ready/);
    program.signal("SIGINT");
    await program.stdout.find(/asked/);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    program.signal("SIGINT");
    const { code, stdout } = await program.ended;
    assert.equal(stdout, "ready\nasked\n");
    assert.equal(code, 130);
  },
});
