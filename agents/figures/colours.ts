/**
 * The figures' colours: those of Okabe and Ito ("Color universal design", 2008) for categories, viridis for
 * amounts and blue to orange for signed amounts. All can be told apart with any of the common deficiencies
 * of colour vision.
 */
import { largest, smallest } from "./drawing.ts";

/** Okabe and Ito's colours without yellow, which is too faint on white; blue first. */
export const categoryColours = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
];

export const missingColour = "#d9d9d9";

/** Colours for amounts; where both signs occur, 0 is white. */
export function amountScale(amounts: readonly number[]) {
  const [low, high] = [smallest(amounts), largest(amounts)];
  if (low < 0 && high > 0) {
    const extent = Math.max(-low, high);
    return {
      scheme: "blueorange" as const,
      domain: [-extent, extent],
      isDark: (amount: number) => Math.abs(amount) > 0.7 * extent,
    };
  }
  const middle = low + 0.55 * (high - low);
  return {
    scheme: "viridis" as const,
    domain: low === high ? [low - 0.5, high + 0.5] : [low, high],
    isDark: (amount: number) => amount < middle,
  };
}
