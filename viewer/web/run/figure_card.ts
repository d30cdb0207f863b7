/// <reference lib="dom" />
/** A figure of a run: lines are drawn here and can be looked at closely, everything else is a picture. */
import { documentAddress, type FigureTheme } from "../../../cluster/document_paths.ts";
import { create, setText } from "../dom.ts";
import type { Row } from "../keyed_list.ts";
import { showSwatch } from "../laboratory/series_style.ts";
import { writeTick } from "../laboratory/words.ts";
import type { Theme } from "../theme.ts";
import { type FigureLines, figureLines, type FigurePart } from "./figure_lines.ts";
import { LineChart } from "./line_chart.ts";
import { Change, downloadLink } from "./panel.ts";
import type { SentFigure } from "./run_document.ts";

/** Those that need the width of the page. */
const wideKinds: ReadonlySet<string> = new Set(["panels", "image-grid", "grouped-bars"]);

/** A figure, and the run that it is of. */
export interface FigureOfRun {
  readonly run: string;
  readonly figure: SentFigure;
  /** Another one whenever the figure may be another one. */
  readonly version: string;
}

/** See the file's head. */
export class FigureCard implements Row<FigureOfRun> {
  readonly element = create("figure", "figure-card");
  readonly #title = create("h4");
  readonly #caption = create("p", "what");
  readonly #place = create("div");
  readonly #links = create("p", "downloads");
  readonly #change = new Change();
  #theme: Theme | undefined;
  #drawing: Drawing | undefined;

  constructor(theme: Theme | undefined) {
    this.#theme = theme;
    const words = create("figcaption");
    words.append(this.#title, this.#caption);
    this.element.append(words, this.#place, this.#links);
  }

  show(shown: FigureOfRun): void {
    if (!this.#change.isNew(shown)) return;
    const { run, figure: { number, title, caption, kind, data } } = shown;
    this.element.dataset.wide = String(wideKinds.has(kind));
    setText(this.#title, title);
    setText(this.#caption, caption);
    const lines = data ? figureLines(data) : undefined;
    if (lines) this.#draw(shown, lines);
    else this.#picture(shown);
    this.#links.replaceChildren(
      downloadLink("SVG", this.#svg(shown, "light"), `SVG of ${title}`),
      downloadLink("CSV", documentAddress.figureCsv(run, number), `CSV of ${title}`),
    );
  }

  paint(theme: Theme): void {
    this.#theme = theme;
    this.#drawing?.paint(theme);
  }

  #draw({ figure }: FigureOfRun, lines: FigureLines): void {
    if (!(this.#drawing instanceof DrawnFigure)) this.#put(new DrawnFigure());
    if (this.#drawing instanceof DrawnFigure) {
      this.#drawing.show(figure.title, lines, this.#theme);
    }
  }

  #picture(shown: FigureOfRun): void {
    const { figure: { title, caption } } = shown;
    this.#put(new Picture(`${title}: ${caption}`, (theme) => this.#svg(shown, theme)));
  }

  #put(drawing: Drawing): void {
    this.#drawing = drawing;
    if (this.#theme) drawing.paint(this.#theme);
    this.#place.replaceChildren(drawing.element);
  }

  /** With the version, so that a picture of earlier results is not taken from the browser's memory. */
  #svg({ run, figure: { number }, version }: FigureOfRun, theme: FigureTheme): string {
    return `${documentAddress.figureSvg(run, number, theme)}&${new URLSearchParams({ version })}`;
  }
}

/** What a figure looks like. */
interface Drawing {
  readonly element: HTMLElement;
  paint(theme: Theme): void;
}

/** As the server has drawn it. */
class Picture implements Drawing {
  readonly element = create("img");

  constructor(text: string, private readonly address: (theme: FigureTheme) => string) {
    this.element.alt = text;
    this.element.loading = "lazy";
    this.element.decoding = "async";
  }

  paint({ dark }: Theme): void {
    this.element.src = this.address(dark ? "dark" : "light");
  }
}

/** As charts with one key. */
class DrawnFigure implements Drawing {
  readonly element = create("div");
  readonly #parts = create("div", "figure-parts");
  readonly #key = create("ul", "curve-key");
  #charts: FigureChart[] = [];

  constructor() {
    this.element.append(this.#parts, this.#key);
  }

  show(title: string, { parts, names }: FigureLines, theme: Theme | undefined): void {
    if (this.#charts.length !== parts.length) {
      this.#charts = parts.map(() => new FigureChart());
      this.#parts.replaceChildren(...this.#charts.map(({ element }) => element));
      if (theme) this.paint(theme);
    }
    parts.forEach((part, i) => this.#charts[i].show(part.title || title, part, parts.length > 1));
    this.#key.replaceChildren(...names.map((name, category) => {
      const entry = create("li");
      const swatch = create("i", "swatch");
      showSwatch(swatch, category);
      entry.append(swatch, create("span", "", name));
      return entry;
    }));
  }

  paint(theme: Theme): void {
    for (const chart of this.#charts) chart.paint(theme);
  }
}

/** One chart of a figure. */
class FigureChart {
  readonly element = create("div");
  readonly #title = create("h5");
  readonly #host = create("div", "chart");
  readonly #readout = create("output", "readout");
  readonly #whole = create("button", "order", "Whole range");
  #xLabel = "";
  readonly #chart = new LineChart(this.#host, {
    onPoint: (text) => setText(this.#readout, text),
    onZoom: (isClose) => this.#whole.hidden = !isClose,
    writePlace: (place) => `${this.#xLabel} ${writeTick(place)}`,
  });

  constructor() {
    this.#host.tabIndex = 0;
    this.#host.role = "img";
    this.#host.title = "Draw over a part to look at it closely; + − ← → 0 do so by keyboard";
    this.#whole.type = "button";
    this.#whole.hidden = true;
    this.#whole.addEventListener("click", () => {
      this.#chart.reset();
      this.#host.focus();
    });
    const foot = create("div", "chart-foot");
    foot.append(this.#readout, this.#whole);
    this.element.append(this.#title, this.#host, foot);
  }

  show(title: string, { lines, axes }: FigurePart, isOneOfSeveral: boolean): void {
    this.#xLabel = axes.xLabel;
    setText(this.#title, title);
    this.#title.hidden = !isOneOfSeveral;
    const names = new Set(lines.map(({ name }) => name));
    this.#host.ariaLabel = `${title}: ${axes.yLabel} over ${axes.xLabel} of ${
      [...names].join(", ")
    }`;
    this.#chart.show(lines, axes);
  }

  paint(theme: Theme): void {
    this.#chart.paint(theme);
  }
}
