/** How the page's flags open it to others, and what is said of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pageAccess, pageLines, requireFreePort } from "../../cli/page_access.ts";
import type { PageOptions } from "../../cli/page_options.ts";
import { UsageError } from "../../cli/failure.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-page-access-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const options = (change: Partial<PageOptions> = {}): PageOptions => ({
  port: 8420,
  host: "127.0.0.1",
  hostNames: [],
  ...change,
});
const isUnix = Deno.build.os !== "windows";

Deno.test("on the loopback interface a page needs no token, and says where it is", async () => {
  const access = await pageAccess(options());
  assert.equal(access.address.tokens, undefined);
  const url = "http://127.0.0.1:8420/";
  assert.deepEqual(pageLines(url, access, undefined), [url]);
});

Deno.test("where others can reach it a page has fresh tokens, which are told once, with a warning", async () => {
  const access = await pageAccess(options({ host: "192.168.0.7" }));
  const { tokens } = access.address;
  assert.ok(tokens?.watch !== undefined);
  const lines = pageLines("http://192.168.0.7:8420/", access, undefined);
  assert.deepEqual(lines.slice(0, 2), [
    `http://192.168.0.7:8420/?token=${tokens.control}  to watch and control`,
    `http://192.168.0.7:8420/?token=${tokens.watch}  to watch only`,
  ]);
  assert.match(lines[2], /not encrypted/);
  const other = await pageAccess(options({ host: "192.168.0.7" }));
  assert.notEqual(other.address.tokens?.control, tokens.control);
});

Deno.test("on all interfaces the page is shown under a name that others can call", async () => {
  const named = options({ host: "0.0.0.0", hostNames: ["lab.example"] });
  const [first] = pageLines("http://127.0.0.1:8420/", await pageAccess(named), undefined);
  assert.match(first, /^http:\/\/lab\.example:8420\/\?token=/);
  const proxied = options({ host: "0.0.0.0", hostNames: ["lab.example:443"] });
  const [secure] = pageLines("http://127.0.0.1:8420/", await pageAccess(proxied), undefined);
  assert.match(secure, /^https:\/\/lab\.example\/\?token=/);
});

Deno.test("a file keeps the tokens for the next time, readable by its owner alone", async () => {
  const tokenFile = join(root, "tokens");
  const kept = options({ tokenFile });
  const first = await pageAccess(kept);
  if (isUnix) assert.equal((await Deno.stat(tokenFile)).mode! & 0o777, 0o600);
  const again = await pageAccess(kept);
  assert.ok(first.areTokensNew && !again.areTokensNew);
  assert.deepEqual(again.address.tokens, first.address.tokens);
  const lines = pageLines("http://127.0.0.1:8420/", again, tokenFile);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^http:\/\/127\.0\.0\.1:8420\/ {2}\(its tokens are in .*tokens\)$/);
});

Deno.test("a file that others may read, or that has no tokens, is refused without telling secrets", async () => {
  const secret = "secret-0123456789abcdef";
  const cases: [string, string, RegExp][] = [
    ["empty", "", /has no line with the control token/],
    ["watch-only", `watch ${secret}\n`, /has no line with the control token/],
    ["short", "control abc\n", /line 1: expected "control" or "watch"/],
    ["other", `control ${secret}\nadmin ${secret}\n`, /line 2: expected/],
    ["same", `control ${secret}\nwatch ${secret}\n`, /both tokens are the same/],
  ];
  for (const [name, text, expected] of cases) {
    const tokenFile = join(root, name);
    await Deno.writeTextFile(tokenFile, text, { mode: 0o600 });
    await assert.rejects(pageAccess(options({ tokenFile })), (error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(!error.message.includes(secret));
      return expected.test(error.message) && error.message.includes(tokenFile);
    });
  }
  const open = join(root, "open");
  await Deno.writeTextFile(open, `control ${secret}\n`, { mode: 0o644 });
  if (isUnix) await assert.rejects(pageAccess(options({ tokenFile: open })), /chmod 600/);
});

Deno.test("what is no host name is a wrong flag", async () => {
  for (const change of [{ hostNames: ["http://lab.example"] }, { host: "not a host" }]) {
    await assert.rejects(pageAccess(options(change)), UsageError);
  }
});

Deno.test("a port that is taken, and an interface that may not be listened on, are told early", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  assert.throws(() => requireFreePort(options({ port })), (error) => {
    assert.ok(error instanceof UsageError);
    return error.message.includes(`port ${port} is in use`);
  });
  requireFreePort(options({ port: 0 }));
  // The tests themselves may listen on the loopback interface alone.
  assert.throws(() => requireFreePort(options({ host: "192.0.2.7", port: 0 })), UsageError);
});
