/// <reference lib="dom" />
/** What stands above every view: whether the server is there, whether results differ, what one may do. */
import type { Laboratory } from "../../../cluster/protocol.ts";
import { type LineState, writeLost } from "../connection.ts";
import { element, setText } from "../dom.ts";
import { writeLink } from "./words.ts";

/** Everything that concerns the laboratory as a whole. */
export class Strip {
  readonly #name = element("#laboratory-name", HTMLElement);
  readonly #lineState = element("#line-state", HTMLElement);
  readonly #notice = element("#notice", HTMLElement);
  readonly #alarms = element("#alarms-link", HTMLAnchorElement);
  readonly #onlyLooks = element("#only-looks", HTMLElement);
  #line: LineState = { kind: "connecting" };
  #laboratory: Laboratory | undefined;

  showLine(line: LineState): void {
    this.#line = line;
    document.documentElement.dataset.connection = line.kind;
    this.#showState();
  }

  /** Whether the page's orders are carried out. */
  showRights(mayControl: boolean): void {
    this.#onlyLooks.hidden = mayControl;
  }

  show(laboratory: Laboratory): void {
    this.#laboratory = laboratory;
    document.documentElement.dataset.link = laboratory.link.state;
    setText(this.#name, laboratory.name);
    this.#name.title = laboratory.name;
    const { total } = laboratory.alarms;
    this.#alarms.dataset.level = total > 0 ? "warning" : "quiet";
    setText(
      this.#alarms,
      total === 0 ? "No alarms" : `${total} ${total === 1 ? "alarm" : "alarms"}`,
    );
    this.#showState();
  }

  #showState(): void {
    const [state, text, level] = this.#words();
    setText(this.#lineState, state);
    setText(this.#notice, text);
    this.#notice.title = text;
    this.#notice.dataset.level = level;
  }

  #words(): readonly [state: string, text: string, level: "quiet" | "warning"] {
    const laboratory = this.#laboratory;
    if (this.#line.kind === "lost") return ["Disconnected", writeLost(this.#line), "warning"];
    if (this.#line.kind === "connecting" || !laboratory) {
      return ["Connecting", "Waiting for the laboratory …", "quiet"];
    }
    const { link, workers } = laboratory;
    const isAway = link.state === "away";
    return [
      isAway ? "Server away" : "Connected",
      writeLink(link, workers),
      isAway ? "warning" : "quiet",
    ];
  }
}
