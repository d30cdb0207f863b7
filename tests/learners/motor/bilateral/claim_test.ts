/** The checks of the study and the paper's claims, on results made up and on those of the reference run. */
import assert from "node:assert/strict";
import type { Outcomes } from "../../../../learners/method.ts";
import {
  checks,
  marginOf,
  otherHand,
  paperClaims,
  preferredHand,
} from "../../../../learners/motor/bilateral/checks.ts";
import {
  bilateralClaim,
  type Finding,
  findings,
  trainingLength,
} from "../../../../learners/motor/bilateral/claim.ts";
import { metricNames } from "../../../../learners/motor/bilateral/metrics.ts";
import { referenceOutcomes } from "../../../../learners/motor/bilateral/reference.ts";
import { isJudged } from "../../../../learners/outcomes.ts";
import { changed, onlyVariants, withSeeds } from "./support.ts";

/** What the reference run gave, with as many seeds as it takes to judge all. */
const reference = withSeeds(referenceOutcomes(2000), 6);

const find = (all: readonly Finding[], words: string): Finding => {
  const found = all.filter(({ check }) => check.statement.includes(words));
  assert.equal(found.length, 1, `${found.length} checks say "${words}"`);
  return found[0];
};

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} ≠ ${expected}`);

Deno.test("on the reference run's numbers the checks that its card says hold do, and no others fail", () => {
  const judged = findings(checks, reference);
  assert.ok(judged.every(isJudged), "all can be judged");
  const failing = judged.filter(({ margin }) => margin < 0).map(({ check }) => check.statement);
  // After 2000 updates the strong form of the claim does not hold for holding.
  assert.deepEqual(failing, [
    "hold: bicc-bal is more accurate than the less accurate hand, at most 0.85 of its final error",
    "hold: bicc-bal is as accurate as the more accurate hand, within one pooled deviation",
    "hold: bicc-spec is more accurate than the less accurate hand, at most 0.85 of its final error",
    "hold: bicc-spec is as accurate as the more accurate hand, within one pooled deviation",
  ]);
});

Deno.test("quantities are worked out from the means, margins in units of the effect asked for", () => {
  const judged = findings(checks, reference);
  const accuracy = find(judged, "reach: training for A makes more accurate");
  close(accuracy.value, 2.76 / 4.12);
  close(accuracy.margin, (0.85 - 2.76 / 4.12) / 0.85);
  close(find(judged, "hold: training for B makes more economical").value, 0.013 / 0.188);
  const callosum = find(judged, "reach: bicc-bal is more accurate than bi-bal");
  close(callosum.value, 2.82 / 3.31);
  close(callosum.margin, (1 - 2.82 / 3.31) / 0.05);
  close(find(judged, "hold: the halves of bicc-spec differ in drive").value, 4.8);
  close(find(judged, "reach: the halves of bi-bal do not").value, 0.25);
  const harm = find(judged, "reach: every cut hurts bicc-spec more than bicc-bal");
  close(harm.value, (32.9 - 2.94) / (22.5 - 2.82));
  close(find(judged, "reach: bicc-bal has at most 0.7").value, 1192 / 1798);
});

Deno.test("a difference within one pooled deviation is one of so many standard deviations over seeds", () => {
  const three = withSeeds(referenceOutcomes(2000), 3);
  const { value, margin } = find(findings(checks, three), "reach: bicc-bal is as accurate");
  close(value, 0.06 / Math.sqrt((0.31 ** 2 + 0.23 ** 2) / 2));
  close(margin, 1 - value);
});

Deno.test("without a spread over seeds nothing is within a deviation, and nothing is beyond it", () => {
  const equal = ["reach-uni-a", "reach-bicc-bal"].reduce(
    (outcomes, variant) => changed(outcomes, variant, () => ({ finalError: 0.1 + 0.2 })),
    reference,
  );
  assert.ok(!isJudged(find(findings(checks, equal), "reach: bicc-bal is as accurate")));
});

Deno.test("intervals are of what each seed finds alone, which a difference in deviations is not", () => {
  const three = findings(checks, withSeeds(referenceOutcomes(2000), 3));
  const { value, interval } = find(three, "reach: training for A makes more accurate");
  assert.ok(interval);
  const [low, high] = [(2.76 - 0.31) / (4.12 - 0.23), (2.76 + 0.31) / (4.12 + 0.23)];
  assert.ok(interval[0] >= low - 1e-9 && interval[1] <= high + 1e-9);
  assert.ok(interval[0] < value && value < interval[1]);
  assert.equal(find(three, "reach: bicc-bal is as accurate").interval, undefined);
});

Deno.test("beside each finding stands the reference run's after as many updates, and after no others", () => {
  const updated = (updates: number): Outcomes =>
    Object.keys(reference).reduce(
      (outcomes, variant) => changed(outcomes, variant, () => ({ [metricNames.updates]: updates })),
      reference,
    );
  const beside = (updates: number, words: string) =>
    find(findings(checks, updated(updates)), words).reference;
  close(beside(2000, "reach: training for A makes more accurate"), 2.76 / 4.12);
  close(beside(8000, "reach: training for A makes more accurate"), 1.62 / 2.5);
  close(beside(700, "reach: the halves of bi-spec differ in drive"), 3.06);
  assert.ok(Number.isNaN(beside(700, "hold: the halves of bi-spec differ in drive")));
  assert.ok(Number.isNaN(beside(1234, "reach: training for A makes more accurate")));
  assert.equal(trainingLength(updated(2000)), "after 2000 updates");
  assert.match(bilateralClaim(updated(2000)).statement, /after 2000 updates/);
});

Deno.test("one seed, and two, prove nothing; a callosum takes five", () => {
  for (
    const [seeds, judgedChecks] of [[1, 0], [2, 0], [3, checks.length - 4], [5, checks.length]]
  ) {
    const judged = findings(checks, withSeeds(reference, seeds)).filter(isJudged);
    assert.equal(judged.length, judgedChecks, `${seeds} seeds`);
  }
  const one = bilateralClaim(withSeeds(reference, 1));
  assert.equal(isJudged(one), false);
  assert.equal(one.holds, false);
});

Deno.test("what is compared is paired: only seeds that all variants have in common count", () => {
  const [left, right] = ["reach-uni-a", "reach-uni-b"];
  const apart: Outcomes = {
    ...reference,
    [right]: reference[right].map((outcome) => ({ ...outcome, seed: outcome.seed + 4 })),
  };
  const finding = find(findings(checks, apart), "reach: training for A makes more accurate");
  assert.deepEqual(finding.seeds, [4, 5]);
  assert.ok(!isJudged(finding));
  const errors = (variant: string, seed: number) =>
    apart[variant].find((outcome) => outcome.seed === seed)!.result.metrics.finalError;
  close(
    finding.value,
    (errors(left, 4) + errors(left, 5)) / (errors(right, 4) + errors(right, 5)),
  );
});

Deno.test("reach alone shows no crossing: the paper's claims need both tasks", () => {
  const reach = onlyVariants(reference, (variant) => variant.startsWith("reach-"));
  assert.equal(findings(paperClaims, reach).filter(isJudged).length, 0);
  assert.ok(findings(checks, reach).some(isJudged));
  const hold = onlyVariants(reference, (variant) => variant.startsWith("hold-"));
  assert.equal(findings(paperClaims, hold).filter(isJudged).length, 0);
});

Deno.test("a check fails where the numbers do", () => {
  const turned = changed(reference, "reach-bi-spec", () => ({ [metricNames.specialisation]: 1.2 }));
  const { margin } = find(findings(checks, turned), "reach: the halves of bi-spec differ in drive");
  close(margin, (1.2 - 2) / 2);
  const negative = changed(
    reference,
    "hold-bi-bal",
    () => ({ [metricNames.specialisation]: -1.5 }),
  );
  close(find(findings(checks, negative), "hold: the halves of bi-bal do not").margin, -0.5);
  const robust = changed(
    reference,
    "hold-bi-spec",
    () => ({ [metricNames.lesion("low-right", "finalError")]: 0.06 }),
  );
  assert.ok(find(findings(checks, robust), "hold: every cut hurts bi-spec").margin < 0);
  const accurate = changed(reference, "hold-bicc-bal", () => ({ finalError: 0.02 }));
  const better = findings(checks, accurate);
  assert.ok(find(better, "hold: bicc-bal is more accurate than the less").margin > 0);
  assert.ok(find(better, "hold: bicc-bal is as accurate as the more").margin > 0);
});

Deno.test("the dominant hand is for reaching, the other one for holding", () => {
  assert.deepEqual([preferredHand("A", "reach"), preferredHand("A", "hold")], ["uni-a", "uni-b"]);
  assert.deepEqual([preferredHand("B", "reach"), preferredHand("B", "hold")], ["uni-b", "uni-a"]);
  assert.deepEqual([otherHand("A", "reach"), otherHand("B", "reach")], ["uni-b", "uni-a"]);
});

Deno.test("of the paper's claims the crossing shows between measures, and not by one for both tasks", () => {
  const shows = findings(paperClaims, reference).map(({ check: { group, statement }, margin }) =>
    [`${group}: ${statement}`, margin >= 0] as const
  );
  const crossings = shows.filter(([words]) => words.includes("each hand is better"));
  assert.deepEqual(crossings.filter(([, holds]) => holds).map(([words]) => words), [
    "The paper, with A as the dominant system: each hand is better than the other on its preferred " +
    "task (reach by final error, hold by stillness)",
    "The paper, with B as the dominant system: each hand is better than the other on its preferred " +
    "task (reach by effort, hold by final error)",
  ]);
  assert.equal(crossings.length, 6);
  const bothTasks = shows.filter(([words]) => words.includes("on both tasks one bilateral model"));
  assert.deepEqual(bothTasks.map(([, holds]) => holds), [false, false, false, false]);
  const together = shows.slice(-2);
  assert.deepEqual(together.map(([, holds]) => holds), [true, true]);
});

Deno.test("one bilateral model has to win on both tasks: two that win on one each do not", () => {
  // Hold's preferred hand under B is A's, 2.95 cm; reach's is B's, 4.12 cm, and has to be better than A's.
  const winner = (variant: string, error: number) => (outcomes: Outcomes) =>
    changed(outcomes, variant, () => ({ finalError: error }));
  const won = (...steps: ((outcomes: Outcomes) => Outcomes)[]) =>
    findings(paperClaims, steps.reduce((outcomes, step) => step(outcomes), reference))
      .find(({ check }) =>
        check.group.includes("with B") && check.statement.includes("(by final error)") &&
        check.statement.includes("on both tasks one bilateral")
      )!.margin >= 0;
  assert.ok(won(winner("reach-bicc-bal", 0.02), winner("hold-bicc-bal", 0.02)));
  assert.ok(!won(winner("reach-bicc-bal", 0.02), winner("hold-bi-bal", 0.02)));
});

Deno.test("the claim stands on the study's own checks; the paper's labels only report", () => {
  const claim = bilateralClaim(reference);
  assert.equal(claim.parts.length, checks.length + paperClaims.length);
  const own = claim.parts.slice(0, checks.length);
  assert.equal(claim.margin, Math.min(...own.map(({ margin }) => margin)));
  assert.equal(claim.holds, false);

  const passing = ["bicc-bal", "bicc-spec"].reduce(
    (outcomes, model) => changed(outcomes, `hold-${model}`, () => ({ finalError: 0.025 })),
    reference,
  );
  const shown = bilateralClaim(passing);
  assert.ok(shown.holds);
  assert.ok(shown.parts.some((part) => isJudged(part) && !part.holds), "a label contradicts");
});

Deno.test("margins grow into the direction asked for", () => {
  for (const check of [...checks, ...paperClaims]) {
    const toward = check.side === "above" ? 0.5 : -0.5;
    assert.ok(marginOf(check, check.bound + toward) > 0, check.statement);
    assert.ok(marginOf(check, check.bound - toward) < 0, check.statement);
    close(marginOf(check, check.bound), 0);
    assert.ok(Number.isNaN(marginOf(check, NaN)));
  }
});
