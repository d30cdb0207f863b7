/** IMPALA: pieces as functions of number and weights, what lag does, where pieces come from, and claims. */
import assert from "node:assert/strict";
import { JobActors } from "../../../agents/rollouts/job_actors.ts";
import type { JobContext, JobResult, Outcomes } from "../../../learners/method.ts";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import { GaussianPolicy } from "../../../learners/rl/gaussian_policy.ts";
import { Impala, type ImpalaReport, type ImpalaSettings } from "../../../learners/rl/impala.ts";
import {
  impala,
  type ImpalaConfig,
  impalaSchema,
  startImpala,
} from "../../../learners/rl/impala_method.ts";
import {
  encodeWeights,
  freshPieceOf,
  FreshRollOuts,
  impalaWork,
  piecePlanOf,
  prepareImpalaPieces,
  weightsOf,
} from "../../../learners/rl/impala_pieces.ts";
import { LaggedPieces } from "../../../learners/rl/impala_sources.ts";
import { names } from "../../../learners/rl/report.ts";
import type { RollOutPlan } from "../../../learners/rl/roll_out.ts";
import { noMoments } from "../../../learners/rl/running_moments.ts";
import type { PolicyName } from "../../../learners/rl/study.ts";
import { randomStream } from "../../../sim/random.ts";
import { strictBus } from "../../agents/rollouts/buses.ts";
import { Crew, until } from "../../agents/rollouts/crew.ts";
import { stepCounter, targetGuessing } from "./small_environments.ts";

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);

/** Ten pieces of ArmReacher. */
const small = { steps: 1000, copies: 2, units: 8 };

const reacher = (settings: Partial<ImpalaConfig> = {}, seed = 1): Impala =>
  startImpala("vtrace", impalaSchema.parse({ ...small, ...settings }), seed);

async function iterated(impala: Impala, times: number): Promise<ImpalaReport[]> {
  const reports: ImpalaReport[] = [];
  while (reports.length < times) reports.push(await impala.iterate());
  return reports;
}

const work = {
  kind: "impala",
  task: "ArmReacher",
  policy: "plain",
  units: 8,
  layers: 2,
  activation: "tanh",
  callosum: "learned-linear",
  copies: 3,
  rolloutLength: 50,
  seed: 5,
} as const;

/** Weights of the policy of `work`. */
function someWeights(plan: RollOutPlan, seed: number): Float64Array {
  const random = randomStream(seed, "tests/impala");
  const moments = noMoments(plan.policy.network.inputs);
  moments.mean.forEach((_, row) => moments.mean[row] = random.normal());
  return weightsOf({ policyParameters: plan.policy.initialParameters(seed), moments });
}

Deno.test("a piece is a function of its number and of the weights", () => {
  const plan = piecePlanOf(work);
  const [some, other] = [someWeights(plan, 1), someWeights(plan, 2)];
  const rollOuts = new FreshRollOuts(plan);
  const piece = rollOuts.perform(4, some);
  assert.notDeepEqual(rollOuts.perform(4, other), piece);
  assert.notDeepEqual(rollOuts.perform(5, some), piece);
  assert.deepEqual(rollOuts.perform(4, some), piece);
  assert.deepEqual(new FreshRollOuts(plan).perform(4, some), piece);
});

Deno.test("a piece is whole episodes, and no two pieces have the same ones", () => {
  const rollOuts = new FreshRollOuts(piecePlanOf(work));
  const weights = someWeights(rollOuts.plan, 1);
  const starts = new Set<string>();
  for (const number of [0, 1, 2]) {
    const { truncated, observations } = rollOuts.perform(number, weights);
    truncated.forEach((cut, at) => assert.equal(cut, Number(at >= 49 * 3)));
    for (let copy = 0; copy < 3; copy++) {
      starts.add(String(observations.filter((_, at) => at < 10 * 3 && at % 3 === copy)));
    }
  }
  assert.equal(starts.size, 9);
});

Deno.test("a piece done elsewhere is that done here, to the last bit", () => {
  const plan = piecePlanOf(work);
  const weights = someWeights(plan, 1);
  const elsewhere = prepareImpalaPieces({ ...work, firstPiece: 10 });
  const expected = new FreshRollOuts(plan).perform(13, weights);
  const { environment, ...piece } = freshPieceOf(elsewhere(3, encodeWeights(weights)), plan);
  const { environment: { state, steps, episodes }, ...others } = expected;
  assert.deepEqual(piece, others);
  assert.deepEqual(
    [environment.state, environment.steps, environment.episodes],
    [state, steps, episodes],
  );
  assert.throws(
    () => elsewhere(3, encodeWeights(weights.subarray(1))),
    /RangeError: the state of a training has \d+ numbers of Float64Array as "weights"; expected \d+/,
  );
});

Deno.test("a piece has as many copies as fit into a message", () => {
  const { copies, copiesOfPiece } = piecePlanOf({ ...work, copies: 65_536 });
  assert.ok(copies < 65_536 && copies > 50, `${copies}`);
  assert.equal(copiesOfPiece, copies);
});

for (const policy of ["plain", "unilateral", "bilateral"] as const satisfies PolicyName[]) {
  Deno.test(`${policy}: without lag the policy agrees with all that it has done, with lag it does not`, async () => {
    for (const { agreement, lag } of await iterated(reacher({ policy, lag: 0 }), 4)) {
      assert.equal(agreement, 1);
      assert.equal(lag, 0);
    }
    const late = await iterated(reacher({ policy, lag: 2 }), 5);
    assert.deepEqual(late.map(({ lag }) => lag), [0, 1, 2, 2, 2]);
    assert.equal(late[0].agreement, 1);
    for (const { agreement } of late.slice(1)) assert.ok(agreement < 1 && agreement > 0.5);
  });

  Deno.test(`${policy}: the same seed gives the same numbers, another one others`, async () => {
    const run = async (seed: number) => {
      const impala = reacher({ policy, lag: 1 }, seed);
      return [await iterated(impala, 3), impala.save()];
    };
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });

  Deno.test(`${policy}: a training goes on from where it was saved, bit for bit, older weights included`, async () => {
    const whole = reacher({ policy, lag: 3 });
    await iterated(whole, 5);
    const saved = structuredClone(whole.save());
    const expected = await iterated(whole, 4);
    const resumed = reacher({ policy, lag: 3 });
    await iterated(resumed, 2); // what it has done before does not matter
    resumed.restore(saved);
    assert.equal(resumed.updates, 5);
    assert.deepEqual(await iterated(resumed, 4), expected);
    assert.deepEqual(resumed.save(), whole.save());
    assert.deepEqual(resumed.staleness, {
      meanLag: (0 + 1 + 2 + 6 * 3) / 9,
      largestLag: 3,
      dropped: 0,
    });
  });
}

Deno.test("a state of another lag, and a lag that is none, are refused", () => {
  const saved = reacher({ lag: 3 }).save();
  assert.throws(
    () => reacher({ lag: 2 }).restore(saved),
    /RangeError: the state of a training has \d+ numbers of Float64Array as "pastWeights"; expected \d+/,
  );
  assert.throws(
    () => new LaggedPieces(piecePlanOf(work), 1.5),
    /RangeError: a lag of 1.5 versions; it should be an integer from 0/,
  );
});

const perceptron = (inputs: number, outputs: number) =>
  new Perceptron({
    inputs,
    hidden: [16],
    outputs,
    activation: "tanh",
    outputActivation: "none",
  });

/** A training on a small environment, of pieces of one episode of each of 16 copies. */
function smallTraining(
  environments: RollOutPlan["environments"],
  settings: Partial<ImpalaSettings>,
): Impala {
  const copies = 16;
  const policy = new GaussianPolicy(perceptron(1, 1));
  const { horizon: rolloutLength } = environments(1).specification;
  const plan = { environments, policy, copies, copiesOfPiece: copies, rolloutLength, seed: 3 };
  return new Impala(plan, perceptron(1, 1), {
    steps: 600 * copies * rolloutLength,
    correction: "vtrace",
    lag: 0,
    importanceLimit: 1,
    traceLimit: 1,
    discount: 0.9,
    traceDecay: 0.97,
    learningRate: 1e-2,
    annealing: true,
    valueCoefficient: 0.5,
    entropyCoefficient: 0,
    gradientNorm: 10,
    bootstrapTimeLimits: true,
    ...settings,
  });
}

for (const lag of [0, 4]) {
  Deno.test(`a policy finds what it is rewarded for, ${lag} versions late`, async () => {
    const impala = smallTraining(targetGuessing, { lag });
    const reports = await iterated(impala, impala.allUpdates);
    const mean = (part: readonly ImpalaReport[]) =>
      part.reduce((sum, { trainingReturn }) => sum + trainingReturn, 0) / part.length;
    const [before, after] = [mean(reports.slice(0, 20)), mean(reports.slice(-20))];
    assert.ok(after > 0.2 * before, `${before} → ${after}`);
    const [first, last] = [reports[0], reports[reports.length - 1]];
    assert.ok(last.entropy < first.entropy - 0.5, "it grows certain");
  });
}

Deno.test("values bootstrapped at the time limit are those of going on for ever, others are not", async () => {
  // Reward 1 a step, γ = 0.9, 10 steps: 10 everywhere, or from 6.513 at the start down to 1 at the end.
  for (const bootstrapTimeLimits of [true, false]) {
    const environments = (copies: number) => stepCounter(copies, 10);
    const impala = smallTraining(environments, {
      steps: 2000 * 160,
      bootstrapTimeLimits,
    });
    await iterated(impala, impala.allUpdates);
    const pass = perceptron(1, 1).pass(10);
    pass.load(impala.valueParameters);
    const { mean: [mean], variance: [variance] } = impala.observationMoments;
    const values = pass.forward(
      Float64Array.from({ length: 10 }, (_, step) => (step - mean) / Math.sqrt(variance)),
    );
    // Rewards are scaled by a number that is the same for all by now.
    const ratio = values[0] / values[9];
    near(ratio, bootstrapTimeLimits ? 1 : 6.513, bootstrapTimeLimits ? 0.1 : 0.65);
  }
});

Deno.test("five versions late V-trace keeps its head, and no correction loses it", async () => {
  const end = async (variant: "vtrace" | "none") => {
    const impala = startImpala(variant, impalaSchema.parse({ lag: 5 }), 1);
    const last = (await iterated(impala, 200)).slice(-20);
    return last.reduce((sum, { trainingReturn }) => sum + trainingReturn / 20, 0);
  };
  const [corrected, not] = [await end("vtrace"), await end("none")];
  assert.ok(corrected > -60 && not < -90, `${corrected}, without correction ${not}`);
});

const asynchronous = impalaSchema.parse({ ...small, asynchronous: true, largestLag: 2, room: 4 });

const jobActors = (bus: ReturnType<typeof strictBus>, actors: number) =>
  new JobActors(bus, { owner: "job", actors, patience: 5000 });

Deno.test("a stream that nobody acts for is learning without lag, bit for bit", async () => {
  using actors = jobActors(strictBus(), 0);
  using streamed = startImpala("vtrace", asynchronous, 1, { actors });
  const alone = reacher({ lag: 0 });
  assert.deepEqual(await iterated(streamed, 4), await iterated(alone, 4));
  assert.deepEqual(streamed.parameters, alone.parameters);
  assert.deepEqual(streamed.staleness, { meanLag: 0, largestLag: 0, dropped: 0 });
});

Deno.test("pieces of actors are never older than they may be, and none is learnt from twice", async () => {
  const bus = strictBus();
  await using crew = new Crew();
  for (const name of ["one", "another"]) crew.hire(bus, name);
  using actors = jobActors(bus, 2);
  await until(() => actors.exchange.actors === 2);
  const taken: number[] = [];
  const watched: NonNullable<JobContext["actors"]> = {
    collect: () => Promise.reject(new Error("a learner that streams does not collect")),
    stream(work, options, weights) {
      const stream = actors.stream(work, options, weights);
      const { firstPiece } = impalaWork.parse(work);
      return {
        counters: stream.counters,
        async next() {
          const next = await stream.next();
          taken.push(firstPiece + next.number);
          return next;
        },
        publish: (newer) => stream.publish(newer),
        [Symbol.dispose]: () => stream[Symbol.dispose](),
      };
    },
  };
  let saved;
  {
    using begun = startImpala("vtrace", asynchronous, 1, { actors: watched });
    await iterated(begun, 12);
    saved = structuredClone(begun.save());
  }
  using resumed = startImpala("vtrace", asynchronous, 1, { actors: watched });
  resumed.restore(saved);
  const reports = await iterated(resumed, 12);
  assert.equal(resumed.updates, 24);
  assert.equal(new Set(taken).size, 24);
  const { meanLag, largestLag, dropped } = resumed.staleness;
  assert.ok(reports.every(({ lag }) => lag <= 2) && largestLag <= 2 && meanLag <= largestLag);
  assert.ok(dropped >= saved.counts.droppedPieces);
});

/** A job of the method, to its end. */
async function resultOf(variant: string, settings: Partial<ImpalaConfig>): Promise<JobResult> {
  const context: JobContext = {
    backend: "of the test",
    signal: new AbortController().signal,
    stream: (name) => randomStream(1, `impala/${name}`),
    file: () => Promise.reject(new Error("no file is asked for")),
    restore: () => undefined,
    checkpoint: () => Promise.resolve(),
  };
  const config = impala.config.parse({ ...impala.profiles.smoke.config, ...settings });
  const job = impala.train({ variant, seed: 1, config }, context);
  for (;;) {
    const { done, value } = await job.next();
    if (done) return value;
  }
}

Deno.test("results say how old what was learnt from was", async () => {
  const { metrics, series } = await resultOf("none", { lag: 3 });
  assert.equal(metrics["largest lag (versions)"], 3);
  near(metrics["mean lag (versions)"], (1 + 2 + 9 * 3) / 12, 1e-12);
  assert.equal(metrics["pieces dropped for their age"], 0);
  assert.equal(metrics[names.steps], 1200);
  assert.equal(series?.["lag"].y.at(-1), 3);
  const { metrics: onPolicy } = await resultOf("on-policy", { lag: 3 });
  assert.equal(onPolicy["largest lag (versions)"], 0);
});

/** Results whose returns are these, random actions come to −40. */
const outcomesOf = (returns: Readonly<Record<string, number>>): Outcomes =>
  Object.fromEntries(
    Object.entries(returns).map(([variant, score]) => {
      const metrics = { [names.return]: score, [names.randomReturn]: -40, [names.steps]: 4e5 };
      return [variant, [{ seed: 1, result: { metrics } }]];
    }),
  );

Deno.test("the claim holds where V-trace leads and loses little by its lag, and fails by its parts", () => {
  const verdicts = (returns: Readonly<Record<string, number>>) =>
    impala.claim(outcomesOf(returns)).parts.map(({ holds, margin }) =>
      Number.isNaN(margin) ? undefined : holds
    );
  const good = { vtrace: -6, "one-step": -8, epsilon: -100, none: -107, "on-policy": -5 };
  assert.deepEqual(verdicts(good), [true, true, true, true, true]);
  assert.deepEqual(verdicts({ ...good, vtrace: -9.5 }), [true, true, true, false, false]);
  assert.deepEqual(verdicts({ ...good, none: -5 }), [true, false, true, true, true]);
  assert.deepEqual(verdicts({ vtrace: -30 }), [false, undefined, undefined, undefined, undefined]);
  assert.deepEqual(verdicts({}), Array(5).fill(undefined));
});

Deno.test("tables set what there is", () => {
  const rows = impala.tables!(outcomesOf({ vtrace: -6, none: -107 })).map(({ rows }) =>
    rows.length
  );
  assert.deepEqual(rows.slice(0, 2), [3, 0]);
  for (const { rows } of impala.tables!({})) assert.deepEqual(rows, []);
  assert.deepEqual(impala.figures({}), []);
});
