/** How measures and times are written: labels, units and digits. */

interface Form {
  readonly label: string;
  readonly unit: string;
  /** Shown number per SI number. */
  readonly factor: number;
  readonly digits: number;
  /** The value of a minimum-jerk movement, where it has one (Flash & Hogan 1985). */
  readonly minimumJerk?: number;
}

const form = (
  label: string,
  unit: string,
  factor: number,
  digits: number,
  minimumJerk?: number,
): Form => ({ label, unit, factor, digits, minimumJerk });

const forms: Readonly<Record<string, Form>> = {
  endpointError: form("Endpoint error", "cm", 100, 2),
  finalError: form("Final error", "cm", 100, 2),
  meanError: form("Mean error", "cm", 100, 2),
  meanAbsoluteError: form("Mean absolute error", "cm", 100, 2),
  movementTime: form("Movement time", "s", 1, 2),
  straightness: form("Straightness", "", 1, 3, 1),
  peakSpeed: form("Peak speed", "m/s", 1, 2),
  peakSpeedShare: form("Time of peak", "", 1, 2, 0.5),
  ldlj: form("LDLJ", "", 1, 2, -4.41),
  sparc: form("SPARC", "", 1, 2, -1.406),
  drift: form("Drift", "cm", 100, 2),
  maximalDisplacement: form("Displacement", "cm", 100, 2),
  returnTime: form("Time to return", "s", 1, 2),
  endSpeed: form("End speed", "m/s", 1, 3),
  effort: form("Effort", "", 1, 3),
  settlingTime: form("Settling time", "s", 1, 2),
  overshoot: form("Overshoot", "cm", 100, 2, 0),
  maximalDeviation: form("Deviation from line", "cm", 100, 2, 0),
  signedArea: form("Area from line", "cm²", 1e4, 1),
  initialDirectionError: form("Initial direction", "°", 180 / Math.PI, 1, 0),
  speedPeaks: form("Speed peaks", "", 1, 0, 1),
  pathTravelled: form("Path length", "cm", 100, 1),
  pathRatio: form("Path ratio", "", 1, 2),
  peakAcceleration: form("Peak acceleration", "m/s²", 1, 1),
  onset: form("Onset", "s", 1, 2),
  weightedActivation: form("Activation", "", 1, 3),
  work: form("Work", "J", 1, 2),
  coContraction: form("Co-contraction", "N m", 1, 2),
  rootMeanSquareForce: form("Muscle force", "N", 1, 0),
  coordinationIndex: form("Coordination", "", 1, 2),
};

/** The measures that are shown at once; the others are one click away. */
const primary = [
  "endpointError",
  "straightness",
  "peakSpeed",
  "peakSpeedShare",
  "ldlj",
  "sparc",
  "drift",
  "maximalDisplacement",
  "returnTime",
  "effort",
];

/** The measures to show at once and the others, each in a fixed order, unknown ones last. */
export function sortMeasures(names: readonly string[]): { first: string[]; others: string[] } {
  const place = (name: string) => Object.keys(forms).indexOf(name) >>> 0;
  const sorted = [...names].sort((a, b) => place(a) - place(b));
  const first = sorted.filter((name) => primary.includes(name));
  return { first, others: sorted.filter((name) => !first.includes(name)) };
}

/** A measure, ready to be shown. */
export interface WrittenMeasure {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  /** The same measure of a minimum-jerk movement; empty where there is none to compare with. */
  readonly minimumJerk: string;
}

/** A measure in words; one that is not known here keeps its name and its SI value. */
export function writeMeasure(name: string, value: number): WrittenMeasure {
  const { label, unit, factor, digits, minimumJerk } = isKnownMeasure(name)
    ? forms[name]
    : form(spaced(name), "", 1, 3);
  return {
    label,
    value: Number.isFinite(value) ? signed(value * factor, digits) : "–",
    unit,
    minimumJerk: minimumJerk === undefined ? "" : signed(minimumJerk * factor, digits),
  };
}

/** Whether a measure has a label and a unit here. */
export const isKnownMeasure = (name: string) => Object.hasOwn(forms, name);

/** With a fixed number of digits and a true minus sign. */
export function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Three significant digits. */
export const significant = (value: number) =>
  Number.isFinite(value) ? value.toPrecision(3).replace("-", "−") : "–";

/** "movementTime" as "Movement time". */
export function spaced(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[-_]/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A duration as a person would say it: "45 s", "3 min 20 s", "2 h 5 min". */
export function writeDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
