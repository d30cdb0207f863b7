/// <reference lib="dom" />
/** The tables that the run's method declares. */
import { documentAddress } from "../../../cluster/document_paths.ts";
import { create } from "../dom.ts";
import { writeMore } from "../laboratory/words.ts";
import { writeCell, writeColumn } from "./cells.ts";
import { Change, createPanel, downloadLink } from "./panel.ts";
import type { SentLibraryRun, SentTable } from "./run_document.ts";
import { scrollingTable } from "./scrolling_table.ts";

/** Rows that are set at once; the CSV has all of them. */
const setRows = 100;

/** See the file's head. */
export class TablesPanel {
  readonly #panel = createPanel("tables-panel", "Tables");
  readonly #host = create("div", "tables");
  readonly #change = new Change();

  constructor() {
    this.#panel.element.append(this.#host);
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  /** @param run null of a run that has no tables of its own */
  show(run: SentLibraryRun | null): void {
    const list = run?.results?.tables.list ?? [];
    this.element.hidden = list.length === 0;
    if (!run || !this.#change.isNew([run.run, list])) return;
    this.#host.replaceChildren(...list.map((table) => tableElement(run.run, table)));
  }
}

function tableElement(run: string, shown: SentTable): HTMLElement {
  const { number, title, caption, columns, rows, total } = shown;
  const element = create("div");
  const set = scrollingTable(title);
  const texts = columns.map(writeColumn);
  set.show(
    texts,
    rows.slice(0, setRows).map((row) => {
      const [head, ...cells] = row.map((cell, i) =>
        create("span", typeof cell === "string" ? "text" : "", writeCell(cell, columns[i]))
      );
      return { head, cells };
    }),
  );
  const links = create("p", "downloads");
  links.append(
    downloadLink("CSV", documentAddress.tableCsv(run, number), `CSV of ${title}`),
    create("span", "what", writeMore(total, Math.min(rows.length, setRows), "rows")),
  );
  element.append(create("h4", "", title), create("p", "what", caption), set.element, links);
  return element;
}
