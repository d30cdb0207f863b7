/// <reference lib="dom" />
/** A method of the library in detail: what it is, what its newest finished run says, and a form to queue a run. */
import type { runDocument } from "../../../cluster/documents.ts";
import { documentAddress } from "../../../cluster/document_paths.ts";
import { writeAmount, writeInterval, writeName } from "../compare/amounts.ts";
import { told } from "../documents.ts";
import { create, element, setText } from "../dom.ts";
import { type Tile, Tiles } from "../laboratory/tiles.ts";
import { MethodClaim } from "../library/claim_panel.ts";
import {
  claimStateOf,
  headlineOf,
  type Score,
  type SentMethod,
} from "../library/method_document.ts";
import { QueueForm } from "../library/queue_form.ts";
import { MethodScores } from "../library/scores_panel.ts";
import { capital, counted, paperAddress, writeJobCost, writeParts } from "../library/words.ts";
import { writeDuration } from "../measures.ts";
import { writeAddress } from "../router.ts";
import { FiguresPanel } from "../run/figures_panel.ts";
import { FollowedDocument } from "../run/followed_document.ts";
import { Change } from "../run/panel.ts";
import { isSettled } from "../run/run_document.ts";
import type { PageParts } from "./view.ts";

/** See the file's head. */
export class MethodPart {
  readonly element = element("#library-method", HTMLElement);
  readonly #note = create("p", "nothing");
  readonly #about = create("div", "about");
  readonly #findings = create("dl", "tiles");
  readonly #tiles = new Tiles(this.#findings);
  readonly #claim = new MethodClaim();
  readonly #scores = new MethodScores();
  readonly #figures = new FiguresPanel("method-figures");
  readonly #columns = create("div", "method-columns");
  readonly #orders = create("div");
  readonly #change = new Change();
  readonly #formChange = new Change();
  readonly #followed = new FollowedDocument<typeof runDocument>({
    onReply: (reply) => {
      if (reply.kind === "unavailable") return;
      const run = reply.kind === "document" ? reply.document : undefined;
      this.#figures.show(run?.kind === "library" ? run : null);
    },
    mayChange: (run) => !isSettled(run),
  });
  #form: QueueForm | undefined;
  /** The run whose figures are shown. */
  #run = "";

  constructor(private readonly page: PageParts) {
    const results = create("div", "method-results");
    results.append(this.#claim.element, this.#scores.element, this.#figures.element);
    this.#columns.append(results, this.#orders);
    this.element.append(this.#note, this.#about, this.#findings, this.#columns);
    page.themes.follow((theme) => this.#figures.paint(theme));
  }

  /** @param note what is said where there is no method */
  show(method: SentMethod | undefined, note: string): void {
    setText(this.#note, method ? "" : note);
    this.#note.hidden = method !== undefined;
    for (const part of [this.#about, this.#findings, this.#columns]) part.hidden = !method;
    this.#follow(method?.last?.run ?? "");
    if (!method) return;
    this.#showForm(method);
    if (!this.#change.isNew(method)) return;
    this.#about.replaceChildren(...aboutOf(method));
    this.#tiles.show(tilesOf(method));
    this.#claim.show(method);
    this.#scores.show(method);
  }

  hide(): void {
    this.#follow("");
  }

  /** Whether the page's orders are carried out. */
  allow(mayControl: boolean): void {
    this.#form?.allow(mayControl);
  }

  /** Another form only where there is something else to set: the reader may be filling it in. */
  #showForm(method: SentMethod): void {
    if (!this.#formChange.isNew({ ...method, last: null })) return;
    this.#form = new QueueForm(method, this.page.line);
    this.#orders.replaceChildren(this.#form.element);
  }

  #follow(run: string): void {
    if (run === this.#run) return;
    this.#run = run;
    this.#figures.show(null);
    this.#followed.follow(run && documentAddress.run(run));
  }
}

function aboutOf(method: SentMethod): HTMLElement[] {
  const back = create("a", "", "← All methods");
  back.href = writeAddress("library");
  const paper = create("p", "what");
  const address = paperAddress(method.paper);
  const { title, authors, year, venue } = method.paper;
  paper.append(`${authors} (${year}): `, paperTitle(title, address), venue ? `. ${venue}` : "");
  return [back, create("p", "summary", capital(method.summary)), paper];
}

function paperTitle(title: string, address: string | undefined): HTMLElement {
  if (address === undefined) return create("cite", "", title);
  const link = create("a", "", title);
  link.href = address;
  link.rel = "noreferrer";
  return link;
}

function tilesOf(method: SentMethod): Tile[] {
  const { last } = method;
  const claim = { name: "Claim", value: capital(claimStateOf(method)) };
  if (!last) {
    return [{ ...claim, note: counted(method.claim.parts.length, "part") }];
  }
  const headline = headlineOf(method);
  const own = headline?.own;
  return [
    { ...claim, note: writeParts(last), isWarning: claimStateOf(method) === "not shown" },
    ...headline && own ? [scoreTile(headline.metric, own)] : [],
    {
      name: "Cost",
      value: writeDuration(told(last.seconds)),
      note: own ? writeJobCost(last.variants[own.variant].cost) : "",
    },
    {
      name: "Newest finished run",
      value: writeDay(last.began, new Date()),
      note: `${last.profile}, ${last.backend}, ${counted(last.seeds.length, "seed")}`,
      address: writeAddress("runs", [last.run]),
    },
  ];
}

function scoreTile(metric: string, { variant, estimate }: Score): Tile {
  const { mean, interval } = estimate;
  return {
    name: `${capital(writeName(metric))} of ${variant}`,
    value: writeAmount(metric, mean),
    note: interval ? `95 % interval ${writeInterval(metric, interval)}` : "a single seed",
  };
}

/** "24 Nov", with its year unless it is this one, in the reader's way; "–" where nobody knows. */
function writeDay(began: string, now: Date): string {
  const moment = new Date(began);
  if (Number.isNaN(moment.getTime())) return "–";
  const isThisYear = moment.getFullYear() === now.getFullYear();
  const day = { day: "numeric", month: "short" } as const;
  return moment.toLocaleDateString([], isThisYear ? day : { ...day, year: "numeric" });
}
