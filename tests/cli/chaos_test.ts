/** `deno task chaos`: its flags, and a campaign on somebody's own server. */
import assert from "node:assert/strict";
import { canBeDisturbed } from "../chaos/harness.ts";
import { TestServer } from "../support/nats_server.ts";
import { assertRefused, runTask, startTask } from "./task_process.ts";

Deno.test({
  name: "on somebody's server chaos strikes its own workers, and says what has come of it",
  ignore: !canBeDisturbed,
  async fn() {
    await using server = await TestServer.start();
    const out = await Deno.makeTempDir({ prefix: "callosum-chaos-" });
    await using chaos = startTask("chaos", ["--nats", server.url, "--workers", "2", "--out", out]);
    await chaos.stdout.find(/only workers of this program are struck/);
    await chaos.stdout.find(/jobs done/);
    chaos.signal("SIGINT");
    const { code, stdout } = await chaos.ended;
    assert.match(stdout, /^lost +0$/m);
    assert.match(stdout, /^counted twice +0$/m);
    assert.match(stdout, /^different +0$/m);
    assert.doesNotMatch(stdout, /server killed/);
    assert.equal(code, 0);
    await Deno.remove(out, { recursive: true });
  },
});

Deno.test("chaos says what is wrong with its flags, and when there is no server", async () => {
  assertRefused(await runTask("chaos", ["--minutes", "0"]), "--minutes", "1");
  assertRefused(await runTask("chaos", ["--workers", "many"]), "--workers", "integer");
  assertRefused(await runTask("chaos", ["--nats", "nats://127.0.0.1:1"]), "no NATS server");
});
