/// <reference lib="dom" />
/** A run that is compared: its document, and its curves of one metric, as long as somebody looks at them. */
import type { curvesDocument, runDocument } from "../../../cluster/documents.ts";
import { documentAddress } from "../../../cluster/document_paths.ts";
import { type Reply, type Sent, told } from "../documents.ts";
import type { Points } from "../laboratory/mean_curve.ts";
import { FollowedDocument } from "../run/followed_document.ts";
import { isSettled, type SentRun } from "../run/run_document.ts";

type SentCurves = Sent<typeof curvesDocument>;

/** See the file's head. */
export class ComparedRun {
  readonly #document: FollowedDocument<typeof runDocument>;
  readonly #curves: FollowedDocument<typeof curvesDocument>;
  #run: SentRun | undefined;
  #drawn: SentCurves | undefined;
  #problem = "";
  /** Of the curves that are followed; empty before any are. */
  #metric = "";

  /** @param onNews called when anything of it has changed */
  constructor(readonly run: string, private readonly onNews: () => void) {
    this.#document = new FollowedDocument({
      onReply: (reply) => this.#takeRun(reply),
      mayChange: (document) => !isSettled(document),
    });
    this.#curves = new FollowedDocument({
      onReply: (reply) => this.#takeCurves(reply),
      mayChange: () => !this.#run || !isSettled(this.#run),
    });
    this.#document.follow(documentAddress.run(run));
  }

  /** Undefined before it is known, and of what there is not. */
  get document(): SentRun | undefined {
    return this.#run;
  }

  /** Why it is not shown, or not as it is now; empty when all is well. */
  get problem(): string {
    return this.#problem;
  }

  /** Whether it is known by now, or known not to be there. */
  get isAnswered(): boolean {
    return this.#run !== undefined || this.#problem !== "";
  }

  /** Whether curves are asked for that are not there yet. */
  get isDrawing(): boolean {
    return this.#metric !== "" && this.#drawn === undefined && this.#problem === "";
  }

  /** Draw the curves of this metric from now on. */
  draw(metric: string): void {
    if (metric === this.#metric) return;
    this.#metric = metric;
    this.#drawn = undefined;
    if (metric) this.#curves.follow(documentAddress.curves(this.run, metric));
    else this.#curves.stop();
  }

  /** The curves of a variant, one a seed; none before they are there. */
  curvesOf(variant: string): Points[] {
    return (this.#drawn?.list ?? []).filter((curve) => curve.variant === variant)
      .map(({ x, y }) => ({ x: x.map(told), y: y.map(told) }));
  }

  /** Something of it has changed, as somebody has told. */
  stir(): void {
    this.#document.stir();
    this.#curves.stir();
  }

  /** Look at it no longer. */
  leave(): void {
    this.#document.stop();
    this.#curves.stop();
  }

  #takeRun(reply: Reply<SentRun>): void {
    // What was known stays in sight while the server is away.
    if (reply.kind === "document") this.#run = reply.document;
    if (reply.kind === "absent") this.#run = undefined;
    this.#problem = problemOf(reply);
    this.onNews();
  }

  #takeCurves(reply: Reply<SentCurves>): void {
    if (reply.kind === "unavailable") return;
    this.#drawn = reply.kind === "document" ? reply.document : undefined;
    this.onNews();
  }
}

function problemOf(reply: Reply<unknown>): string {
  switch (reply.kind) {
    case "document":
      return "";
    case "absent":
      return "nothing is known of this run; it may have been deleted";
    case "unavailable":
      return reply.message;
  }
}
