/// <reference lib="dom" />
/**
 * All methods of the library, and one of them in detail: what it is, whether its claim holds, and a form to
 * queue a run. Which one, and what is listed in which order, stands in the address.
 */
import type { libraryDocument } from "../../../cluster/documents.ts";
import { documentAddress } from "../../../cluster/document_paths.ts";
import type { Laboratory, LaboratoryMessage } from "../../../cluster/protocol.ts";
import type { Reply } from "../documents.ts";
import { create, element, setText } from "../dom.ts";
import { chosenMethods, readWish, type Wish, writeWish } from "../library/entries.ts";
import { LibraryFilter } from "../library/library_filter.ts";
import { claimStateOf, claimStates, type SentLibrary } from "../library/method_document.ts";
import { MethodTable } from "../library/method_table.ts";
import { counted, writeFamily } from "../library/words.ts";
import { writeAddress } from "../router.ts";
import { FollowedDocument } from "../run/followed_document.ts";
import { MethodPart } from "./method.ts";
import type { PageParts, View } from "./view.ts";

/** See the file's head. */
export class LibraryView implements View {
  readonly element = element("#library-view", HTMLElement);
  readonly #title = element("#library-title", HTMLElement);
  readonly #facts = element("#library-facts", HTMLElement);
  readonly #list = element("#library-list", HTMLElement);
  readonly #filter = new LibraryFilter((wish) => this.#rewish(wish));
  readonly #table = new MethodTable((wish) => this.#rewish(wish));
  readonly #note = create("p", "nothing");
  readonly #method: MethodPart;
  readonly #followed = new FollowedDocument<typeof libraryDocument>({
    onReply: (reply) => this.#receive(reply),
    mayChange: () => true,
  });
  #library: SentLibrary | undefined;
  #wish = readWish(new URLSearchParams());
  /** The method that is shown; empty where all are. */
  #id = "";
  /** Why there is no library to be shown. */
  #problem = "";
  /** How the laboratory's jobs stood when it was looked at last. */
  #standing = "";
  #isShown = false;
  #stopListening = () => {};

  constructor(private readonly page: PageParts) {
    const panel = create("section", "panel");
    panel.ariaLabel = "Methods";
    const scroller = create("div", "methods-scroller");
    scroller.append(this.#table.element);
    panel.append(this.#filter.element, scroller, this.#note);
    this.#list.append(panel);
    this.#method = new MethodPart(page);
  }

  show(parameters: URLSearchParams, [id = ""]: readonly string[]): void {
    const isOther = this.#isShown && id !== this.#id;
    this.#id = id;
    this.#wish = readWish(parameters);
    if (!this.#isShown) this.#begin();
    this.#isShown = true;
    this.#show();
    if (!isOther) return;
    // The router does so only where another view is shown.
    this.element.scrollIntoView({ block: "start" });
    this.#title.focus();
  }

  hide(): void {
    this.#isShown = false;
    this.#stopListening();
    this.#followed.stop();
    this.#method.hide();
  }

  #begin(): void {
    const { line } = this.page;
    this.#stopListening();
    this.#stopListening = line.listen((message) => this.#hear(message));
    this.#followed.follow(documentAddress.library);
  }

  #hear(message: LaboratoryMessage): void {
    if (message.type === "rights") this.#method.allow(message.control);
    if (message.type === "laboratory") this.#stir(message);
  }

  /** A job that comes to its end may change what a method has come to. */
  #stir({ jobs: { done, failed, cancelled }, runs }: Laboratory): void {
    const standing = JSON.stringify([done, failed, cancelled, runs.total]);
    if (this.#standing && standing !== this.#standing) this.#followed.stir();
    this.#standing = standing;
  }

  #receive(reply: Reply<SentLibrary>): void {
    // What was known stays in sight while the server is away.
    if (reply.kind === "document") this.#library = reply.document;
    this.#problem = reply.kind === "unavailable"
      ? reply.message
      : reply.kind === "absent"
      ? "This server has no library to show."
      : "";
    this.#show();
  }

  #show(): void {
    const method = this.#library?.methods.find(({ id }) => id === this.#id);
    setText(this.#title, this.#id || "Library");
    this.#list.hidden = this.#id !== "";
    this.#method.element.hidden = this.#id === "";
    if (this.#id) {
      this.#method.show(method, this.#problem || this.#unknown());
      setText(this.#facts, method ? `${writeFamily(method.family)} · card ${method.card}` : "");
    } else {
      this.#method.hide();
      this.#showList();
    }
  }

  /** What is said of a method that is not there. */
  #unknown(): string {
    return this.#library ? `The library has no method ${this.#id}.` : "Loading …";
  }

  #showList(): void {
    const methods = this.#library?.methods ?? [];
    const chosen = chosenMethods(methods, this.#wish);
    this.#filter.show(methods, this.#wish);
    this.#table.show(chosen, this.#wish);
    this.#table.element.hidden = chosen.length === 0;
    setText(this.#facts, this.#library ? writeFacts(this.#library) : "");
    const nothing = this.#library ? "No method is like that." : "Loading …";
    setText(this.#note, this.#problem || (chosen.length === 0 ? nothing : ""));
  }

  /** The reader looks at the same in another order: no place to come back to. */
  #rewish(wish: Wish): void {
    this.#wish = wish;
    history.replaceState(null, "", writeAddress("library", [], writeWish(wish)));
    this.#showList();
  }
}

/** "54 methods of 9 families: 31 claims shown, 3 not shown, 20 not run" */
function writeFacts({ methods }: SentLibrary): string {
  const families = new Set(methods.map(({ family }) => family)).size;
  const states = Map.groupBy(methods, claimStateOf);
  const claims = claimStates.flatMap((state) => {
    const count = states.get(state)?.length ?? 0;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  const groups = families === 1 ? "1 family" : `${families} families`;
  return `${counted(methods.length, "method")} of ${groups}; claims: ${claims.join(", ")}`;
}
