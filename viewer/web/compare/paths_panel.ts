/// <reference lib="dom" />
/** Hand paths over one another: the same trials under several models, or in several runs. */
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { seriesStyle, showSwatch } from "../laboratory/series_style.ts";
import { css } from "../palette.ts";
import { PathPlot } from "../path_plot.ts";
import type { Theme } from "../theme.ts";
import { letterOf, sideBySide } from "./groups.ts";
import type { ModelPaths } from "./hand_paths.ts";
import { MeasureChoice } from "./measure_choice.ts";

/** CSS pixels; lower ones are wider, so that where paths run together all can be seen. */
const width = { top: 1.5, step: 1.5, most: 6 } as const;

/** Paths that can be drawn. */
interface PathChoice extends ModelPaths {
  readonly key: string;
  readonly label: string;
  /** By which it has its colour. */
  readonly category: number;
}

/** See the file's head. */
export class PathsPanel {
  readonly #panel = element("#compare-paths-panel", HTMLElement);
  readonly #canvas = element("#compare-paths", HTMLCanvasElement);
  readonly #plot = new PathPlot(this.#canvas);
  readonly #figures: MeasureChoice;
  readonly #models: KeyedList<PathChoice>;
  #paths: readonly ModelPaths[] = [];
  #runs: readonly string[] = [];
  /** The reader's choice; the first there is when it is not among them. */
  #figure = "";
  /** Keys of what is drawn; undefined as long as the reader has not chosen. */
  #drawn: ReadonlySet<string> | undefined;
  #theme: Theme | undefined;

  constructor() {
    this.#figures = new MeasureChoice("#compare-paths-figure", (figure) => {
      this.#figure = figure;
      this.#drawn = undefined;
      this.#update();
    });
    this.#models = new KeyedList(
      element("#compare-path-models", HTMLElement),
      ({ key }) => key,
      ({ key }) => new PathButton(() => this.#toggle(key), (choice) => this.#isDrawn(choice)),
    );
  }

  /** @param runs all that are compared, in the order of their letters */
  show(paths: readonly ModelPaths[], runs: readonly string[]): void {
    this.#paths = paths;
    this.#runs = runs;
    this.#panel.hidden = paths.length === 0;
    this.#update();
  }

  paint(theme: Theme): void {
    this.#theme = theme;
    this.#plot.paint(theme);
    this.#update();
  }

  #toggle(key: string): void {
    const drawn = new Set(
      this.#choices().filter((each) => this.#isDrawn(each)).map(({ key }) => key),
    );
    if (!drawn.delete(key)) drawn.add(key);
    this.#drawn = drawn;
    this.#update();
  }

  #isDrawn(choice: PathChoice): boolean {
    return (this.#drawn ?? drawnAtFirst(this.#choices())).has(choice.key);
  }

  get #figureShown(): string {
    const isThere = this.#paths.some(({ figure }) => figure === this.#figure);
    return isThere ? this.#figure : this.#paths[0]?.figure ?? "";
  }

  #choices(): PathChoice[] {
    const figure = this.#figureShown;
    const found = this.#paths.filter((paths) => paths.figure === figure);
    return sideBySide(found, ({ model }) => model).map((paths, category) => ({
      ...paths,
      category,
      key: `${paths.run}\n${paths.model}`,
      label: `${letterOf(this.#runs.indexOf(paths.run))} · ${paths.model}`,
    }));
  }

  #update(): void {
    const figures = [...new Set(this.#paths.map(({ figure }) => figure))];
    this.#figures.show(figures, this.#figureShown);
    const choices = this.#choices();
    this.#models.show(choices);
    const drawn = choices.filter((choice) => this.#isDrawn(choice));
    this.#canvas.ariaLabel = drawn.length > 0
      ? `${this.#figureShown}: ${drawn.map(({ label }) => label).join(", ")}`
      : "No hand paths are chosen";
    this.#draw(drawn);
  }

  #draw(drawn: readonly PathChoice[]): void {
    const theme = this.#theme;
    if (!theme || drawn.length === 0) return this.#plot.show(undefined);
    this.#plot.show({
      starts: drawn.flatMap(({ starts }) => starts),
      goals: drawn.flatMap(({ goals }) => goals),
      kinds: drawn.map(({ category, paths }, i) => ({
        style: {
          colour: css(theme.series[seriesStyle(category).colour - 1]),
          width: Math.min(width.top + width.step * (drawn.length - 1 - i), width.most),
        },
        paths,
      })),
    });
  }
}

/** The first model of each run; of a single run its first two. */
function drawnAtFirst(choices: readonly PathChoice[]): ReadonlySet<string> {
  const firsts = choices.filter(({ run }, i) =>
    choices.findIndex((each) => each.run === run) === i
  );
  const drawn = firsts.length > 1 ? firsts : choices.slice(0, 2);
  return new Set(drawn.map(({ key }) => key));
}

class PathButton implements Row<PathChoice> {
  readonly element = create("li");
  readonly #button = create("button");
  readonly #swatch = create("i", "swatch");
  readonly #label = create("span");

  constructor(onPress: () => void, private readonly isDrawn: (choice: PathChoice) => boolean) {
    this.#button.type = "button";
    this.#button.append(this.#swatch, this.#label);
    this.#button.addEventListener("click", onPress);
    this.element.append(this.#button);
  }

  show(choice: PathChoice): void {
    this.#button.ariaPressed = String(this.isDrawn(choice));
    this.#button.title = choice.run;
    showSwatch(this.#swatch, choice.category);
    setText(this.#label, choice.label);
  }
}
