/** The log, and the counters that go to OpenTelemetry. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Counters } from "../../cluster/counters.ts";
import { jsonLine, Log, type LogLevel, readableLine } from "../../cluster/log.ts";

const time = new Date("2026-02-03T04:05:06.789Z");

Deno.test("a line for machines is one JSON object that says what it is about", () => {
  const lines: [LogLevel, string][] = [];
  const log = new Log({ worker: "desk-1" }, jsonLine, (level, line) => lines.push([level, line]));
  log.about({ job: "a1" }).warn("the server\nis away", { epoch: 2 });
  assert.equal(lines.length, 1);
  const [[level, line]] = lines;
  assert.equal(level, "warn");
  assert.ok(!line.includes("\n"));
  const { time: _, ...rest } = JSON.parse(line);
  assert.deepEqual(rest, {
    level: "warn",
    message: "the server\nis away",
    worker: "desk-1",
    job: "a1",
    epoch: 2,
  });
});

Deno.test("a line for people is one line, with long digests cut short", () => {
  const line = readableLine(
    "error",
    "it\n  failed",
    { job: "0123456789abcdef0123", epoch: 3 },
    time,
  );
  assert.match(line, /^\d\d:\d\d:\d\d error: it failed · job 01234567 · epoch 3$/);
});

Deno.test("counters tell what has been counted", () => {
  const counters = new Counters();
  counters.add("jobs.finished");
  counters.add("bytes.events", 120);
  counters.add("jobs.finished");
  assert.deepEqual(counters.totals, { "jobs.finished": 2, "bytes.events": 120 });
});

Deno.test("counters and log lines are exported where OpenTelemetry's variables say", async () => {
  const exported = new Map<string, string>();
  const bothCame = Promise.withResolvers<void>();
  const collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const text = new TextDecoder().decode(await request.arrayBuffer());
      const { pathname } = new URL(request.url);
      exported.set(pathname, (exported.get(pathname) ?? "") + text);
      if (exported.has("/v1/metrics") && exported.has("/v1/logs")) bothCame.resolve();
      return new Response();
    },
  );
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", fileURLToPath(new URL("./log_child.ts", import.meta.url))],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    },
    stdout: "null",
  }).output();
  assert.ok(success);
  await bothCame.promise;
  assert.match(exported.get("/v1/metrics")!, /callosum\.jobs\.finished/);
  assert.match(exported.get("/v1/logs")!, /finished a job/);
  await collector.shutdown();
});
