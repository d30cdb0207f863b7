/** In what several runs differ: the settings that are not the same in all of them. */
import type { SentRun } from "../run/run_document.ts";

/** A setting, and what it is in each run. */
export interface Setting {
  /** Names of nested settings are joined by points. */
  readonly name: string;
  /** One a run, in words; undefined where a run has no such setting. */
  readonly values: readonly (string | undefined)[];
}

/** The settings in which `runs` differ; where they ran comes last. */
export function differingSettings(runs: readonly SentRun[]): Setting[] {
  return [...differing(runs.map(computedOf)), ...differing(runs.map(placeOf))];
}

type Settings = Readonly<Record<string, unknown>>;

function differing(runs: readonly Settings[]): Setting[] {
  const settings = runs.map((run) => new Map(flat(run)));
  const names = new Set(settings.flatMap((each) => [...each.keys()]));
  return [...names].map((name) => ({ name, values: settings.map((each) => each.get(name)) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** What is computed. */
const computedOf = (run: SentRun): Settings => ({ ...headOf(run), ...run.configuration });

/** Where it is computed, and by which version of the program. */
const placeOf = ({ backend, device, code }: SentRun): Settings => ({ backend, device, code });

function headOf(run: SentRun): Settings {
  if (run.kind === "sim") return {};
  const { method, profile, jobs: { list } } = run;
  const distinct = <Value>(values: readonly Value[]) => [...new Set(values)];
  return {
    method,
    profile,
    variants: distinct(list.map(({ variant }) => variant)),
    seeds: distinct(list.map(({ seed }) => seed)),
  };
}

/** The values in an object, and in the objects in it, under the names that lead to them. */
function flat(value: Settings, prefix = ""): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = prefix + name;
    return isObject(inner) ? flat(inner, `${path}.`) : [[path, written(inner)]];
  });
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

const isObject = (value: unknown): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);
