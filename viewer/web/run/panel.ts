/// <reference lib="dom" />
/** A part of the run's page: a panel under its own heading. */
import { create } from "../dom.ts";

/** A panel, and the place beside its heading. */
export interface Panel {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
}

/**
 * A panel called `title`, hidden until there is something in it.
 * @param id its own in the page
 */
export function createPanel(id: string, title: string): Panel {
  const element = create("section", "panel");
  element.id = id;
  element.hidden = true;
  const heading = create("h3", "", title);
  heading.id = `${id}-title`;
  element.setAttribute("aria-labelledby", heading.id);
  const head = create("div", "panel-head");
  head.append(heading);
  element.append(head);
  return { element, head };
}

/** A link by which something is kept as a file. */
export function downloadLink(text: string, address: string, label = text): HTMLAnchorElement {
  const link = create("a", "download", text);
  link.href = address;
  link.download = "";
  link.setAttribute("aria-label", label);
  return link;
}

/** Says whether a value is another one than the last time, so that the page is left alone if it is not. */
export class Change {
  #last: string | undefined;

  isNew(value: unknown): boolean {
    const text = JSON.stringify(value);
    if (text === this.#last) return false;
    this.#last = text;
    return true;
  }
}
