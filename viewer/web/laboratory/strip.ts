/// <reference lib="dom" />
/** The strip under the header: whether the server is there, what went wrong and was mended, alarms. */
import type { Laboratory, ShownAlarm } from "../../../cluster/protocol.ts";
import { type LineState, writeLost } from "../connection.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeLink, writeMore } from "./words.ts";

type Counter = readonly [name: string, count: number];

/** Everything that concerns the laboratory as a whole. */
export class Strip {
  readonly #name = element("#laboratory-name", HTMLElement);
  readonly #lineState = element("#line-state", HTMLElement);
  readonly #notice = element("#notice", HTMLElement);
  readonly #alarmsButton = element("#alarms-button", HTMLButtonElement);
  readonly #moreAlarms = element("#more-alarms", HTMLElement);
  readonly #counters = new KeyedList<Counter>(
    element("#counters", HTMLElement),
    ([name]) => name,
    counterRow,
  );
  readonly #alarms = new KeyedList<ShownAlarm>(
    element("#alarms ul", HTMLElement),
    (alarm) => JSON.stringify(alarm),
    alarmRow,
  );
  #line: LineState = { kind: "connecting" };
  #laboratory: Laboratory | undefined;

  showLine(line: LineState): void {
    this.#line = line;
    document.documentElement.dataset.connection = line.kind;
    this.#showState();
  }

  show(laboratory: Laboratory): void {
    this.#laboratory = laboratory;
    document.documentElement.dataset.link = laboratory.link.state;
    setText(this.#name, laboratory.name);
    this.#counters.show(Object.entries(laboratory.counters));
    const { total, list } = laboratory.alarms;
    this.#alarmsButton.disabled = total === 0;
    setText(
      this.#alarmsButton,
      total === 0 ? "No alarms" : `${total} ${total === 1 ? "alarm" : "alarms"}`,
    );
    this.#alarms.show(list);
    setText(this.#moreAlarms, writeMore(total, list.length, "alarms"));
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

function counterRow([name]: Counter): Row<Counter> {
  const entry = create("div");
  const number = create("dd");
  entry.append(create("dt", "", name), number);
  return {
    element: entry,
    show([, count]) {
      setText(number, String(count));
      entry.dataset.zero = String(count === 0);
    },
  };
}

function alarmRow({ job, workers, backends }: ShownAlarm): Row<ShownAlarm> {
  const item = create("li");
  const [first, second] = workers.map((worker, i) => `${worker} (${backends[i]})`);
  item.append(
    create("span", "line", `${first} against ${second}`),
    create("span", "line second", `job ${job}`),
  );
  return { element: item, show() {} };
}
