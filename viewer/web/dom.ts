/// <reference lib="dom" />
/** Small helpers for the page's elements. Text of the run is only ever set as text. */

/**
 * The element that `selector` names.
 * @throws {TypeError} when the page has none of that kind
 */
export function element<Kind extends Element>(
  selector: string,
  kind: abstract new () => Kind,
): Kind {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new TypeError(`the page has no ${kind.name} ${selector}`);
  return found;
}

/** Set an element's text, leaving the page alone when it is the same already. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A new element with a class and a text. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  text = "",
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** A canvas's drawing context. */
export function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new TypeError("this browser has no 2-D canvas");
  return context;
}

/** Sharp enough for every eye, and bounded where a display has many more pixels. */
export const pixelRatio = () => Math.min(globalThis.devicePixelRatio || 1, 2);
