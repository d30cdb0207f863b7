/** How the library's papers, claims and costs are written. */
import type { ParameterSchema } from "../../../cluster/documents.ts";
import { told } from "../documents.ts";
import { significant, writeDuration } from "../measures.ts";
import { isJudged } from "../run/verdict.ts";
import type { ClaimState, SentLastRun, SentMethod, SentVariantSummary } from "./method_document.ts";
import { writeValue } from "./parameter.ts";

type Paper = SentMethod["paper"];

/** "Wu et al. 2023, ICCV" */
export function writePaper({ authors, year, venue }: Paper): string {
  const names = authors.split(",").map((name) => name.trim()).filter(Boolean);
  const [first = "", second] = names.map((name) => name.split(/\s+/).at(-1) ?? name);
  const who = names.length > 2 ? `${first} et al.` : [first, second].filter(Boolean).join(" & ");
  return [`${who} ${year}`, venue].filter(Boolean).join(", ");
}

/** Where a paper can be read; undefined of one that is not on arXiv. */
export const paperAddress = ({ arxiv }: Paper): string | undefined =>
  arxiv === undefined ? undefined : `https://arxiv.org/abs/${arxiv}`;

/** "Shown", as a state of a claim stands alone. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Families whose names are short for something. */
const familyTitles: Readonly<Record<string, string>> = {
  motor: "Motor control",
  rl: "Reinforcement learning",
};

/** A family, as its heading has it. */
export const writeFamily = (family: string): string =>
  Object.hasOwn(familyTitles, family) ? familyTitles[family] : capital(family);

/** Colours of a claim's state, see `.verdict`. */
export const claimLevels: Readonly<Record<ClaimState, "good" | "bad" | "quiet">> = {
  shown: "good",
  "not shown": "bad",
  "not judged": "quiet",
  "not run": "quiet",
};

/** "5 of 7 parts" */
export function writeParts({ claim: { parts } }: Pick<SentLastRun, "claim">): string {
  const judged = parts.filter(isJudged);
  const holding = judged.filter(({ holds }) => holds).length;
  const unjudged = parts.length - judged.length;
  if (judged.length === 0) return counted(parts.length, "part");
  return [`${holding} of ${parts.length} parts`, unjudged > 0 ? `${unjudged} not judged` : ""]
    .filter(Boolean).join(", ");
}

/** "35 s a job, 1.20 G multiply-adds" */
export function writeJobCost({ seconds, multiplyAdds }: SentVariantSummary["cost"]): string {
  return [
    `${writeDuration(told(seconds))} a job`,
    multiplyAdds === null ? "" : `${writeLarge(multiplyAdds)} multiply-adds`,
  ].filter(Boolean).join(", ");
}

const prefixes = ["", "k", "M", "G", "T", "P", "E"] as const;

/** "1.20 G": three digits and a prefix of the SI. */
export function writeLarge(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const power = value < 1000 ? 0 : Math.floor(Math.log10(value) / 3);
  const place = Math.min(power, prefixes.length - 1);
  // 999.9 k is 1.00 M.
  const rounded = Number((value / 1000 ** place).toPrecision(3));
  const isCarried = rounded >= 1000 && place < prefixes.length - 1;
  const text = significant(isCarried ? rounded / 1000 : rounded);
  return [text, prefixes[place + Number(isCarried)]].filter(Boolean).join(" ");
}

/** "3 seeds, 12 variants; epochs 2, batch 16": what a profile is. */
export function writeProfile(
  { seeds, variants, config }: NonNullable<SentMethod["profiles"]["desk"]>,
): string {
  const settings = Object.entries(config).map(([name, value]) => `${name} ${writeValue(value)}`);
  const size = `${counted(seeds, "seed")}, ${counted(variants.length, "variant")}`;
  return [size, settings.join(", ")].filter(Boolean).join("; ");
}

/** "1 seed", "3 seeds" */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The default of a hyper-parameter, as its hint says it. */
export const writeDefault = ({ default: value }: ParameterSchema): string =>
  value === undefined ? "" : `default ${writeValue(value)}`;
