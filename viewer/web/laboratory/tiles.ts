/// <reference lib="dom" />
/** A few numbers that can be read from across the room. */
import { create, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";

/** A number, and what it is. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  /** What else there is to say of it. */
  readonly note: string;
  /** Something may have to be done about it. */
  readonly isWarning?: boolean;
  /** Where there is more of it. */
  readonly address?: string;
}

/** Tiles in a description list. */
export class Tiles {
  readonly #rows: KeyedList<Tile>;

  constructor(host: HTMLElement) {
    this.#rows = new KeyedList(host, ({ name }) => name, row);
  }

  show(tiles: readonly Tile[]): void {
    this.#rows.show(tiles);
  }
}

function row({ name }: Tile): Row<Tile> {
  const element = create("div", "tile");
  const term = create("dt");
  const value = create("dd", "number");
  const note = create("dd", "line second");
  // Without an address it is no link, and the keyboard passes it by.
  const link = create("a", "", name);
  term.append(link);
  element.append(term, value, note);
  return {
    element,
    show: (tile) => {
      element.dataset.level = tile.isWarning ? "warning" : "quiet";
      setText(value, tile.value);
      // Without a word, too, it keeps its height.
      setText(note, tile.note || "\u00a0");
      note.title = tile.note;
      if (tile.address === undefined) link.removeAttribute("href");
      else if (link.getAttribute("href") !== tile.address) link.href = tile.address;
    },
  };
}
