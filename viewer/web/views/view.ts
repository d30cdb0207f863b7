/// <reference lib="dom" />
/** What a view of the page is, and what all views are given. */
import type { LaboratoryLine } from "../laboratory/line.ts";
import type { Orders } from "../laboratory/orders.ts";
import type { Themes } from "../theme.ts";

/** A part of the page that fills it, under an address of its own. */
export interface View {
  readonly element: HTMLElement;
  /**
   * Show what the address names; called again when only the rest of the address has changed.
   * @param parameters what stands behind the address's question mark
   * @param path the parts of the address behind the view's name
   */
  show(parameters: URLSearchParams, path: readonly string[]): void;
  /** Another view is shown from now on: nothing needs to be kept up. */
  hide(): void;
}

/** What views stand on. */
export interface PageParts {
  readonly line: LaboratoryLine;
  readonly orders: Orders;
  readonly themes: Themes;
}
