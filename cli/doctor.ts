/** `deno task doctor`: what of the project works on this machine, how fast, and how to get the rest. */
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { probeAuto, probeBackends } from "./doctor_backends.ts";
import { probePrograms } from "./doctor_programs.ts";
import type { DoctorReport } from "./doctor_report.ts";
import { doctorTable } from "./doctor_table.ts";
import { exitCodes, runCommand } from "./failure.ts";
import { readArguments } from "./options.ts";

async function main(args: readonly string[]): Promise<number> {
  if (args.some((word) => /^--nats(=|$)/.test(word))) return await doctorOfServer(args);
  const command = new Command("deno task doctor")
    .description(
      "Try and measure what of the project works on this machine, and say what is missing.",
    )
    .option("--json", "print the report as one JSON object on the last line")
    .option(
      "--nats <url>",
      "examine a laboratory's NATS server instead; with --creds, --nkey and the like, as other commands",
    )
    .allowExcessArguments(false);
  if (!readArguments(command, args)) return exitCodes.done;
  const { json = false } = command.opts<{ json?: boolean }>();
  if (Deno.stderr.isTerminal()) console.error("trying each backend; this takes some seconds");
  const report = await examine();
  console.log(json ? JSON.stringify(report) : doctorTable(report, tableWidth()));
  return exitCodes.done;
}

/** What a process that examines a server may do; this one reaches no network. */
const serverPermissions = [
  "--allow-read",
  "--allow-net",
  "--allow-env=INIT_CWD,NO_COLOR,FORCE_COLOR,CLICOLOR_FORCE",
];

/** The same command, about a server. */
async function doctorOfServer(args: readonly string[]): Promise<number> {
  const program = fileURLToPath(new URL("./doctor_server.ts", import.meta.url));
  const { code } = await new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", ...serverPermissions, program, ...args],
    stdin: "null",
  }).spawn().status;
  return code;
}

async function examine(): Promise<DoctorReport> {
  const programs = await probePrograms();
  const auto = await probeAuto();
  return { backends: await probeBackends(), auto, programs };
}

function tableWidth(): number {
  return Deno.stdout.isTerminal() ? Math.min(120, Deno.consoleSize().columns) : 110;
}

if (import.meta.main) await runCommand(main);
