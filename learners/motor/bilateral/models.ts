/**
 * The models of the study: which network each is, and what it is trained on. Rinaldo et al. 2024
 * (arXiv 2401.14057) compare networks of equal units, which gives the bilateral ones a third fewer
 * parameters; the matched controls are unilateral networks of their size.
 */
import type { CallosumName } from "../../../controllers/callosum.ts";
import { cells, defaultCell } from "../../../controllers/cells.ts";
import { MotorNetwork, type MotorNetworkConfig } from "../../../controllers/motor_network.ts";
import { type ObjectiveName, objectives, type RoutedLoss } from "../objectives.ts";

/** One model. */
export interface StudyModel {
  readonly kind: "unilateral" | "bilateral";
  /** Of a bilateral network: whether its hemispheres are coupled. */
  readonly callosum: boolean;
  readonly objective: ObjectiveName;
  /** Whether it has about the bilateral networks' number of parameters rather than their units. */
  readonly matched: boolean;
  readonly meaning: string;
}

const unilateral = (objective: ObjectiveName, meaning: string, matched = false): StudyModel => ({
  kind: "unilateral",
  callosum: false,
  objective,
  matched,
  meaning,
});

const bilateral = (
  objective: "balanced" | "specialised",
  callosum: boolean,
  meaning: string,
): StudyModel => ({ kind: "bilateral", callosum, objective, matched: false, meaning });

/** Every model by name. A: accuracy and smooth activity. B: large errors and effort. */
export const models = {
  "uni-a": unilateral("accuracy", "one network, trained for accuracy (loss A)"),
  "uni-b": unilateral("economy", "one network, trained for economy (loss B)"),
  "uni-bal": unilateral("balanced", "one network, trained on both losses' mean"),
  "bi-bal": bilateral("balanced", false, "two hemispheres, both trained on the losses' mean"),
  "bi-spec": bilateral("specialised", false, "two hemispheres, left trained by A, right by B"),
  "bicc-bal": bilateral(
    "balanced",
    true,
    "two hemispheres with callosum, both on the losses' mean",
  ),
  "bicc-spec": bilateral(
    "specialised",
    true,
    "two hemispheres with callosum, left by A, right by B",
  ),
  "matched-a": unilateral("accuracy", "uni-a with the bilateral networks' parameters", true),
  "matched-b": unilateral("economy", "uni-b with the bilateral networks' parameters", true),
  "matched-bal": unilateral("balanced", "uni-bal with the bilateral networks' parameters", true),
} as const satisfies Readonly<Record<string, StudyModel>>;

export type ModelName = keyof typeof models;

export const modelNames = Object.keys(models) as ModelName[];

/** Whether a model has two hemispheres. */
export const isBilateral = (model: ModelName): boolean => models[model].kind === "bilateral";

/** The sizes that models of one study share. */
export interface NetworkSizes extends
  Pick<
    MotorNetworkConfig,
    "layers" | "hemispheres" | "inputs" | "outputs" | "outputActivation"
  > {
  /** Units of one layer of the whole network. */
  readonly units: number;
  /** What couples the hemispheres of the models with a callosum. */
  readonly callosum: Exclude<CallosumName, "none">;
}

/**
 * The number of parameters without those of a callosum that learns, with H(m) = (inputs + 1) m +
 * (K − 1)(m² + m) for a stack of K layers of m units: unilateral H(U) + (U + 1) outputs, bilateral
 * 2 H(n) + 2 + (n + 1) outputs with n = ⌊U/2⌋. Cells of p parts, of which d are driven by what enters the
 * layer and r by its state, have H(m) = (d inputs + p) m + r m² + (K − 1)((d + r) m² + p m).
 */
export function parameterCount(
  kind: StudyModel["kind"],
  { units, layers, hemispheres = defaultCell, inputs, outputs }: Pick<
    NetworkSizes,
    "units" | "layers" | "hemispheres" | "inputs" | "outputs"
  >,
): number {
  const { parts, driven, recurrent } = cells[hemispheres];
  const layer = (entering: number, m: number) => (driven * entering + recurrent * m + parts) * m;
  const stack = (m: number) => layer(inputs, m) + (layers - 1) * layer(m, m);
  if (kind === "unilateral") return stack(units) + (units + 1) * outputs;
  const half = Math.floor(units / 2);
  return 2 * stack(half) + 2 + (half + 1) * outputs;
}

/** The fewest units with which a unilateral network has no fewer parameters than the bilateral one. */
export function matchedUnits(sizes: NetworkSizes): number {
  const wanted = parameterCount("bilateral", sizes);
  let units = 1;
  while (parameterCount("unilateral", { ...sizes, units }) < wanted) units++;
  return units;
}

/** The network of a model. */
export function networkOf(name: ModelName, sizes: NetworkSizes): MotorNetwork {
  const { kind, callosum, matched }: StudyModel = models[name];
  return new MotorNetwork({
    ...sizes,
    kind,
    units: matched ? matchedUnits(sizes) : sizes.units,
    callosum: callosum ? sizes.callosum : "none",
  });
}

/** The losses of a model, with what each of them trains. */
export function lossesOf(name: ModelName): readonly RoutedLoss[] {
  return objectives[models[name].objective];
}
