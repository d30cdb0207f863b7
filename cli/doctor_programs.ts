/** The programs around the project: Deno, nats-server, a browser. */
import { existsSync } from "node:fs";
import { natsDurability, parseNatsVersion } from "../cluster/nats/durability.ts";
import { ask } from "./child_process.ts";
import type { ProgramFinding, ProgramName } from "./doctor_report.ts";

/** Longest time for a program to tell its version, ms. */
const patience = 20_000;

/** What was found out about each program. */
export async function probePrograms(): Promise<Record<ProgramName, ProgramFinding>> {
  const [natsServer, chromium] = await Promise.all([probeNatsServer(), probeChromium()]);
  return { "deno": deno(), "nats-server": natsServer, chromium };
}

function deno(): ProgramFinding {
  const { deno, v8, typescript } = Deno.version;
  return {
    found: true,
    version: deno,
    note: `runs all of this; V8 ${v8}, TypeScript ${typescript}`,
  };
}

async function probeNatsServer(): Promise<ProgramFinding> {
  const outcome = await ask("nats-server", ["--version"], patience);
  if (outcome.kind !== "answered") {
    return {
      found: false,
      note: `${outcome.reason}. Several machines need one: Debian's package nats-server, or ` +
        "https://github.com/nats-io/nats-server/releases; a single machine does without",
    };
  }
  const version = parseNatsVersion(outcome.stdout);
  if (!version) {
    return { found: true, note: `tells no version, but: ${outcome.stdout.trim()}` };
  }
  return { found: true, version: version.join("."), note: natsDurability(version) };
}

/** Names under which Chromium goes. */
const browsers = ["chromium", "chromium-browser", "google-chrome"];

const browserUse = "only the tests of the page need it";

async function probeChromium(): Promise<ProgramFinding> {
  const chosen = Deno.env.get("CALLOSUM_CHROMIUM");
  if (chosen !== undefined) {
    const found = existsSync(chosen);
    const note = found ? browserUse : "is not there; set CALLOSUM_CHROMIUM anew, or unset it";
    return { found, note: `CALLOSUM_CHROMIUM names ${chosen}: ${note}` };
  }
  for (const browser of browsers) {
    const outcome = await ask(browser, ["--version"], patience);
    if (outcome.kind === "answered") {
      const version = /\d+(?:\.\d+)+/.exec(outcome.stdout)?.[0];
      return { found: true, version, note: `${browser}; ${browserUse}` };
    }
  }
  const note = `none of ${browsers.join(", ")}; ${browserUse}; CALLOSUM_CHROMIUM may name another`;
  return { found: false, note };
}
