/**
 * A worker as a process; `spawn.ts` starts it. Its settings come as one line on standard input, which
 * stays open as long as whoever has started it lives: when it ends, the worker leaves.
 *
 * SIGTERM has it leave within seconds, a second one ends it at once. Ctrl-C reaches all processes of a
 * terminal, and is the business of whoever has started it.
 */
import { BackboneError } from "../../cluster/backbone.ts";
import { Counters } from "../../cluster/counters.ts";
import { processLog } from "../../cluster/log.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { hireWorker } from "./hire.ts";
import { processSettings } from "./settings.ts";
import type { WorkerAgent } from "./worker.ts";

/** How long the first connection is tried, ms: whoever has started it starts it again. */
const patience = 60_000;

/** Standard input: its first line, and its end. */
interface Input {
  readonly line: string;
  readonly ended: Promise<void>;
}

async function readInput(): Promise<Input> {
  const first = Promise.withResolvers<string>();
  const ended = (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of Deno.stdin.readable) {
      text += decoder.decode(piece, { stream: true });
      const end = text.indexOf("\n");
      if (end >= 0) first.resolve(text.slice(0, end));
    }
    first.resolve(text);
  })();
  return { line: await first.promise, ended };
}

function leaveWhenAsked(agent: WorkerAgent, input: Input): void {
  let asked = false;
  input.ended.then(() => agent.leave());
  // Windows has no polite signal; the end of the input is the way there.
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGTERM", () => {
    if (asked) Deno.exit(143);
    asked = true;
    agent.leave();
  });
  for (const signal of ["SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
}

async function main(): Promise<void> {
  const input = await readInput();
  const { access, role, ...settings } = processSettings.parse(JSON.parse(input.line));
  const log = processLog({ worker: settings.id });
  const counters = new Counters();
  const name = `worker ${settings.id}`;
  const options = { ...access, name, role, log, counters, patience };
  await using backbone = await NatsBackbone.connect(options);
  const agent = await hireWorker(backbone, settings, log, counters);
  leaveWhenAsked(agent, input);
  await agent.run();
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BackboneError)) throw error;
  // Where in the code it happened helps nobody who has to mend a server or its keys.
  console.error(error.message);
  Deno.exit(1);
}
// What a library has left running is not waited for.
Deno.exit(0);
