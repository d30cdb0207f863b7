/// <reference lib="dom" />
/** The views of the page, in the order of its navigation. A new view is one line here. */
import { ClusterView } from "./cluster.ts";
import { CompareView } from "./compare.ts";
import { LibraryView } from "./library.ts";
import { NowView } from "./now.ts";
import { RunsView } from "./runs.ts";
import type { PageParts, View } from "./view.ts";

/** A view, as the navigation and the addresses know it. */
export interface ViewEntry {
  /** The first part of its address. */
  readonly name: string;
  readonly title: string;
  /** How many parts may follow in its address. */
  readonly pathLength: number;
  readonly open: (page: PageParts) => View;
}

/** The first one is shown at the address that names none. */
export const views: readonly ViewEntry[] = [
  { name: "now", title: "Now", pathLength: 0, open: (page) => new NowView(page) },
  { name: "runs", title: "Runs", pathLength: 1, open: (page) => new RunsView(page) },
  { name: "library", title: "Library", pathLength: 1, open: (page) => new LibraryView(page) },
  { name: "compare", title: "Compare", pathLength: 0, open: (page) => new CompareView(page) },
  { name: "cluster", title: "Cluster", pathLength: 0, open: (page) => new ClusterView(page) },
];
