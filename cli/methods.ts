/** `deno task methods`: the library in a list, or one method's card. */
import { Command } from "commander";
import { citation, counted, readable, verdict } from "../agents/library/report_text.ts";
import { lastReports, type PastReport } from "../agents/library/past_reports.ts";
import { library, methodsByFamily } from "../learners/library.ts";
import { type Method, profileNames } from "../learners/method.ts";
import { isJudged } from "../learners/outcomes.ts";
import { chosenMethod } from "./chosen_method.ts";
import { type ConfigKey, configKeys } from "./config_values.ts";
import { exitCodes, runCommand } from "./failure.ts";
import { pathFromUser, readArguments } from "./options.ts";

interface Flags {
  json?: boolean;
  out: string;
}

async function main(args: readonly string[]): Promise<number> {
  const command = new Command("deno task methods")
    .description("List the library's methods, or show one of them.")
    .argument("[id]", "a method")
    .option("--out <folder>", "where run folders are, for the last results", pathFromUser, "runs")
    .option("--json", "print JSON")
    .allowExcessArguments(false);
  if (!readArguments(command, args)) return exitCodes.done;
  const { json = false, out } = command.opts<Flags>();
  const [id] = command.args;
  if (id === undefined) {
    console.log(json ? JSON.stringify(library.map(entry)) : listText(library));
    return exitCodes.done;
  }
  const method = chosenMethod(id);
  const last = await lastReports(out, method.id);
  console.log(json ? JSON.stringify(card(method, last)) : cardText(method, last));
  return exitCodes.done;
}

/** A method in the list. */
function entry({ id, card, family, paper }: Method) {
  return { id, card, family, paper, profiles: profileNames };
}

function card(method: Method, last: readonly PastReport[]) {
  return {
    ...entry(method),
    summary: method.summary,
    configuration: configKeys(method.config),
    settings: method.profiles,
    variants: method.variants,
    last,
  };
}

function listText(methods: readonly Method[]): string {
  const width = Math.max(...methods.map(({ id }) => id.length));
  const families = [...methodsByFamily(methods)].map(([family, members]) => {
    const lines = members.map(({ id, card, summary }) =>
      `  ${card}  ${id.padEnd(width)}  ${summary}`
    );
    return [family, ...lines].join("\n");
  });
  return [...families, "deno task methods <id> shows one of them"].join("\n\n");
}

function cardText(method: Method, last: readonly PastReport[]): string {
  const { id, card, family, summary, paper, profiles, variants } = method;
  const sections = [
    `${id} · ${family} · ${card}\n${summary}`,
    citation(paper),
    `configuration (--set key=value)\n${configText(configKeys(method.config))}`,
    `profiles (--profile)\n${
      indented(profileNames.map((name) => {
        const { config, seeds, variants } = profiles[name];
        const changes = Object.entries(config).map(([key, value]) => `${key}=${show(value)}`);
        const what = `${counted(seeds, "seed")}, ${counted(variants.length, "variant")}`;
        return [name, [what, ...changes].join(", ")];
      }))
    }`,
    `variants (--variant)\n${indented(Object.entries(variants))}`,
    `last results\n${
      indented(last.map(({ run, profile, claim }) => [
        profile,
        `${verdict(claim)}${isJudged(claim) ? `, margin ${readable(claim.margin)}` : ""} (${run})`,
      ])) || "  none yet"
    }`,
  ];
  return sections.join("\n\n");
}

const show = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);

function configText(keys: readonly ConfigKey[]): string {
  const [names, defaults] = [
    keys.map(({ key }) => key),
    keys.map((entry) => show(entry.default) ?? "none"),
  ];
  const [nameWidth, defaultWidth] = [names, defaults].map((column) =>
    Math.max(0, ...column.map(({ length }) => length))
  );
  return keys.map(({ key, meaning, allowed }, index) =>
    `  ${key.padEnd(nameWidth)}  ${defaults[index].padEnd(defaultWidth)}  ${meaning}; ${allowed}`
  ).join("\n");
}

/** Pairs in two columns. */
function indented(pairs: readonly (readonly [string, string])[] | readonly string[][]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join("\n");
}

if (import.meta.main) await runCommand(main);
