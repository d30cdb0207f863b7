/// <reference lib="dom" />
/** The runs that only a folder of the server's machine knows, each a link to it. */
import type { runsDocument } from "../../../cluster/documents.ts";
import type { RunMarks } from "../compare/run_marks.ts";
import type { Sent } from "../documents.ts";
import { create, element, setText } from "../dom.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { writeMoment, writeMore } from "../laboratory/words.ts";
import { writeAddress } from "../router.ts";

type SentRuns = Sent<typeof runsDocument>;
type SentEntry = SentRuns["list"][number];

/** Runs that are listed; the others are found by their addresses. */
const listed = 50;

/** See the file's head. */
export class KeptRuns {
  readonly #part = element("#kept-runs-part", HTMLElement);
  readonly #more = element("#more-kept-runs", HTMLElement);
  readonly #rows = new KeyedList<SentEntry>(
    element("#kept-runs", HTMLElement),
    ({ run }) => run,
    ({ run }) => this.#row(run),
  );
  #runs: readonly SentEntry[] = [];
  #chosen = "";

  constructor(private readonly marks: RunMarks) {}

  /** The newest of them; empty when there is none. */
  get newest(): string {
    return this.#runs[0]?.run ?? "";
  }

  /** The run that is shown. */
  set chosen(run: string) {
    this.#chosen = run;
    this.#rows.show(this.#runs);
  }

  show({ list }: SentRuns): void {
    const kept = list.filter(({ source }) => source === "folder");
    this.#part.hidden = kept.length === 0;
    this.#runs = kept.slice(0, listed);
    this.#rows.show(this.#runs);
    setText(this.#more, writeMore(kept.length, this.#runs.length, "runs"));
  }

  #row(run: string): Row<SentEntry> {
    const item = create("li");
    const link = create("a");
    link.href = writeAddress("runs", [run]);
    link.title = run;
    const title = create("span", "line");
    const state = create("span");
    const what = create("span", "line second");
    const time = create("span", "line second");
    link.append(title, state, what, time);
    item.append(this.marks.box(run), link);
    return {
      element: item,
      show: (entry) => {
        link.ariaCurrent = String(run === this.#chosen);
        setText(title, entry.title);
        setText(state, entry.state === "unknown" ? "" : entry.state);
        setText(what, entry.kind === "sim" ? `${entry.task}, ${entry.controller}` : run);
        setText(time, writeMoment(entry.began, new Date()));
      },
    };
  }
}
