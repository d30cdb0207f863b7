/// <reference lib="dom" />
/**
 * The groups, one under another: which line is whose, what each has come to by one measure, and by how much it
 * differs from the reference. Each can be put aside, and each can be the reference.
 */
import type { comparisonDocument } from "../../../cluster/documents.ts";
import { create, element, setText } from "../dom.ts";
import { type Sent, told } from "../documents.ts";
import { KeyedList, type Row } from "../keyed_list.ts";
import { showSwatch } from "../laboratory/series_style.ts";
import { significant } from "../measures.ts";
import { writeAmount, writeDifference, writeInterval, writeName } from "./amounts.ts";
import { type Estimate, EstimatePlot, type Scale, scaleOf } from "./estimate_plot.ts";
import { type Group, keyOf } from "./groups.ts";
import { MeasureChoice } from "./measure_choice.ts";
import type { Wish } from "./wish.ts";

export type SentComparison = Sent<typeof comparisonDocument>;
type SentGroup = SentComparison["groups"][number];
type SentDifference = NonNullable<SentGroup["difference"]>;

/** What the reader can do with a group. */
export interface GroupChoices {
  readonly onMeasure: (measure: string) => void;
  readonly onReference: (group: Group) => void;
  /** Draw it, or no longer. */
  readonly onToggle: (group: Group) => void;
}

interface GroupLine {
  readonly group: Group;
  readonly isDrawn: boolean;
  /** Whether the differences are from it, and whether they are to be. */
  readonly isReference: boolean;
  readonly isChosen: boolean;
  readonly measure: string;
  readonly estimate: Estimate | undefined;
  readonly scale: Scale | undefined;
  readonly difference: SentDifference | undefined;
  readonly differenceScale: Scale | undefined;
}

/** See the file's head. */
export class GroupsPanel {
  readonly #choice: MeasureChoice;
  readonly #measure = element("#compare-groups-measure", HTMLElement);
  readonly #reference = element("#compare-groups-reference", HTMLElement);
  readonly #note = element("#compare-groups-note", HTMLElement);
  readonly #rows: KeyedList<GroupLine>;

  constructor(choices: GroupChoices) {
    this.#choice = new MeasureChoice("#compare-measure", choices.onMeasure);
    this.#rows = new KeyedList(
      element("#compare-groups", HTMLElement),
      ({ group: { key } }) => key,
      ({ group }) => new GroupRow(group.key, choices),
    );
  }

  /**
   * @param drawn the keys of those that are drawn
   * @param comparison undefined as long as nothing is known of it
   * @param wish what the reader has chosen: the comparison of that may be under way
   */
  show(
    groups: readonly Group[],
    drawn: ReadonlySet<string>,
    comparison: SentComparison | undefined,
    wish: Pick<Wish, "measure" | "reference">,
  ): void {
    const { metric = "", metrics = [], reference = null } = comparison ?? {};
    const found = new Map(comparison?.groups.map((group) => [keyOf(group), group]));
    const shown = groups.filter(({ key }) => drawn.has(key)).flatMap(({ key }) =>
      found.get(key) ?? []
    );
    const scale = scaleOf(shown.map(estimateOf));
    const differenceScale = scaleOf(
      shown.flatMap(({ difference }) => difference ? [differenceEstimate(difference)] : []),
      0,
    );
    const referenceKey = reference ? keyOf(reference) : undefined;
    const wishedKey = wish.reference ? keyOf(wish.reference) : undefined;
    const chosenKey = groups.some(({ key }) => key === wishedKey) ? wishedKey : referenceKey;
    this.#rows.show(groups.map((group): GroupLine => {
      const sent = found.get(group.key);
      return {
        group,
        isDrawn: drawn.has(group.key),
        isReference: group.key === referenceKey,
        isChosen: group.key === chosenKey,
        measure: metric,
        estimate: sent && estimateOf(sent),
        scale,
        difference: sent?.difference ?? undefined,
        differenceScale,
      };
    }));
    const { measure = metric } = wish;
    this.#choice.show(metrics, metrics.includes(measure) ? measure : metric);
    setText(this.#measure, metric ? writeName(metric) : "Result");
    const referenceLabel = groups.find(({ key }) => key === referenceKey)?.label;
    setText(this.#reference, referenceLabel ? `Difference from ${referenceLabel}` : "Difference");
    setText(this.#note, comparison ? writeNote(comparison, shown) : "Loading …");
  }
}

const estimateOf = ({ mean, interval, values }: SentGroup): Estimate => ({
  mean: told(mean),
  interval: toldInterval(interval),
  values: values.map(told),
});

const differenceEstimate = ({ value, interval }: SentDifference): Estimate => ({
  mean: told(value),
  interval: toldInterval(interval),
  values: [],
});

function toldInterval(interval: SentGroup["interval"]): readonly [number, number] | undefined {
  return interval ? [told(interval[0]), told(interval[1])] : undefined;
}

/** What must be known to read the numbers, as far as there are such numbers. */
function writeNote({ metric, metrics }: SentComparison, shown: readonly SentGroup[]): string {
  const differences = shown.flatMap(({ difference }) => difference ?? []);
  if (metrics.length > 0 && metric === "") return "No run has come to this measure.";
  if (shown.length === 0) return "Nothing is finished that could be compared.";
  const parts = [
    "Each tick is a seed, the line is the 95 % interval of their mean (Student’s t).",
    differences.some(({ by }) => by === "paired")
      ? "Differences are taken seed by seed, with a 95 % bootstrap interval: of fewer than six seeds it is " +
        "narrower than it says."
      : "",
    differences.some(({ by }) => by === "independent")
      ? "Where no seed is in both, a difference is that of the means, without an interval."
      : "",
  ];
  return parts.filter(Boolean).join(" ");
}

class GroupRow implements Row<GroupLine> {
  readonly element = create("tr");
  readonly #radio = create("input");
  readonly #toggle = create("button");
  readonly #swatch = create("i", "swatch");
  readonly #label = create("span");
  readonly #seeds = create("span", "line second");
  readonly #mean = create("span", "line");
  readonly #interval = create("span", "line second");
  readonly #plot = new EstimatePlot();
  readonly #difference = create("span", "line");
  readonly #differenceInterval = create("span", "line second");
  readonly #differencePlot = new EstimatePlot();
  readonly #effect = create("span", "line");
  readonly #by = create("span", "line second");
  #group: Group | undefined;

  constructor(key: string, choices: GroupChoices) {
    this.#radio.type = "radio";
    this.#radio.name = "reference";
    this.#radio.value = key;
    this.#radio.addEventListener("change", () => {
      if (this.#group) choices.onReference(this.#group);
    });
    this.#toggle.type = "button";
    this.#toggle.append(this.#swatch, this.#label);
    this.#toggle.addEventListener("click", () => {
      if (this.#group) choices.onToggle(this.#group);
    });
    const head = create("th");
    head.scope = "row";
    head.append(this.#toggle, this.#seeds);
    const cell = (className: string, ...contents: Node[]) => {
      const made = create("td", className);
      made.append(...contents);
      return made;
    };
    this.element.append(
      head,
      cell("number", this.#mean, this.#interval),
      cell("plot", this.#plot.element),
      cell("number", this.#difference, this.#differenceInterval),
      cell("plot", this.#differencePlot.element),
      cell("number effect", this.#effect, this.#by),
      cell("choice", this.#radio),
    );
  }

  show(line: GroupLine): void {
    const { group, isDrawn, isChosen, measure, estimate } = line;
    const { label, category, run } = group;
    this.#group = group;
    this.element.dataset.drawn = String(isDrawn);
    this.#radio.checked = isChosen;
    this.#radio.disabled = !estimate;
    this.#radio.ariaLabel = `Compare the others with ${label}`;
    this.#toggle.ariaPressed = String(isDrawn);
    this.#toggle.title = `${isDrawn ? "Do not draw" : "Draw"} it · ${run}`;
    setText(this.#label, label);
    showSwatch(this.#swatch, category);
    setText(this.#seeds, estimate ? writeSeeds(estimate.values.length) : "not finished");
    setText(this.#mean, estimate ? writeAmount(measure, estimate.mean) : "–");
    setText(this.#interval, writeInterval(measure, estimate?.interval));
    this.#plot.show(isDrawn ? estimate : undefined, line.scale, category);
    this.#showDifference(line);
  }

  #showDifference({ group, isDrawn, isReference, measure, ...line }: GroupLine): void {
    const { difference, differenceScale } = line;
    const estimate = difference && differenceEstimate(difference);
    setText(
      this.#difference,
      estimate ? writeDifference(measure, estimate.mean) : isReference ? "reference" : "–",
    );
    setText(this.#differenceInterval, writeInterval(measure, estimate?.interval));
    this.#difference.dataset.clear = String(isClear(estimate));
    this.#difference.title = isClear(estimate) ? "The interval does not hold 0" : "";
    this.#differencePlot.show(isDrawn ? estimate : undefined, differenceScale, group.category);
    const effect = told(difference?.effect);
    setText(this.#effect, Number.isFinite(effect) ? `g ${significant(effect)}` : "");
    setText(this.#by, difference ? writePairs(difference) : "");
  }
}

/** Whether there is a difference as far as the interval can tell. */
function isClear(estimate: Estimate | undefined): boolean {
  if (!estimate?.interval) return false;
  const [low, high] = estimate.interval;
  return low > 0 || high < 0;
}

const writeSeeds = (count: number) => `${count} ${count === 1 ? "seed" : "seeds"}`;

const writePairs = ({ by, pairs }: SentDifference) =>
  by === "paired" ? `${pairs} ${pairs === 1 ? "pair" : "pairs"}` : "of means";
