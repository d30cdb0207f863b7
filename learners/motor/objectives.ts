/**
 * The losses of Rinaldo et al. 2024 (arXiv 2401.14057, released code) and which parameters each trains.
 *
 * Means run over trials, time and coordinates (or actuators, or units); e = hand − target in metres.
 * - P1 = mean |e|
 * - P2 = mean (10 e)²/10
 * - E = mean u²
 * - R = Σ over hidden layers of mean h² + 0.05 mean ((h_{t+1} − h_t)/dt)²
 */
import type { ParameterGroup } from "../../controllers/motor_network.ts";

/** Weights of the terms of one loss. */
export interface LossWeights {
  /** of P1 */
  readonly positionL1: number;
  /** of P2 */
  readonly positionSquared: number;
  /** of E */
  readonly effort: number;
  /** of R */
  readonly activity: number;
}

/** Weight of the squared change of hidden activity against its square. */
export const activityChangeWeight = 0.05;

/**
 * A: accuracy and smooth activity. B: large errors and effort. The balanced loss is their mean, term by
 * term.
 */
export const losses = {
  accuracy: { positionL1: 5, positionSquared: 0, effort: 0, activity: 0.02 },
  economy: { positionL1: 0, positionSquared: 5, effort: 2, activity: 0 },
  balanced: { positionL1: 2.5, positionSquared: 2.5, effort: 1, activity: 0.01 },
} as const satisfies Record<string, LossWeights>;

export type LossName = keyof typeof losses;

/** A loss and the share of its gradient that each group of parameters takes. */
export interface RoutedLoss {
  readonly name: LossName;
  readonly weights: LossWeights;
  readonly share: (group: ParameterGroup) => number;
}

const everywhere = (name: LossName): RoutedLoss => ({
  name,
  weights: losses[name],
  share: () => 1,
});

const oneStream = (name: LossName, stream: number): RoutedLoss => ({
  name,
  weights: losses[name],
  share: (group) => group === "shared" ? 0.5 : group === stream ? 1 : 0,
});

/**
 * What a network is trained on. `specialised`: accuracy trains the left hemisphere, economy the right,
 * half of each the merge and the output layer.
 */
export const objectives = {
  specialised: [oneStream("accuracy", 0), oneStream("economy", 1)],
  balanced: [everywhere("balanced")],
  accuracy: [everywhere("accuracy")],
  economy: [everywhere("economy")],
} as const satisfies Record<string, readonly RoutedLoss[]>;

export type ObjectiveName = keyof typeof objectives;

export const objectiveNames = Object.keys(objectives) as ObjectiveName[];

/** The terms of the losses on one roll-out. */
export interface LossTerms {
  readonly positionL1: number;
  readonly positionSquared: number;
  readonly effort: number;
  readonly activity: number;
}

/** The loss with these weights. */
export function totalLoss(terms: LossTerms, weights: LossWeights): number {
  return weights.positionL1 * terms.positionL1 +
    weights.positionSquared * terms.positionSquared +
    weights.effort * terms.effort +
    weights.activity * terms.activity;
}
