/// <reference lib="dom" />
/** What of the library is listed: words to look for, a family, a state of the claim. */
import { create } from "../dom.ts";
import { Change } from "../run/panel.ts";
import type { Wish } from "./entries.ts";
import { claimStateOf, claimStates, type SentMethod } from "./method_document.ts";
import { capital, writeFamily } from "./words.ts";

/** See the file's head. */
export class LibraryFilter {
  readonly element = create("search", "library-filter");
  readonly #words = create("input");
  readonly #family = create("select");
  readonly #claim = create("select");
  readonly #byFamily = create("button", "order", "By family");
  readonly #change = new Change();
  #wish: Wish | undefined;

  /** @param onWish told what the reader wants to see */
  constructor(private readonly onWish: (wish: Wish) => void) {
    this.#words.type = "search";
    this.#words.placeholder = "Name, paper, what it does";
    this.#words.addEventListener("input", () => this.#rewish({ words: this.#words.value }));
    this.#family.addEventListener("change", () => this.#rewish({ family: this.#family.value }));
    this.#claim.addEventListener("change", () => {
      this.#rewish({ claim: claimStates.find((state) => state === this.#claim.value) });
    });
    this.#byFamily.type = "button";
    this.#byFamily.addEventListener(
      "click",
      () => this.#rewish({ sort: "family", isDescending: false }),
    );
    this.element.append(
      labelled("Search the library", this.#words),
      labelled("Family", this.#family),
      labelled("Claim", this.#claim),
      this.#byFamily,
    );
  }

  show(methods: readonly SentMethod[], wish: Wish): void {
    this.#wish = wish;
    if (this.#change.isNew(methods.map((method) => [method.family, claimStateOf(method)]))) {
      const families = Map.groupBy(methods, ({ family }) => family);
      const claims = Map.groupBy(methods, claimStateOf);
      fill(this.#family, "All families", families, writeFamily);
      const known = claimStates.map((state) => [state, claims.get(state) ?? []] as const);
      fill(this.#claim, "All claims", known, capital);
    }
    // Not while it is written in: the cursor would go to the end.
    if (this.#words.value !== wish.words) this.#words.value = wish.words;
    this.#family.value = wish.family;
    this.#claim.value = wish.claim ?? "";
    this.#byFamily.ariaPressed = String(wish.sort === "family");
  }

  #rewish(changes: Partial<Wish>): void {
    if (this.#wish) this.onWish({ ...this.#wish, ...changes });
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  const label = create("label");
  label.append(create("span", "hidden", text), control);
  return label;
}

/** Offer `values`, and all of them together under an empty one; each says how many methods there are. */
function fill(
  select: HTMLSelectElement,
  all: string,
  groups: Iterable<readonly [value: string, methods: readonly SentMethod[]]>,
  write: (value: string) => string,
): void {
  const options = [...groups].map(([value, { length }]) => {
    const option = create("option", "", `${write(value)} (${length})`);
    option.value = value;
    return option;
  });
  const every = create("option", "", all);
  every.value = "";
  select.replaceChildren(every, ...options);
}
