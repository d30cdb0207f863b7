/** Signals to processes that may have ended. */
import assert from "node:assert/strict";
import { signalChild } from "../../cluster/child_signal.ts";

const start = (code: string) =>
  new Deno.Command(Deno.execPath(), { args: ["eval", code], stdin: "null" }).spawn();

Deno.test("a signal to a process that has ended does nothing, and another one ends it", async () => {
  const ended = start("");
  await ended.status;
  assert.throws(() => ended.kill("SIGTERM"), TypeError, "Deno itself would throw");
  signalChild(ended, "SIGTERM");

  const running = start("setInterval(() => {}, 1000)");
  signalChild(running, "SIGKILL");
  signalChild(running, "SIGKILL");
  assert.equal((await running.status).signal, "SIGKILL");
});

Deno.test("a signal that there is not is an error of its own", async () => {
  const child = start("");
  assert.throws(() => signalChild(child, "SIGNOTHING" as Deno.Signal));
  await child.status;
});
