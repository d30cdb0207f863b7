/// <reference lib="dom" />
/** The matrix of measures: a row a measure, a column a group. The wider the bar, the more it is within its row. */
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { showSwatch } from "../laboratory/series_style.ts";
import { writeAmount, writeInterval, writeName } from "./amounts.ts";
import type { Group } from "./groups.ts";
import type { MeasureCell, MeasureRow } from "./measure_rows.ts";

interface MeasureLine extends MeasureRow {
  readonly isChosen: boolean;
}

/** See the file's head. */
export class MeasuresPanel {
  readonly #panel = element("#compare-measures-panel", HTMLElement);
  readonly #facts = element("#compare-measures-facts", HTMLElement);
  readonly #heads: KeyedList<Group>;
  readonly #rows: KeyedList<MeasureLine>;

  /** @param choose called when the reader chooses a measure */
  constructor(choose: (measure: string) => void) {
    this.#heads = new KeyedList(
      element("#compare-measure-heads", HTMLElement),
      ({ key }) => key,
      () => new GroupHead(),
    );
    this.#rows = new KeyedList(
      element("#compare-measures", HTMLElement),
      ({ measure }) => measure,
      ({ measure }) => new MeasuresRow(measure, choose),
    );
  }

  /**
   * @param groups the columns
   * @param chosen the measure by which the groups are told apart elsewhere
   */
  show(groups: readonly Group[], rows: readonly MeasureRow[], chosen: string): void {
    this.#panel.hidden = rows.length === 0;
    this.#heads.show(groups);
    this.#rows.show(rows.map((row) => ({ ...row, isChosen: row.measure === chosen })));
    setText(this.#facts, `${rows.length} ${rows.length === 1 ? "measure" : "measures"}`);
  }
}

class GroupHead implements Row<Group> {
  readonly element = create("th");
  readonly #swatch = create("i", "swatch");
  readonly #label = create("span");

  constructor() {
    this.element.scope = "col";
    this.element.append(this.#swatch, this.#label);
  }

  show({ label, category, run }: Group): void {
    showSwatch(this.#swatch, category);
    setText(this.#label, label);
    this.element.title = run;
  }
}

class MeasuresRow implements Row<MeasureLine> {
  readonly element = create("tr");
  readonly #button = create("button");
  readonly #cells: MeasureTableCell[] = [];

  constructor(private readonly measure: string, choose: (measure: string) => void) {
    this.#button.type = "button";
    this.#button.title = "Tell the variants apart by it";
    this.#button.textContent = writeName(measure);
    this.#button.addEventListener("click", () => choose(measure));
    const head = create("th");
    head.scope = "row";
    head.append(this.#button);
    this.element.append(head);
  }

  show({ cells, isChosen }: MeasureLine): void {
    this.#button.ariaPressed = String(isChosen);
    while (this.#cells.length > cells.length) this.#cells.pop()?.element.remove();
    // Without an interval, too, a cell is as high as the others of its row.
    const filler = cells.some((cell) => cell?.interval) ? "\u00a0" : "";
    cells.forEach((cell, i) => {
      const shown = this.#cells[i] ??= this.#addCell();
      shown.show(this.measure, cell, filler);
    });
  }

  #addCell(): MeasureTableCell {
    const cell = new MeasureTableCell();
    this.element.append(cell.element);
    return cell;
  }
}

class MeasureTableCell {
  readonly element = create("td");
  readonly #mean = create("span", "line");
  readonly #interval = create("span", "line second");
  readonly #bar = create("span", "share");

  constructor() {
    this.element.append(this.#mean, this.#interval, this.#bar);
  }

  /** @param filler stands where there is no interval */
  show(measure: string, cell: MeasureCell | undefined, filler: string): void {
    setText(this.#mean, cell ? writeAmount(measure, cell.mean) : "–");
    setText(this.#interval, writeInterval(measure, cell?.interval) || filler);
    this.#bar.style.setProperty("--share", String(cell?.share ?? 0));
    this.#bar.dataset.none = String(cell?.share === undefined);
  }
}
