/** Who is let in, under which addresses, and how much each may ask for. */
import assert from "node:assert/strict";
import { accessByToken, everybody, isLoopback, newTokens } from "../../viewer/server/access.ts";
import { trustedAddresses } from "../../viewer/server/addresses.ts";
import { Allowance } from "../../viewer/server/allowance.ts";

const tokens = { control: "control-0123456789abcdef", watch: "watch-0123456789abcdef" };
const port = 8420;

Deno.test("a token grants its right by header and by the cookie of its port, and nothing else does", () => {
  const access = accessByToken(tokens, port);
  const right = access.right.bind(access);
  assert.equal(right({ authorization: `Bearer ${tokens.control}` }), "control");
  assert.equal(right({ authorization: `bearer  ${tokens.watch}` }), "watch");
  assert.equal(right({ cookie: `a=b; callosum-8420=${tokens.watch}; c=d` }), "watch");
  assert.equal(right({ cookie: access.cookie(tokens.control).split(";")[0] }), "control");
  for (
    const headers of [
      {},
      { authorization: tokens.control },
      { authorization: "Bearer " },
      { authorization: `Basic ${tokens.control}` },
      { authorization: `Bearer ${tokens.control.slice(0, -1)}` },
      { authorization: `Bearer ${tokens.control}x` },
      { authorization: `Bearer ${tokens.control.toUpperCase()}` },
      { cookie: `callosum-8421=${tokens.control}` },
      { cookie: `xcallosum-8420=${tokens.control}` },
      { cookie: "callosum-8420" },
    ]
  ) assert.equal(right(headers), undefined, JSON.stringify(headers));
  assert.match(access.cookie(tokens.control), /; HttpOnly; SameSite=Lax; Path=\//);
});

Deno.test("without a watch token nobody may look who may not give orders", () => {
  const access = accessByToken({ control: tokens.control }, port);
  assert.equal(access.rightOf(tokens.control), "control");
  assert.equal(access.rightOf(tokens.watch), undefined);
  assert.equal(access.rightOf(""), undefined);
});

Deno.test("fresh tokens are long, differ, and are fit for cookies and addresses", () => {
  const all = Array.from({ length: 50 }, newTokens).flatMap((
    { control, watch },
  ) => [control, watch]);
  assert.equal(new Set(all).size, 100);
  for (const token of all) {
    assert.match(token, /^[A-Za-z0-9_-]{32}$/);
    assert.equal(encodeURIComponent(token), token);
  }
});

Deno.test("tokens that can be guessed or break a header are refused, without being repeated", () => {
  for (
    const control of [
      "short",
      "",
      "has spaces in it, long",
      "x".repeat(201),
      "semi;colon;semi;colon",
    ]
  ) {
    assert.throws(() => accessByToken({ control }, port), (error) => {
      assert.ok(error instanceof RangeError);
      assert.ok(control === "" || !error.message.includes(control));
      return /the token to control has \d+ characters/.test(error.message);
    });
  }
  const same = { control: tokens.control, watch: tokens.control };
  assert.throws(() => accessByToken(same, port), /are the same/);
});

Deno.test("without tokens whoever gets in may do everything", () => {
  assert.equal(everybody.right({}), "control");
  assert.equal(everybody.rightOf(""), undefined);
});

Deno.test("only the loopback interface counts as one that nobody else can reach", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    assert.ok(isLoopback(host), host);
  }
  for (
    const host of ["0.0.0.0", "::", "192.168.0.7", "localhost.example", "127.example", "1270.0.0.1"]
  ) {
    assert.ok(!isLoopback(host), host);
  }
});

Deno.test("a server answers to its own names on its own port", () => {
  const local = trustedAddresses({ port });
  for (const host of ["127.0.0.1:8420", "localhost:8420", "LOCALHOST:8420", "[::1]:8420"]) {
    assert.ok(local.host(host), host);
    assert.ok(local.origin(`http://${host}`), host);
  }
  for (
    const host of [undefined, "", "127.0.0.1", "127.0.0.1:80", "evil.example:8420", "10.0.0.1:8420"]
  ) {
    assert.ok(!local.host(host), host);
    assert.ok(!local.origin(host && `http://${host}`), host);
  }
  assert.ok(!local.origin("null"));
});

Deno.test("an interface and further names are trusted, with the port of a proxy where it has one", () => {
  const address = { port, host: "192.168.0.7", names: ["lab.example", "proxy.example:443"] };
  const server = trustedAddresses(address);
  for (const host of ["192.168.0.7:8420", "lab.example:8420", "proxy.example", "127.0.0.1:8420"]) {
    assert.ok(server.host(host), host);
  }
  assert.ok(server.origin("https://proxy.example"));
  assert.ok(server.origin("http://lab.example:8420"));
  // What else is served on these machines is foreign.
  for (
    const host of ["lab.example", "lab.example:3000", "192.168.0.8:8420", "proxy.example:8420"]
  ) {
    assert.ok(!server.host(host), host);
    assert.ok(!server.origin(`http://${host}`), host);
  }
  const { host, origin } = trustedAddresses({ port, host: "fe80::1" });
  assert.ok(host("[fe80::1]:8420") && origin("http://[fe80::1]:8420"));
});

Deno.test("on all interfaces every address in numbers is the server's own, and no name is", () => {
  for (const host of ["0.0.0.0", "::"]) {
    const server = trustedAddresses({ port, host });
    for (const own of ["192.168.0.7:8420", "[2001:db8::7]:8420", "127.0.0.1:8420"]) {
      assert.ok(server.host(own), own);
      assert.ok(server.origin(`http://${own}`), own);
    }
    for (
      const foreign of [
        "192.168.0.7",
        "192.168.0.7:80",
        "192.168.0.7:84200",
        "192.168.0.7:8420.evil.example",
        "192.168.0.777:8420",
        "[192.168.0.7]:8420",
        "2001:db8::7:8420",
        "rebound.example:8420",
        "192.168.0.7.evil.example:8420",
      ]
    ) {
      assert.ok(!server.host(foreign), foreign);
      assert.ok(!server.origin(`http://${foreign}`), foreign);
    }
    assert.ok(!server.origin("file://192.168.0.7:8420"));
  }
});

Deno.test("what is no host name is refused by name", () => {
  for (
    const name of ["http://lab.example", "lab.example/x", "", "a b", "lab.example:port", "a@b"]
  ) {
    assert.throws(() => trustedAddresses({ port, names: [name] }), (error) => {
      assert.ok(error instanceof RangeError);
      return error.message.includes(`host name ${name} is none`);
    });
  }
});

Deno.test("an allowance lets a burst pass and holds the rate after it", () => {
  let now = 0;
  const allowance = new Allowance({ burst: 5, perSecond: 2 }, () => now);
  const taken = (tries: number) =>
    Array.from({ length: tries }, () => allowance.take()).filter(Boolean).length;
  assert.equal(taken(10), 5);
  now += 400;
  assert.equal(taken(10), 0, "not yet a whole one");
  now += 100;
  assert.equal(taken(10), 1);
  now += 60_000;
  assert.equal(taken(10), 5, "what is not taken does not add up beyond the burst");
});
