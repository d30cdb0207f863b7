/** Axes for quantities, linear and logarithmic. */
import { axisTitle, integers, largest, plot, smallest } from "./drawing.ts";

/**
 * An axis for `values`; a `roomy` one ends at round numbers.
 * @param length in pixels
 */
export function quantity(
  field: string,
  title: string,
  values: readonly number[],
  logarithmic: boolean,
  roomy: boolean,
  length = plot.width,
) {
  const axis = {
    title: axisTitle(title, length),
    // On a short axis labels would run into each other, and Vega leave some out.
    ...(length < 250 && { tickCount: length < 200 ? 3 : 4 }),
    ...(logarithmic && logarithmicTicks(values)),
  };
  const domain = [smallest(values), largest(values)];
  if (domain[0] === domain[1]) {
    domain[0] -= Math.abs(domain[0]) / 2 || 0.5;
    domain[1] += Math.abs(domain[1]) / 2 || 0.5;
  }
  return {
    field,
    type: "quantitative" as const,
    axis,
    scale: logarithmic
      ? { type: "log" as const, domain, nice: false }
      : { type: "linear" as const, domain, nice: roomy },
  };
}

/** How far axes go whose units are equally long on both, and how long they are then, in pixels. */
export interface EqualAxes {
  /** Whole pixels. */
  readonly width: number;
  readonly height: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Axes for places that fit into a frame, with some room around. */
export function equalAxes(
  { x, y }: { readonly x: readonly number[]; readonly y: readonly number[] },
  frame: { readonly width: number; readonly height: number },
): EqualAxes {
  const [left, right, bottom, top] = [smallest(x), largest(x), smallest(y), largest(y)];
  const margin = 0.04 * (Math.max(right - left, top - bottom) || 1);
  const across = right - left + 2 * margin;
  const upward = top - bottom + 2 * margin;
  const pixels = Math.min(frame.width / across, frame.height / upward);
  return {
    width: Math.round(pixels * across),
    height: Math.round(pixels * upward),
    x: [left - margin, right + margin],
    y: [bottom - margin, top + margin],
  };
}

/** Powers of ten; 1, 2 and 5 of each where there are few of them; Vega's own where there are none. */
function logarithmicTicks(values: readonly number[]) {
  const [low, high] = [Math.log10(smallest(values)), Math.log10(largest(values))];
  if (high - low < 0.7) return { format: "~g" };
  const decades = integers(Math.floor(low), Math.ceil(high));
  if (high - low < 2) {
    const ticks = decades.flatMap((decade) => [1, 2, 5].map((digit) => digit * 10 ** decade));
    return { values: ticks, format: "~g" };
  }
  const every = Math.ceil(decades.length / 8);
  const shown = decades.filter((decade) => decade % every === 0);
  const labels = shown.map(power);
  return {
    values: shown.map((decade) => 10 ** decade),
    labelExpr: `${JSON.stringify(labels)}[round(log(datum.value) / LN10 / ${every}) - ${
      shown[0] / every
    }]`,
  };
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function power(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]);
  return `10${exponent < 0 ? "⁻" : ""}${digits.join("")}`;
}
