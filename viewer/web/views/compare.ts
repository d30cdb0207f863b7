/// <reference lib="dom" />
/**
 * Any runs over one another: their curves, what their variants have come to and by how much they differ, hand
 * paths, and in what the runs themselves differ. What is compared stands in the address.
 */
import type { comparisonDocument, runsDocument } from "../../../cluster/documents.ts";
import { documentAddress } from "../../../cluster/document_paths.ts";
import type { Laboratory } from "../../../cluster/protocol.ts";
import { Chooser, type SentRuns } from "../compare/chooser.ts";
import { ComparedRun } from "../compare/compared_run.ts";
import { CurvesPanel } from "../compare/curves_panel.ts";
import { firstDrawn, type Group, groupsOf } from "../compare/groups.ts";
import { GroupsPanel, type SentComparison } from "../compare/groups_panel.ts";
import { handPathsOf } from "../compare/hand_paths.ts";
import { measureRows } from "../compare/measure_rows.ts";
import { MeasuresPanel } from "../compare/measures_panel.ts";
import { PathsPanel } from "../compare/paths_panel.ts";
import { SettingsPanel } from "../compare/settings_panel.ts";
import { noWish, readWish, toggleRun, type Wish, writeWish } from "../compare/wish.ts";
import { element } from "../dom.ts";
import { FollowedDocument } from "../run/followed_document.ts";
import { isSettled } from "../run/run_document.ts";
import type { PageParts, View } from "./view.ts";

/** See the file's head. */
export class CompareView implements View {
  readonly element = element("#compare-view", HTMLElement);
  readonly #nothing = element("#no-comparison", HTMLElement);
  readonly #loading = element("#loading-comparison", HTMLElement);
  readonly #comparison = element("#comparison", HTMLElement);
  readonly #chooser = new Chooser((run) => this.#rewish(toggleRun(this.#wish, run)));
  readonly #curves = new CurvesPanel((metric) => this.#rewish({ ...this.#wish, metric }));
  readonly #groups = new GroupsPanel({
    onMeasure: (measure) => this.#rewish({ ...this.#wish, measure }),
    onReference: ({ run, variant }) => this.#rewish({ ...this.#wish, reference: { run, variant } }),
    onToggle: (group) => this.#toggle(group),
  });
  readonly #measures = new MeasuresPanel((measure) => this.#rewish({ ...this.#wish, measure }));
  readonly #paths = new PathsPanel();
  readonly #settings = new SettingsPanel();
  readonly #allRuns = new FollowedDocument<typeof runsDocument>({
    onReply: (reply) => {
      if (reply.kind === "document") this.#runs = reply.document;
      this.#show();
    },
    mayChange: () => true,
  });
  readonly #followed = new FollowedDocument<typeof comparisonDocument>({
    onReply: (reply) => {
      // What was known stays in sight while the server is away.
      if (reply.kind !== "unavailable") {
        this.#compared = reply.kind === "document" ? reply.document : undefined;
      }
      this.#show();
    },
    mayChange: () => this.#members.some(({ document }) => !document || !isSettled(document)),
  });
  #wish: Wish = noWish;
  #members: readonly ComparedRun[] = [];
  #runs: SentRuns | undefined;
  #compared: SentComparison | undefined;
  #comparedAddress = "";
  /** Keys of groups whose place in the drawing the reader has changed. */
  readonly #toggled = new Set<string>();
  /** How the runs stood when they were looked at last. */
  #standing = "";
  #stopListening = () => {};
  #isStale = false;

  constructor(private readonly page: PageParts) {
    page.themes.follow((theme) => {
      this.#curves.paint(theme);
      this.#paths.paint(theme);
    });
  }

  show(parameters: URLSearchParams): void {
    const { line } = this.page;
    this.#stopListening();
    this.#stopListening = line.listen((message) => {
      if (message.type === "laboratory") this.#note(message);
    });
    this.#allRuns.follow(documentAddress.runs);
    // The address without anything leads back to what was compared last.
    this.#rewish(parameters.size > 0 ? readWish(parameters) : this.#wish);
  }

  hide(): void {
    this.#stopListening();
    this.#allRuns.stop();
    this.#followed.stop();
    this.#comparedAddress = "";
    for (const member of this.#members) member.leave();
    this.#members = [];
    // Another one may be asked for when the reader comes back.
    this.#comparison.hidden = true;
  }

  /** Compare something else from now on; no place to come back to. */
  #rewish(wish: Wish): void {
    this.#wish = wish;
    const address = writeWish(wish);
    if (location.hash !== address) history.replaceState(null, "", address);
    const members = new Map(this.#members.map((member) => [member.run, member]));
    this.#members = wish.runs.map((run) =>
      members.get(run) ?? new ComparedRun(run, () => this.#show())
    );
    for (const [run, member] of members) if (!wish.runs.includes(run)) member.leave();
    this.#follow();
    this.#show();
  }

  /** Follow the comparison of what is wished for. */
  #follow(): void {
    const { runs, measure, reference } = this.#wish;
    const address = runs.length > 0
      ? documentAddress.comparison(runs, { metric: measure, reference })
      : "";
    if (address === this.#comparedAddress) return;
    this.#comparedAddress = address;
    if (!address) this.#compared = undefined;
    this.#followed.follow(address);
  }

  #toggle({ key }: Group): void {
    if (!this.#toggled.delete(key)) this.#toggled.add(key);
    this.#show();
  }

  /** The laboratory tells how its runs stand: those that have got on are looked at again. */
  #note({ runs: { list } }: Laboratory): void {
    const standing = JSON.stringify(list.map(({ run, jobs, progress }) => [run, jobs, progress]));
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#allRuns.stir();
    this.#followed.stir();
    const told = new Set(list.map(({ run }) => run));
    for (const member of this.#members) if (told.has(member.run)) member.stir();
  }

  /** With the next display frame: several documents may have come by then. */
  #show(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    requestAnimationFrame(() => {
      this.#isStale = false;
      this.#showNow();
    });
  }

  #showNow(): void {
    const members = this.#members;
    this.#chooser.show(members, this.#runs);
    this.#nothing.hidden = members.length > 0;
    if (members.length === 0) this.#comparison.hidden = true;
    // Colours are given when all runs are known, and until then nothing changes them.
    else if (members.every(({ isAnswered }) => isAnswered)) this.#showComparison();
    this.#loading.hidden = members.length === 0 || !this.#comparison.hidden;
  }

  #showComparison(): void {
    this.#comparison.hidden = false;
    const documents = this.#members.map(({ document }) => document);
    const known = new Map(documents.flatMap((each) => each ? [[each.run, each] as const] : []));
    const groups = groupsOf(documents);
    const drawn = this.#drawnOf(groups);
    const shown = groups.filter(({ key }) => drawn.has(key));
    this.#showCurves(shown);
    this.#groups.show(groups, drawn, this.#compared, this.#wish);
    this.#measures.show(shown, measureRows(shown, known), this.#compared?.metric ?? "");
    this.#paths.show([...known.values()].flatMap(handPathsOf), this.#wish.runs);
    this.#settings.show(documents);
  }

  #drawnOf(groups: readonly Group[]): ReadonlySet<string> {
    const first = firstDrawn(groups);
    return new Set(
      groups.map(({ key }) => key).filter((key) => first.has(key) !== this.#toggled.has(key)),
    );
  }

  #showCurves(groups: readonly Group[]): void {
    const documents = this.#members.flatMap(({ document }) => document ?? []);
    const metrics = metricsOf(documents);
    const metric = this.#wish.metric ?? metrics[0] ?? "";
    const members = new Map(this.#members.map((member) => [member.run, member]));
    for (const member of this.#members) member.draw(metric);
    const curves = groups.map((group) => ({
      group,
      seeds: members.get(group.run)?.curvesOf(group.variant) ?? [],
    }));
    const reason = metrics.length === 0
      ? "Nothing has been measured yet."
      : `No run that is drawn has measured ${metric} yet.`;
    const isLoading = this.#members.some((member) => member.isDrawing);
    this.#curves.show(curves, metrics, metric, isLoading ? "Loading …" : reason);
  }
}

/** What the runs measure while they run; first what all of them do. */
function metricsOf(documents: readonly { readonly metrics: readonly string[] }[]): string[] {
  const all = [...new Set(documents.flatMap(({ metrics }) => metrics))];
  const isCommon = (name: string) => documents.every(({ metrics }) => metrics.includes(name));
  return [...all.filter(isCommon), ...all.filter((name) => !isCommon(name))];
}
