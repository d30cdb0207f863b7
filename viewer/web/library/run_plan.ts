/** A run of a method as a reader makes it up: a profile, and what is to differ from it. */
import type { ParameterSchema } from "../../../cluster/documents.ts";
import type { Order } from "../laboratory/line.ts";
import { type MethodItself, parametersOf, type ProfileName } from "./method_document.ts";

/**
 * The largest run that a page may order: `queuedSeeds` and `queuedVariants` of cluster/protocol.ts, which this
 * script would be much larger with.
 */
export const largestRun = { seeds: 100, variants: 64 } as const;

/** The experiment that takes minutes on two cores. */
const usualProfile: ProfileName = "desk";

/** See the file's head. */
export class RunPlan {
  #profile: ProfileName = usualProfile;
  #seeds: number | undefined;
  #variants: ReadonlySet<string> | undefined;
  readonly #changes = new Map<string, unknown>();

  constructor(readonly method: MethodItself) {}

  /** The hyper-parameters by name, in their order. */
  get parameters(): Readonly<Record<string, ParameterSchema>> {
    return parametersOf(this.method).properties ?? {};
  }

  get profile(): ProfileName {
    return this.#profile;
  }

  /** What the reader has changed stays; what is the new profile's own anyhow is no change any more. */
  set profile(profile: ProfileName) {
    this.#profile = profile;
    const { seeds, variants } = this;
    for (const [name, value] of [...this.#changes]) this.set(name, value);
    this.seeds = seeds;
    this.variants = variants;
  }

  /** Seeds 1 to this number. */
  get seeds(): number {
    return this.#seeds ?? this.#standard.seeds;
  }

  set seeds(seeds: number) {
    this.#seeds = seeds === this.#standard.seeds ? undefined : seeds;
  }

  /** In the method's order. */
  get variants(): readonly string[] {
    const chosen = this.#variants ?? new Set(this.#standard.variants);
    return Object.keys(this.method.variants).filter((name) => chosen.has(name));
  }

  set variants(names: readonly string[]) {
    const chosen = new Set(names);
    const isStandard = chosen.symmetricDifference(new Set(this.#standard.variants)).size === 0;
    this.#variants = isStandard ? undefined : chosen;
  }

  get jobs(): number {
    return this.variants.length * this.seeds;
  }

  /** Why there is nothing to order; undefined when there is. */
  get problem(): string | undefined {
    const { length } = this.variants;
    if (length === 0) return "No variant is chosen: there would be nothing to do.";
    return length > largestRun.variants
      ? `${length} variants are too many for one run: choose at most ${largestRun.variants}.`
      : undefined;
  }

  /** The value of a hyper-parameter. */
  value(name: string): unknown {
    return this.#changes.has(name) ? this.#changes.get(name) : this.#usual(name);
  }

  /** Change a hyper-parameter, or leave it as the profile has it. */
  set(name: string, value: unknown): void {
    if (isSame(value, this.#usual(name))) this.#changes.delete(name);
    else this.#changes.set(name, value);
  }

  /** Whether the reader has changed it. */
  isChanged(name: string): boolean {
    return this.#changes.has(name);
  }

  /** Whether it has another value than the method's default. */
  isSpecial(name: string): boolean {
    return !isSame(this.value(name), this.parameters[name]?.default);
  }

  /** Leave everything as the profile has it. */
  reset(): void {
    this.#changes.clear();
    this.#seeds = undefined;
    this.#variants = undefined;
  }

  /** What is to be ordered of the laboratory. */
  order(): Order {
    const config = Object.fromEntries(this.#changes);
    return {
      type: "queue",
      method: this.method.id,
      profile: this.#profile,
      ...this.#seeds !== undefined && { seeds: this.#seeds },
      ...this.#variants && { variants: [...this.variants] },
      ...this.#changes.size > 0 && { config },
    };
  }

  /** The same at the command line. */
  command(): string {
    const settings = [...this.#changes].map(([name, value]) =>
      quoted(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    );
    return [
      `deno task train ${this.method.id}`,
      ...this.#profile === usualProfile ? [] : [`--profile ${this.#profile}`],
      ...this.#seeds === undefined ? [] : [`--seeds ${this.#seeds}`],
      ...this.#variants ? [`--variant ${this.variants.map(quoted).join(" ")}`] : [],
      ...settings.length > 0 ? [`--set ${settings.join(" ")}`] : [],
      "--cluster",
    ].join(" ");
  }

  get #standard() {
    const standard = this.method.profiles[this.#profile];
    if (!standard) throw new TypeError(`${this.method.id} has no profile ${this.#profile}`);
    return standard;
  }

  #usual(name: string): unknown {
    const { config } = this.#standard;
    return Object.hasOwn(config, name) ? config[name] : this.parameters[name]?.default;
  }
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** A word as a POSIX shell takes it. */
const quoted = (word: string) =>
  /^[\w=.,:/+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
