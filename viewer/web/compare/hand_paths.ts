/**
 * The hand paths among a run's figures: lines in a plane with equal scales, which methods of motor control
 * declare, a panel for each model.
 */
import { told } from "../documents.ts";
import type { Point } from "../kinematics.ts";
import type { SentFigureData, SentRun } from "../run/run_document.ts";

/** The paths of one model. */
export interface ModelPaths {
  readonly run: string;
  /** The figure's title, such as "Hand paths, reach". */
  readonly figure: string;
  /** What the figure calls the model. */
  readonly model: string;
  /** Of one trial each, in the arm's plane, m. */
  readonly paths: readonly (readonly Point[])[];
  readonly starts: readonly Point[];
  readonly goals: readonly Point[];
}

type Panel = Extract<SentFigureData, { kind: "panels" }>["panels"][number];
type Line = Extract<Panel, { kind: "line" }>;
type Trace = Line["traces"][number];

/** The hand paths of `document`, figure by figure; none where its method declares none. */
export function handPathsOf(document: SentRun): ModelPaths[] {
  if (document.kind !== "library") return [];
  return (document.results?.figures.list ?? []).flatMap(({ title, data }) =>
    panelsOf(data).flatMap((panel) => {
      if (panel.kind !== "line" || !panel.equalScales) return [];
      return [{ run: document.run, figure: title, model: panel.title, ...drawnIn(panel) }];
    })
  );
}

function panelsOf(data: SentFigureData | null): readonly Panel[] {
  if (!data) return [];
  return data.kind === "panels" ? data.panels : [data];
}

function drawnIn({ traces, marks = [] }: Line): Pick<ModelPaths, "paths" | "starts" | "goals"> {
  // Traces of one name are of one kind; paths come first, what pulls at the hand after them.
  const paths = traces.filter(({ name }) => name === traces[0]?.name);
  const marked = (name: string) => marks.filter((mark) => mark.name === name).flatMap(pointsOf);
  return { paths: paths.map(pointsOf), starts: marked("start"), goals: marked("goal") };
}

const pointsOf = ({ x, y }: Trace): Point[] => x.map((place, i) => [told(place), told(y[i])]);
