/** What is said of nats-server's versions. */
import { deepStrictEqual, doesNotMatch, match, strictEqual } from "node:assert/strict";
import { natsDurability, parseNatsVersion } from "../../cluster/nats/durability.ts";

Deno.test("the version is read from what nats-server prints", () => {
  deepStrictEqual(parseNatsVersion("nats-server: v2.9.10\n"), [2, 9, 10]);
  deepStrictEqual(parseNatsVersion("nats-server: v2.15.0-dev"), [2, 15, 0]);
  strictEqual(parseNatsVersion("nats-server"), undefined);
});

Deno.test("2.9 flushes every two minutes and cannot be told otherwise", () => {
  match(natsDurability([2, 9, 10]), /last 2 minutes.*cannot change/);
});

Deno.test("later versions can be told to flush always", () => {
  for (const version of [[2, 10, 0], [2, 10, 23], [2, 12, 1], [2, 14, 0]] as const) {
    match(natsDurability(version), /`sync_interval: always`/);
  }
});

Deno.test("those that are known to flush always are said to survive a power cut", () => {
  match(natsDurability([2, 12, 1], true), /so it does in a power cut/);
  doesNotMatch(natsDurability([2, 12, 1], true), /2 minutes/);
  match(natsDurability([2, 10, 21], true), /lost whole streams/);
});

Deno.test("2.10.20 to 2.10.22 are warned of, their neighbours are not", () => {
  for (const patch of [20, 21, 22]) match(natsDurability([2, 10, patch]), /2\.10\.23 or later/);
  for (const patch of [19, 23]) doesNotMatch(natsDurability([2, 10, patch]), /lost whole streams/);
});

Deno.test("versions that are not tested here are said to be so", () => {
  match(natsDurability([2, 8, 4]), /older than 2\.9/);
  match(natsDurability([1, 4, 1]), /without JetStream/);
});
