/**
 * What MIP is compared with: the four combinations of its two ingredients under both optimisers, the opposite coding
 * of γ, other learning rates, and the paper's ablations.
 */
import type { HypernetworkForm } from "../nn/hypernetwork.ts";
import { type Coding, mostKnobs } from "./payload_task.ts";

/** How θ comes from γ. */
export const parametrisations = {
  "mip": { encoding: "cos-sin", additive: true },
  "default": { encoding: "none", additive: false },
  "encoding": { encoding: "cos-sin", additive: false },
  "additive": { encoding: "none", additive: true },
  "complement": { encoding: "complement", additive: true },
} as const satisfies Record<string, Pick<HypernetworkForm, "encoding" | "additive">>;

const parametrisationWords: Readonly<Record<keyof typeof parametrisations, string>> = {
  "mip": "the method: constant-norm encoding, additive output",
  "default": "the default parametrisation: γ itself, a last bias of zeros",
  "encoding": "the constant-norm encoding alone",
  "additive": "the additive output alone",
  "complement": "γ and 1 − γ in place of the constant-norm encoding, additive output",
};

/** What a variant is, as far as it is not the usual. */
interface Choices
  extends Partial<Pick<HypernetworkForm, "hidden" | "activation" | "normalisation">> {
  readonly coding?: Coding;
  readonly knobs?: number;
  /** The configuration's unless given. */
  readonly learningRate?: number;
}

/** What is trained, and how. */
export interface Variant extends Choices {
  readonly parametrisation: keyof typeof parametrisations;
  readonly optimiser: "sgd" | "adam";
  readonly description: string;
}

const optimiserWords = {
  "sgd": "gradient descent with Nesterov's momentum",
  "adam": "Adam",
} as const;

/** These parametrisations under these optimisers, as `<parametrisation>-<optimiser><suffix>`. */
function variantsFor(
  which: readonly Variant["parametrisation"][],
  optimisers: readonly Variant["optimiser"][],
  suffix = "",
  choices: Choices = {},
  words = "",
): Record<string, Variant> {
  return Object.fromEntries(
    which.flatMap((parametrisation) =>
      optimisers.map((optimiser): [string, Variant] => [
        `${parametrisation}-${optimiser}${suffix}`,
        {
          parametrisation,
          optimiser,
          ...choices,
          description: `${parametrisationWords[parametrisation]}; ${
            optimiserWords[optimiser]
          }${words}`,
        },
      ])
    ),
  );
}

const both = ["mip", "default"] as const;

/** The four combinations of the two ingredients, under both optimisers. */
export const ingredients = variantsFor(["mip", "default", "encoding", "additive"], ["sgd", "adam"]);

export const lightFirst = variantsFor(
  both,
  ["sgd", "adam"],
  "-light-first",
  { coding: "light-first" },
  "; γ = 0 is no payload",
);

export const rates = {
  ...variantsFor(both, ["sgd"], "-0.003", { learningRate: 0.003 }, " at a rate of 0.003"),
  ...variantsFor(both, ["sgd"], "-0.03", { learningRate: 0.03 }, " at a rate of 0.03"),
};

/** The paper's ablations, and an encoding that is not of constant norm. */
const ablations = {
  ...variantsFor(["complement"], ["adam"]),
  ...variantsFor(both, ["adam"], "-tanh", { activation: "tanh" }, "; tanh in the hypernetwork"),
  ...variantsFor(both, ["adam"], "-silu", { activation: "silu" }, "; SiLU in the hypernetwork"),
  ...variantsFor(
    both,
    ["adam"],
    "-batch-norm",
    { normalisation: "batch" },
    "; batch normalisation in the hypernetwork",
  ),
  ...variantsFor(
    both,
    ["adam"],
    "-layer-norm",
    { normalisation: "layer" },
    "; layer normalisation in the hypernetwork",
  ),
  ...variantsFor(both, ["adam"], "-2-knobs", { knobs: 2 }, "; γ of payload and gravity"),
  ...variantsFor(
    both,
    ["adam"],
    "-4-knobs",
    { knobs: mostKnobs },
    "; γ of payload, gravity, viscosity and the upper arm's mass",
  ),
  ...variantsFor(both, ["adam"], "-shallow", { hidden: [32] }, "; one hidden layer of 32 units"),
  ...variantsFor(
    both,
    ["adam"],
    "-deep",
    { hidden: [16, 64, 128] },
    "; hidden layers of 16, 64 and 128 units",
  ),
};

/** All of them, by name. */
export const variants: Readonly<Record<string, Variant>> = {
  ...ingredients,
  ...lightFirst,
  ...rates,
  ...ablations,
};
