/** Roll-outs by pieces: what a piece depends on, how copies are cut, and what survives the way over the wire. */
import assert from "node:assert/strict";
import { GaussianPolicy } from "../../../learners/rl/gaussian_policy.ts";
import { decodeStart, encodeStart, pieceOf, tensorsOf } from "../../../learners/rl/ppo_pieces.ts";
import { canBeShared, planOf, type PpoWork } from "../../../learners/rl/ppo_work.ts";
import {
  joinedCopies,
  type RollOutPiece,
  type RollOutPlan,
  RollOuts,
  type RollOutStart,
  someCopies,
} from "../../../learners/rl/roll_out.ts";
import { noMoments, observeBatch } from "../../../learners/rl/running_moments.ts";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import { largestPiece } from "../../../learners/actors.ts";
import { encodePiece } from "../../../agents/rollouts/piece.ts";
import { stepCounter, targetGuessing } from "./small_environments.ts";

const work: PpoWork = {
  kind: "ppo",
  task: "ArmReacher",
  policy: "plain",
  units: 8,
  layers: 2,
  activation: "tanh",
  callosum: "learned-linear",
  copies: 5,
  copiesOfPiece: 2,
  rolloutLength: 60, // longer than an episode
  seed: 4,
};

/** The first roll-out of a plan, its policy as it is initialised. */
function firstStart(plan: RollOutPlan): RollOutStart {
  const moments = noMoments(plan.policy.network.inputs);
  observeBatch(moments, Float64Array.from({ length: 3 * moments.mean.length }, (_, i) => i % 7));
  return {
    iteration: 0,
    policyParameters: plan.policy.initialParameters(9),
    moments,
    environment: new RollOuts(plan).begin(11),
  };
}

function rolledOut(plan: RollOutPlan, start: RollOutStart, order: readonly number[]) {
  const rollOuts = new RollOuts(plan);
  const pieces: RollOutPiece[] = [];
  for (const piece of order) pieces[piece] = rollOuts.perform(piece, start);
  return pieces;
}

Deno.test("a piece is the same whoever does it, in whatever order, and how often", () => {
  const plan = planOf(work);
  const start = firstStart(plan);
  const expected = rolledOut(plan, start, [0, 1, 2]);
  assert.deepEqual(rolledOut(planOf(work), start, [2, 0, 2, 1, 0]), expected);
  assert.deepEqual(expected.map(({ copies }) => copies), [2, 2, 1]);
});

Deno.test("episodes go on in the next roll-out, also where another process does it", () => {
  const plan = planOf(work);
  const whole = firstStart(plan);
  const rollOuts = new RollOuts(plan);
  const next = (start: RollOutStart) => {
    const pieces = [0, 1, 2].map((piece) => rollOuts.perform(piece, start));
    const environment = joinedCopies(pieces.map((piece) => piece.environment));
    return { pieces, start: { ...start, iteration: start.iteration + 1, environment } };
  };
  const first = next(whole);
  const second = next(first.start);
  assert.deepEqual(rolledOut(plan, first.start, [1, 2, 0]), second.pieces);
  // 50 steps an episode: the first of them ended after 50, the next ones 10 steps before the 120th.
  const ends = (pieces: RollOutPiece[]) => pieces[0].truncated.filter(Boolean).length;
  assert.deepEqual([ends(first.pieces), ends(second.pieces)], [2, 2]);
  assert.equal(first.pieces[0].truncated[49 * 2], 1);
  assert.equal(second.pieces[0].truncated[39 * 2], 1);
});

Deno.test("noise and episodes of a copy are its own: two copies never see the same", () => {
  const plan = planOf(work);
  const [first, second] = rolledOut(plan, firstStart(plan), [0, 1, 2]);
  const column = ({ actions }: RollOutPiece, copy: number) =>
    actions.filter((_, i) => i % 2 === copy);
  const seen = [first, first, second, second].map((piece, i) => column(piece, i % 2).join());
  assert.equal(new Set(seen).size, 4);
});

Deno.test("what an episode ended in is kept, although the next one has begun", () => {
  const copies = 3;
  const policy = new GaussianPolicy(
    new Perceptron({
      inputs: 1,
      hidden: [4],
      outputs: 1,
      activation: "tanh",
      outputActivation: "none",
    }),
  );
  const cut = { copies, copiesOfPiece: 3, rolloutLength: 8, seed: 1 };
  const plan: RollOutPlan = { environments: (count) => stepCounter(count, 3), policy, ...cut };
  const start = { ...firstStart(plan), moments: noMoments(1) };
  const { observations, ends } = new RollOuts(plan).perform(0, start);
  const ofFirst = observations.filter((_, i) => i % copies === 0);
  assert.deepEqual([...ofFirst], [0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual([...ends], [3, 3, 3, 3, 3, 3]);
});

Deno.test("copies put together are what was cut apart", () => {
  const environment = targetGuessing(5);
  environment.reset(3, 7);
  environment.step(new Float64Array(5));
  const all = environment.save();
  const parts = [[0, 2], [2, 2], [4, 1]].map(([first, count]) => someCopies(all, first, count));
  assert.deepEqual(parts.map(({ first }) => first), [7, 9, 11]);
  assert.deepEqual(joinedCopies(parts), all);
});

Deno.test("starts and pieces arrive with all their bits", () => {
  const plan = planOf(work);
  const start = firstStart(plan);
  const bytes = encodeStart(start);
  const arrived = decodeStart(bytes, plan);
  assert.deepEqual(arrived, start);
  assert.deepEqual(encodeStart(arrived), bytes);
  const pieces = rolledOut(plan, start, [0, 1, 2]);
  const sent = pieces.map((piece, number) => pieceOf(tensorsOf(piece, plan), plan, number, 11));
  assert.deepEqual(sent, pieces);
});

Deno.test("what is no start, or no piece of the plan, is refused by name", () => {
  const plan = planOf(work);
  const start = firstStart(plan);
  const other = planOf({ ...work, units: 16 });
  assert.throws(
    () => decodeStart(encodeStart(start), other),
    /RangeError: .* numbers of Float64Array as "policy"/,
  );
  const tensors = tensorsOf(new RollOuts(plan).perform(0, start), plan);
  assert.throws(() => pieceOf(tensors, plan, 2, 11), /RangeError: .* "observations"/);
});

Deno.test("pieces are cut to what fits into a message", () => {
  const large = { ...work, task: "PandaReach", copies: 64, copiesOfPiece: 64 } as const;
  const plan = planOf({ ...large, rolloutLength: 128 });
  assert.ok(plan.copiesOfPiece < 64, `${plan.copiesOfPiece}`);
  assert.ok(canBeShared(plan));
  const piece = new RollOuts(plan).perform(0, firstStart(plan));
  const heading = { actor: "actor", order: 1, piece: 0, weights: 1, labels: {} };
  const { length } = encodePiece({ ...heading, tensors: tensorsOf(piece, plan) });
  assert.ok(length <= largestPiece && length > largestPiece / 3, `${length} bytes`);
});

Deno.test("what is one piece, or too long for a message, is not shared", () => {
  assert.equal(canBeShared(planOf(work)), true);
  assert.equal(canBeShared(planOf({ ...work, copiesOfPiece: 5 })), false);
  assert.equal(canBeShared(planOf({ ...work, rolloutLength: 100_000 })), false);
});

Deno.test("pieces without copies are refused", () => {
  const plan = { ...planOf(work), copiesOfPiece: 0 };
  assert.throws(() => new RollOuts(plan), /RangeError: 0 copies of a piece/);
});
