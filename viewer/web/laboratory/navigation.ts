/// <reference lib="dom" />
/** The links to the views. Whoever follows one by keyboard or ear is brought to the view's heading. */
import { create, element } from "../dom.ts";
import { writeAddress } from "../router.ts";
import type { ViewEntry } from "../views/catalogue.ts";

/** What stands in the title behind the view's. */
const site = "Callosum";

/** See the file's head. */
export class Navigation {
  readonly #links: ReadonlyMap<string, HTMLAnchorElement>;
  readonly #main = element("main", HTMLElement);
  #isFirst = true;

  constructor(private readonly views: readonly Pick<ViewEntry, "name" | "title">[]) {
    this.#links = new Map(views.map(({ name, title }) => {
      const link = create("a", "", title);
      link.href = writeAddress(name);
      return [name, link] as const;
    }));
    element("#views", HTMLElement).append(...[...this.#links.values()].map((link) => {
      const item = create("li");
      item.append(link);
      return item;
    }));
  }

  /** Another view is shown; undefined at an address that leads nowhere. */
  show(name: string | undefined): void {
    for (const [known, link] of this.#links) {
      if (known === name) link.ariaCurrent = "page";
      else link.ariaCurrent = null;
    }
    const title = this.views.find((view) => view.name === name)?.title ?? "Unknown address";
    document.title = `${title} · ${site}`;
    document.documentElement.dataset.view = name ?? "unknown";
    // A page that is loaded begins at its beginning.
    if (!this.#isFirst) {
      this.#main.scrollIntoView({ block: "nearest" });
      this.#main.querySelector<HTMLElement>(":scope > :not([hidden]) h2")?.focus();
    }
    this.#isFirst = false;
  }
}
