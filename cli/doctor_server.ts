/**
 * `deno task doctor --nats URL`: what a laboratory's server promises, how it stands, and what to do where it
 * is not as it should be. A process of its own (`doctor.ts` starts it), which may reach the network.
 */
import { Command } from "commander";
import { BackboneError } from "../cluster/backbone.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { examineServer, type ServerExamination } from "../cluster/nats/examination.ts";
import { serverProblems } from "./doctor_server_problems.ts";
import { serverText } from "./doctor_server_text.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { addNatsOptions, natsAccess, type NatsFlags } from "./nats_options.ts";
import { readArguments } from "./options.ts";

async function main(args: readonly string[]): Promise<number> {
  const command = addNatsOptions(
    new Command("deno task doctor --nats URL")
      .description(
        "Examine a laboratory's NATS server: what it promises, what is not as it should be, what to do.",
      )
      .option("--json", "print the findings as one JSON object")
      .allowExcessArguments(false),
  );
  if (!readArguments(command, args)) return exitCodes.done;
  const flags = command.opts<NatsFlags & { json?: boolean }>();
  const access = natsAccess(flags);
  if (!access) throw new UsageError("which server? name it with --nats URL");
  const examination = await examined(access);
  const problems = serverProblems(examination, access);
  console.log(
    flags.json
      ? JSON.stringify({ ...examination, problems })
      : serverText(examination, problems, access),
  );
  return problems.length === 0 ? exitCodes.done : exitCodes.failed;
}

/** @throws {UsageError} when there is no server, or it does not let us in */
async function examined(access: Access): Promise<ServerExamination> {
  try {
    return await examineServer(access);
  } catch (error) {
    throw error instanceof BackboneError ? new UsageError(error.message) : error;
  }
}

if (import.meta.main) await runCommand(main);
