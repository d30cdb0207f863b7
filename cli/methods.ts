/** `deno task methods`: the library in a list, or one method's card. */
import { Command } from "commander";
import { readable } from "../agents/library/readable.ts";
import { citation, counted, verdict } from "../agents/library/report_text.ts";
import { lastReports, type PastReport } from "../agents/library/past_reports.ts";
import { combinationsOf } from "../learners/axes.ts";
import { library, methodsByFamily } from "../learners/library.ts";
import { type Method, profileNames } from "../learners/method.ts";
import { isJudged } from "../learners/outcomes.ts";
import { chosenMethod } from "./chosen_method.ts";
import { type ConfigKey, configKeys, configValueText } from "./config_values.ts";
import { exitCodes, runCommand } from "./failure.ts";
import { axisFlag, keyFlag } from "./method_flags.ts";
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
    ...method.axes && { axes: method.axes },
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
  const { id, card, family, summary, paper, profiles, recipes = [], axes = [] } = method;
  const sections = [
    `${id} · ${family} · ${card}\n${summary}`,
    citation(paper),
    `configuration (--set key=value, or a flag such as ${exampleFlag(method)})\n${
      configText(configKeys(method.config))
    }`,
    `profiles (--profile)\n${
      indented(profileNames.map((name) => {
        const { config, seeds, variants } = profiles[name];
        const what = `${counted(seeds, "seed")}, ${counted(variants.length, "variant")}`;
        const changes = settingsText(config);
        return [name, changes ? `${what}, ${changes}` : what];
      }))
    }`,
    ...recipes.length > 0
      ? [
        `recipes (in desk and full, unless set otherwise)\n${
          indented(recipes.map(({ when, config }) => [settingsText(when), settingsText(config)]))
        }`,
      ]
      : [],
    ...axes.map((axis) =>
      `${axis.name}: ${axis.meaning} (${axisFlag(axis)})\n${indented(Object.entries(axis.values))}`
    ),
    variantsText(method),
    `last results\n${
      indented(last.map(({ run, profile, claim }) => [
        profile,
        `${verdict(claim)}${isJudged(claim) ? `, margin ${readable(claim.margin)}` : ""} (${run})`,
      ])) || "  none yet"
    }`,
  ];
  return sections.join("\n\n");
}

/** Such as "steps=100, copies=8". */
function settingsText(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings).map(([key, value]) => `${key}=${configValueText(value)}`)
    .join(", ");
}

/** How one of its keys is set by its flag: such as "--learning-rate 0.01". */
function exampleFlag({ config }: Method): string {
  const keys = configKeys(config);
  // One of several words, where there is one, shows how flags are made of keys.
  const { key, default: value } = keys.find(({ key }) => keyFlag(key) !== `--${key}`) ?? keys[0];
  return `${keyFlag(key)} ${configValueText(value)}`;
}

/** The variants, or of what they are combinations, and those that are none. */
function variantsText({ variants, axes }: Method): string {
  if (!axes) return `variants (--variant)\n${indented(Object.entries(variants))}`;
  const combinations = combinationsOf(axes);
  const names = Object.keys(variants);
  const combined = names.filter((name) => combinations.has(name));
  const others = Object.entries(variants).filter(([name]) => !combinations.has(name));
  const which = axes.map(({ name }) => name).join(" and ");
  return [
    `variants (--variant)`,
    `  ${counted(combined.length, "combination")} of ${which}, such as ${combined[0]}`,
    ...others.length > 0 ? [indented(others)] : [],
  ].join("\n");
}

function configText(keys: readonly ConfigKey[]): string {
  const [names, defaults] = [
    keys.map(({ key }) => key),
    keys.map((entry) => configValueText(entry.default)),
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
