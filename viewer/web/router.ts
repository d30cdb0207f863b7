/// <reference lib="dom" />
/**
 * The addresses of the page's views. They stand in the fragment, `#/runs/reste-1?metric=loss`: the browser
 * keeps their history, no server is asked for them, and they can be sent to somebody.
 */
import type { View } from "./views/view.ts";

/** Where in the page the reader is. */
export interface Address {
  /** Empty in the address without any. */
  readonly view: string;
  /** What of the view is shown: the parts between slashes, decoded. */
  readonly path: readonly string[];
  readonly parameters: URLSearchParams;
}

/**
 * The address in a fragment; undefined when it is none.
 * @param fragment as `location.hash` gives it: empty, or from `#` on
 */
export function readAddress(fragment: string): Address | undefined {
  if (fragment === "" || fragment === "#") {
    return { view: "", path: [], parameters: new URLSearchParams() };
  }
  if (!fragment.startsWith("#/")) return undefined;
  const [place, ...query] = fragment.slice("#/".length).split("?");
  try {
    const [view = "", ...path] = place.split("/").filter(Boolean).map(decodeURIComponent);
    return { view, path, parameters: new URLSearchParams(query.join("?")) };
  } catch (error) {
    // A percent sign that encodes nothing.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The fragment of an address, from `#` on. */
export function writeAddress(
  view: string,
  path: readonly string[] = [],
  parameters: Readonly<Record<string, string>> = {},
): string {
  const place = [view, ...path].map(encodeURIComponent).join("/");
  const query = new URLSearchParams(parameters).toString();
  return `#/${place}${query && `?${query}`}`;
}

/** A view and the addresses that lead to it. */
export interface Route {
  /** The address's first part. */
  readonly name: string;
  /** How many parts may follow. */
  readonly pathLength: number;
  readonly view: View;
}

/** Shows the view that the address names, and no other. */
export class Router {
  #shown: View | undefined;

  /**
   * @param routes the first is shown where the address names none
   * @param unknown shown at any other address; its path is the fragment
   * @param onShow told of the view that is shown; undefined at an unknown address
   */
  constructor(
    private readonly routes: readonly Route[],
    private readonly unknown: View,
    private readonly onShow: (name: string | undefined) => void,
  ) {
    for (const { view } of [...routes, { view: unknown }]) view.element.hidden = true;
  }

  /** Go where the address says, now and whenever it changes. */
  start(): void {
    addEventListener("hashchange", () => this.#follow());
    this.#follow();
  }

  #follow(): void {
    const address = readAddress(location.hash);
    const route = address && this.#routeOf(address);
    const view = route?.view ?? this.unknown;
    const isOther = view !== this.#shown;
    if (isOther) this.#leave();
    this.#shown = view;
    view.element.hidden = false;
    if (route) view.show(address.parameters, address.path);
    else view.show(new URLSearchParams(), [location.hash]);
    if (isOther) this.onShow(route?.name);
  }

  #leave(): void {
    if (!this.#shown) return;
    this.#shown.hide();
    this.#shown.element.hidden = true;
  }

  #routeOf({ view, path }: Address): Route | undefined {
    if (view === "" && path.length === 0) return this.routes[0];
    return this.routes.find(({ name, pathLength }) => name === view && path.length <= pathLength);
  }
}
