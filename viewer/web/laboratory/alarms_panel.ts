/// <reference lib="dom" />
/** Jobs of which two workers have come to different results. */
import type { Laboratory, ShownAlarm } from "../../../cluster/protocol.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeMore } from "./words.ts";

/** The panel of the alarms. */
export class AlarmsPanel {
  readonly #nothing = element("#no-alarms", HTMLElement);
  readonly #more = element("#more-alarms", HTMLElement);
  readonly #rows = new KeyedList<ShownAlarm>(
    element("#alarms", HTMLElement),
    (alarm) => JSON.stringify(alarm),
    row,
  );

  show({ total, list }: Laboratory["alarms"]): void {
    this.#rows.show(list);
    setText(this.#more, writeMore(total, list.length, "alarms"));
    this.#nothing.hidden = total > 0;
  }
}

function row({ job, workers, backends }: ShownAlarm): Row<ShownAlarm> {
  const item = create("li");
  const [first, second] = workers.map((worker, i) => `${worker} (${backends[i]})`);
  item.append(
    create("span", "line", `${first} against ${second}`),
    create("span", "line second", `job ${job}`),
  );
  return { element: item, show() {} };
}
