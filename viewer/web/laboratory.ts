/// <reference lib="dom" />
/**
 * The page of a laboratory: what arrives goes to the parts that show it, and the run that the reader has
 * chosen is asked for. The choice stands in the address, so that it outlives a reload and can be sent to
 * somebody.
 */
import type { Laboratory, LaboratoryEvent } from "../../cluster/protocol.ts";
import { Connection, type LaboratoryConnection } from "./connection.ts";
import { element } from "./dom.ts";
import { RunPanel } from "./laboratory/run_panel.ts";
import { RunsPanel } from "./laboratory/runs_panel.ts";
import { Strip } from "./laboratory/strip.ts";
import { WorkersPanel } from "./laboratory/workers_panel.ts";
import { Themes } from "./theme.ts";

const strip = new Strip();
const workersPanel = new WorkersPanel();
const runsPanel = new RunsPanel((run) => location.hash = run);
const runPanel = new RunPanel(() => watch());
const themes = new Themes();
let laboratory: Laboratory | undefined;
let chosen = "";

const connection: LaboratoryConnection = new Connection("/socket", {
  onOpen: () => watch(),
  onEvent: receive,
  onState: (state) => strip.showLine(state),
});

themes.follow((theme) => runPanel.paint(theme));
element("#theme", HTMLButtonElement).addEventListener("click", () => themes.toggle());
addEventListener("hashchange", () => choose(runInAddress()));
choose(runInAddress());

function receive(event: LaboratoryEvent): void {
  switch (event.type) {
    case "laboratory":
      laboratory = event;
      strip.show(event);
      workersPanel.show(event.workers);
      runsPanel.show(event);
      if (!chosen) chooseForReader(event);
      return;
    case "laboratory-run":
      return runPanel.show(event);
    case "curve":
      return runPanel.add(event);
  }
}

function runInAddress(): string {
  return decodeURIComponent(location.hash.slice(1));
}

/** The run that is worked on, until the reader chooses another one. */
function chooseForReader({ runs: { list } }: Laboratory): void {
  const run = list.find(({ jobs }) => jobs.running > 0) ?? list[0];
  if (run) choose(run.run);
}

function choose(run: string): void {
  chosen = run;
  runsPanel.chosen = run;
  runPanel.begin(run, laboratory?.runs.list.find((summary) => summary.run === run));
  watch();
}

/** Ask for what the reader has chosen. */
function watch(): void {
  connection.send({ type: "watch", run: chosen || null, metric: runPanel.metric });
}
