/// <reference lib="dom" />
/**
 * Dark and light. The colours live in `style.css` alone; what is drawn on a canvas reads them here.
 */
import type { Colour } from "./palette.ts";

/** The custom properties of `style.css` that the canvases use. */
const names = [
  "ink",
  "muted",
  "line",
  "surface",
  "accent",
  "minus",
  "zero",
  "plus",
  "bone",
  "joint",
  "tendon",
  "muscle-rest",
  "muscle-active",
  "load",
  "grid",
  "shadow",
] as const;

/** How many colours for categories there are: `--series-1` and so on. */
export const seriesCount = 8;

/** Colours for categories. */
export type SeriesColours = readonly Colour[];

/** The colours of the current theme by name, and which of the two it is. */
export type Theme = Readonly<Record<(typeof names)[number], Colour>> & {
  readonly series: SeriesColours;
  readonly dark: boolean;
};

const storageKey = "callosum.theme";

/** The current theme; follows the system until the reader chooses. */
export class Themes {
  readonly #listeners = new Set<(theme: Theme) => void>();
  readonly #systemIsDark = globalThis.matchMedia("(prefers-color-scheme: dark)");
  readonly #probe = document.createElement("span");

  constructor() {
    this.#probe.hidden = true;
    document.body.append(this.#probe);
    const chosen = recall();
    if (chosen) document.documentElement.dataset.theme = chosen;
    this.#systemIsDark.addEventListener("change", () => this.#tell());
  }

  /** Change to the other one and remember it. */
  toggle(): void {
    const next = this.#dark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember(next);
    this.#tell();
  }

  /** Call `listener` with the theme now and whenever it changes. */
  follow(listener: (theme: Theme) => void): void {
    this.#listeners.add(listener);
    listener(this.#read());
  }

  get #dark(): boolean {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : this.#systemIsDark.matches;
  }

  #tell(): void {
    const theme = this.#read();
    for (const listener of this.#listeners) listener(theme);
  }

  #read(): Theme {
    const colours = Object.fromEntries(names.map((name) => [name, this.#colour(name)]));
    const series = Array.from(
      { length: seriesCount },
      (_, i) => this.#colour(`series-${i + 1}`),
    );
    return { ...colours as Record<(typeof names)[number], Colour>, series, dark: this.#dark };
  }

  #colour(name: string): Colour {
    this.#probe.style.color = `var(--${name})`;
    const [red, green, blue] = getComputedStyle(this.#probe).color.match(/[\d.]+/g) ?? [];
    return [Number(red) / 255, Number(green) / 255, Number(blue) / 255];
  }
}

/** The remembered choice; none where the browser keeps no storage for the page. */
function recall(): "dark" | "light" | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === "dark" || stored === "light" ? stored : undefined;
  } catch {
    return undefined;
  }
}

function remember(choice: "dark" | "light"): void {
  try {
    localStorage.setItem(storageKey, choice);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}
