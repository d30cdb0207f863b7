/// <reference lib="dom" />
/** A table that scrolls within its panel when it is wider than that. */
import { create } from "../dom.ts";

/** A row: what it is of, and its cells. */
export interface TableRow {
  readonly head: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

/** The table and how it is filled. */
export interface ScrollingTable {
  readonly element: HTMLElement;
  /** @param columns the heads of the rows' column first */
  show(columns: readonly string[], rows: readonly TableRow[]): void;
}

/** @param label what it is, for those who do not see it */
export function scrollingTable(label: string): ScrollingTable {
  const element = create("div", "wide");
  element.tabIndex = 0;
  element.role = "region";
  element.ariaLabel = label;
  const table = create("table");
  element.append(table);
  return {
    element,
    show(columns, rows) {
      const head = create("thead");
      head.append(line(columns.map((column) => headCell("col", create("span", "", column)))));
      const body = create("tbody");
      body.append(...rows.map(({ head, cells }) =>
        line([
          headCell("row", head),
          ...cells.map((content) => {
            const cell = create("td");
            cell.append(content);
            return cell;
          }),
        ])
      ));
      table.replaceChildren(head, body);
    },
  };
}

function line(cells: readonly HTMLElement[]): HTMLElement {
  const row = create("tr");
  row.append(...cells);
  return row;
}

function headCell(scope: "row" | "col", content: HTMLElement): HTMLElement {
  const cell = create("th");
  cell.scope = scope;
  cell.append(content);
  return cell;
}
