/// <reference lib="dom" />
/**
 * The page of a run: its parts, and where what they show comes from. That is the run on the server, or one
 * that the page computes itself, by agents in its own workers, which need no server once they are there.
 */
import type { RunInHand, TrainingChoice, TrainingOffer } from "../../cluster/in_page.ts";
import { Connection, type LineState, type RunConnection } from "./connection.ts";
import { Controls } from "./controls.ts";
import { element, setText } from "./dom.ts";
import { Lesions } from "./lesions.ts";
import { PageAgents } from "./page_agents.ts";
import { PageRun } from "./page_run.ts";
import { RunView } from "./run_view.ts";
import { Themes } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { TrainingForm } from "./training_form.ts";

/** A few facts for tests and for the curious, readable and nothing more. */
const facts = document.documentElement.dataset;

const themes = new Themes();
const agents: PageAgents = new PageAgents({
  onReady(offer) {
    offered = offer;
    form.load(offer);
    lesions.tasks = offer.shownTasks;
    showPlace();
  },
  onReplayed: (request) => lesions.replayed(request),
  onEnded(run, end) {
    if (run !== pageRun?.name) return;
    pageRun.ended(end);
    showPlace();
  },
  onFailed({ message, request, run }) {
    if (request !== undefined) return lesions.failed(message);
    if (!pageRun || (run !== undefined && run !== pageRun.name)) return console.warn(message);
    pageRun.ended("stopped");
    view.notify({ level: "warning", text: `This page could not go on: ${message}` });
    showPlace();
  },
});
const lesions: Lesions = new Lesions(agents);
const controls: Controls = new Controls({
  send: (command) => {
    if (pageRun) pageRun.send(command);
    else if (!timeline.send(command)) connection.send(command);
  },
  look: (from) => view.look(from),
  toggleTheme: () => themes.toggle(),
  setLogarithmic: (logarithmic) => view.logarithmic = logarithmic,
});
const view: RunView = new RunView({ controls, lesions });
const timeline: Timeline = new Timeline({
  onEvent: (event) => view.receive(event),
  onFrame: (frame) => view.push(frame),
  onLook: () => showPlace(),
  onRecorded: (isRecorded) => controls.canChoose = !isRecorded,
  onTrouble: (text) => view.notify({ level: "warning", text }),
});
const form: TrainingForm = new TrainingForm((choice) => train(choice));
const place = {
  words: element("#place", HTMLElement),
  show: button("#show-here", () => showHere()),
  train: button("#train-here", () => form.open(view.description)),
  stop: button("#stop-here", () => pageRun?.stop()),
  back: button("#back", () => goBack()),
};

let line: LineState = { kind: "connecting" };
/** The run on the server, as far as this page can do its trials itself. */
let inHand: RunInHand | undefined;
/** What the page's agents can do, once they are there. */
let offered: TrainingOffer | undefined;
/** The run that this page computes and shows instead. */
let pageRun: PageRun | undefined;
let trainings = 0;

const connection: RunConnection = new Connection(socketPath(), {
  onOpen() {
    if (!pageRun) view.begin();
    timeline.open();
  },
  onEvent(event) {
    // Another run has another configuration, which follows, and other weights.
    if (event.type === "description" && event.run !== facts.run) {
      facts.run = event.run;
      holdServed(undefined);
    }
    if (!pageRun) timeline.receive(event);
  },
  onFrame(frame) {
    if (!pageRun) timeline.push(frame);
  },
  onConfiguration(configuration) {
    agents.start();
    holdServed({ ...inHand, configuration });
  },
  onWeights(weights) {
    if (inHand) holdServed({ ...inHand, weights });
  },
  onState(state) {
    line = state;
    if (!pageRun) view.line = state;
    showPlace();
  },
});

themes.follow((theme) => {
  view.paint(theme);
  lesions.paint(theme);
  timeline.paint(theme);
});

let before = performance.now();
requestAnimationFrame(function show(now) {
  const seconds = (now - before) / 1000;
  timeline.advance(seconds);
  view.advance(seconds);
  before = now;
  requestAnimationFrame(show);
});

/** The page of a laboratory's job, which its address names, has a line of its own, and a way back. */
function socketPath(): string {
  const job = new URLSearchParams(location.search).get("job");
  if (job === null) return "/socket";
  element("#laboratory", HTMLElement).hidden = false;
  return `/socket?job=${encodeURIComponent(job)}`;
}

function button(selector: string, act: () => void): HTMLButtonElement {
  const found = element(selector, HTMLButtonElement);
  found.addEventListener("click", act);
  return found;
}

function holdServed(next: RunInHand | undefined): void {
  inHand = next;
  if (!pageRun) lesions.hold(next?.weights && next);
  showPlace();
}

/** Train in this page, from the beginning. */
function train(choice: TrainingChoice): void {
  if (!inHand) return;
  const name = `here-${++trainings}-${choice.model}-s${choice.seed}`;
  compute(name, { configuration: inHand.configuration, choice });
  view.begin();
}

/** Go on with the run in this page, with the weights that have come. */
function showHere(): void {
  const { run } = facts;
  if (inHand && run !== undefined) compute(run, inHand);
}

function compute(name: string, next: RunInHand): void {
  pageRun?.close();
  timeline.isStopped = true;
  pageRun = new PageRun(name, agents, next, offered?.shownTasks ?? [], {
    onEvent: (event) => view.receive(event),
    onFrame: (frame) => view.push(frame),
    onInHand: (inHand) => lesions.hold(inHand),
  });
  view.line = { kind: "open" };
  lesions.hold(next.weights && next);
  showPlace();
}

/** Back to the run on the server, which tells everything once more. */
function goBack(): void {
  pageRun?.close();
  pageRun = undefined;
  timeline.isStopped = false;
  view.line = line;
  lesions.hold(inHand?.weights && inHand);
  connection.renew();
  showPlace();
}

/** Say where what is shown comes from, and offer what can be done about it. */
function showPlace(): void {
  const isAble = offered !== undefined && inHand !== undefined;
  const hasWeights = isAble && inHand?.weights !== undefined;
  facts.place = pageRun ? "page" : "server";
  setText(place.words, pageRun ? "in this page" : "");
  place.words.hidden = !pageRun;
  const isShownThere = line.kind !== "lost" && timeline.hasLive;
  place.show.hidden = !hasWeights || pageRun !== undefined || isShownThere;
  place.train.hidden = !isAble || pageRun?.isTraining === true;
  place.stop.hidden = pageRun?.isTraining !== true;
  place.back.hidden = !pageRun;
}
