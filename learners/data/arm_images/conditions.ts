/**
 * The conditions under which images are taken: where the camera stands, the light, what is in the way,
 * and what the sensor does. The default conditions are the source domain; a domain shift replaces some of
 * them. The same seed under other conditions shows the same scenes.
 */

/** How much each condition varies from image to image. */
export interface Conditions {
  /** Largest shift of the view along each axis, as a share of the image's side; uniform both ways. */
  readonly translation: number;
  /** Largest roll of the camera, and largest tilt against the plane of the arm, rad; uniform. */
  readonly viewpoint: number;
  /** Elevation of the lamp above the plane, rad; uniform between the two. Its azimuth is uniform. */
  readonly lampElevation: readonly [lowest: number, highest: number];
  /** Share of the light that comes from everywhere, 0 … 1; the rest comes from the lamp. */
  readonly ambientLight: number;
  /** How much brighter the lamp's side of the image is than the middle, and darker the other, 0 … 1. */
  readonly lightFalloff: number;
  /** Amplitude of the background's random pattern, as a share of its brightness, 0 … 1. */
  readonly backgroundTexture: number;
  /** Probability that a grey bar, a fifth of the image wide, lies across the scene. */
  readonly occlusion: number;
  /** Standard deviation of the sensor's blur, as a share of the image's side. */
  readonly blur: number;
  /** Contrast about mid-grey, uniform between the two; 1 leaves the image as it is. */
  readonly contrast: readonly [lowest: number, highest: number];
  /** Largest brightness added or taken, 0 … 1; uniform. */
  readonly brightness: number;
  /** Largest gain or loss of each colour channel, 0 … 1; uniform. A grey image has one such channel. */
  readonly colourCast: number;
  /** Standard deviation of each pixel's noise, of a full scale of 1. */
  readonly noise: number;
}

/** Even light, a steady camera, a little noise, and up to 2 pixels of 16 off centre. */
export const sourceConditions: Conditions = {
  translation: 0.125,
  viewpoint: 0.15,
  lampElevation: [0.8, 1.3],
  ambientLight: 0.45,
  lightFalloff: 0,
  backgroundTexture: 0,
  occlusion: 0,
  blur: 0,
  contrast: [0.9, 1.1],
  brightness: 0.05,
  colourCast: 0,
  noise: 0.04,
};

/** The domain shifts by name: what each changes in the source conditions. */
export const domainShifts = {
  /** A low lamp at one side, and little other light. */
  lighting: { lampElevation: [0.15, 0.4], ambientLight: 0.2, lightFalloff: 0.6 },
  /** A poor sensor. */
  noise: { noise: 0.2 },
  /** Something lies in the way. */
  occlusion: { occlusion: 1 },
  /** The camera is turned and tilted by up to half a radian (29°). */
  viewpoint: { viewpoint: 0.5 },
  /** The camera points up to 4 pixels of 16 past its mark. */
  translation: { translation: 0.25 },
  /** A faint image. */
  contrast: { contrast: [0.25, 0.4], brightness: 0.2 },
  /** A patterned table. */
  texture: { backgroundTexture: 0.7 },
  /** Out of focus, by 1 pixel of 16. */
  blur: { blur: 1 / 16 },
  /** Light of another colour. */
  colour: { colourCast: 0.4 },
} as const satisfies Record<string, Partial<Conditions>>;

export type ShiftName = keyof typeof domainShifts;

/**
 * The source conditions with the named shifts and then `changes` applied.
 * @throws {RangeError} when a shift has an unknown name, or a condition an impossible value
 */
export function conditionsOf(
  shifts: readonly ShiftName[],
  changes: Partial<Conditions> = {},
): Conditions {
  const conditions = shifts.reduce<Conditions>((before, name) => {
    if (!Object.hasOwn(domainShifts, name)) {
      throw new RangeError(
        `no domain shift "${name}"; there are ${Object.keys(domainShifts).join(", ")}`,
      );
    }
    return { ...before, ...domainShifts[name] };
  }, sourceConditions);
  const changed = { ...conditions, ...changes };
  for (const [name, value] of Object.entries(changed)) checkCondition(name, value);
  return changed;
}

function checkCondition(name: string, value: number | readonly [number, number]): void {
  const values = typeof value === "number" ? [value] : value;
  if (!values.every((number) => number >= 0 && number < Infinity) || values[0] > values[1]) {
    throw new RangeError(`condition ${name} is ${value}; expected 0 or more, the lower end first`);
  }
}
