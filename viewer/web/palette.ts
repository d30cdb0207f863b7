/**
 * Colour scales. Amounts are told by lightness as well as by hue, so that they can be read with any
 * kind of colour vision: sequential scales are viridis (van der Walt & Smith 2015) or mixes in OKLab
 * (Ottosson 2020), signs are blue against orange of equal lightness.
 */

/** sRGB components, 0 … 1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** The colour for an amount. */
export type Scale = (amount: number) => Colour;

const viridisAnchors = [
  0x440154,
  0x482878,
  0x3e4a89,
  0x31688e,
  0x26838f,
  0x1f9d8a,
  0x6cce5a,
  0xb6de2b,
  0xfee825,
].map((hex): Colour => [(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255]);

const clamp = (value: number, lower: number, upper: number) =>
  Math.max(lower, Math.min(upper, value));

/**
 * A part of viridis for amounts from 0 to 1: the ends are left out where they would vanish against the
 * background.
 */
export function viridis(from: number, to: number): Scale {
  return (amount) => {
    const place = (from + (to - from) * clamp(amount, 0, 1)) * (viridisAnchors.length - 1);
    const index = Math.min(Math.floor(place), viridisAnchors.length - 2);
    return mix(viridisAnchors[index], viridisAnchors[index + 1], place - index);
  };
}

/** From `low` at 0 to `high` at 1. */
export function sequential(low: Colour, high: Colour): Scale {
  return (amount) => mix(low, high, clamp(amount, 0, 1));
}

/** From `minus` at −1 over `zero` to `plus` at 1. */
export function diverging(minus: Colour, zero: Colour, plus: Colour): Scale {
  return (amount) => mix(zero, amount < 0 ? minus : plus, clamp(Math.abs(amount), 0, 1));
}

/** As a CSS colour. */
export function css([red, green, blue]: Colour, alpha = 1): string {
  const byte = (part: number) => Math.round(255 * clamp(part, 0, 1));
  return `rgb(${byte(red)} ${byte(green)} ${byte(blue)} / ${alpha})`;
}

/** The colour `share` of the way from `a` to `b`, even to the eye (OKLab). */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const [from, to] = [toOklab(a), toOklab(b)];
  return fromOklab(from.map((part, i) => part + (to[i] - part) * share));
}

const toLinear = (part: number) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
const toGamma = (part: number) =>
  part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055;

function toOklab(colour: Colour): number[] {
  const [r, g, b] = colour.map(toLinear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
  ];
}

function fromOklab([lightness, a, b]: number[]): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3;
  const part = (value: number) => toGamma(clamp(value, 0, 1));
  return [
    part(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    part(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    part(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s),
  ];
}
