/**
 * The page's parts that need no browser: kinematics, muscle paths, playback, colours, words, addresses,
 * what a laboratory has told.
 */
import assert from "node:assert/strict";
import { arms } from "../../sim/arms/catalogue.ts";
import type { Frame } from "../../cluster/frame.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { type LaboratoryRun, watch } from "../../cluster/protocol.ts";
import { ThinnedSeries } from "../../cluster/thinned_series.ts";
import { callosalSource } from "../../viewer/web/callosal_source.ts";
import {
  chainPoints,
  handPoint,
  musclePath,
  type Point,
  reach,
  reachableBorder,
} from "../../viewer/web/kinematics.ts";
import { measures, minimumJerkReference } from "../../sim/measures/catalogue.ts";
import {
  isKnownMeasure,
  signed,
  sortMeasures,
  writeDuration,
  writeMeasure,
} from "../../viewer/web/measures.ts";
import { type Colour, diverging, mix, viridis } from "../../viewer/web/palette.ts";
import { RunHistory } from "../../viewer/server/history.ts";
import { meanCurve } from "../../viewer/web/laboratory/mean_curve.ts";
import { concerned } from "../../viewer/web/laboratory/run_orders.ts";
import { boundsOf, polyline } from "../../viewer/web/laboratory/sparkline.ts";
import { ToldRun } from "../../viewer/web/laboratory/told_run.ts";
import { isWatchable } from "../../viewer/web/laboratory/chosen_run.ts";
import {
  writeCounts,
  writeLink,
  writeMore,
  writeNames,
  writeShare,
  writeSteps,
  writeTick,
  writeTime,
} from "../../viewer/web/laboratory/words.ts";
import { Playback } from "../../viewer/web/playback.ts";
import { readAddress, writeAddress } from "../../viewer/web/router.ts";
import { feedDescription } from "./feed.ts";

const { arm } = feedDescription({ bus: inProcessBus(assert.ifError), run: "parts" });
const muscle = (name: string) => {
  const found = arm.actuators.find((actuator) => actuator.name === name);
  assert.ok(found, name);
  return found;
};
const near = (actual: Point, expected: Point, tolerance = 1e-9) =>
  assert.ok(
    Math.hypot(actual[0] - expected[0], actual[1] - expected[1]) < tolerance,
    `${actual} is not ${expected}`,
  );

/** Distance of a point from the straight line through two others, positive on its left. */
const leftOf = ([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point) =>
  ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / Math.hypot(x1 - x0, y1 - y0);

Deno.test("the hand is where the arm's equations put it", () => {
  near(handPoint(arm, [Math.PI / 4, Math.PI / 2]), [-0.0169705627, 0.4539625535]);
  near(handPoint(arm, [0.8968815, 1.7484596]), [-0.1, 0.4], 1e-6);
  near(handPoint(arm, [0, 0]), [reach(arm), 0]);
  assert.equal(chainPoints(arm, [0.3, 0.4]).length, 3);
});

Deno.test("a muscle with a negative moment arm runs on the flexor side, one with a positive opposite", () => {
  const angles = [Math.PI / 2, 0.6];
  const points = chainPoints(arm, angles);
  const sideAtElbow = (name: string) => {
    const path = musclePath(arm, muscle(name), angles);
    const closest = path.reduce((best, point) =>
      Math.hypot(point[0] - points[1][0], point[1] - points[1][1]) <
          Math.hypot(best[0] - points[1][0], best[1] - points[1][1])
        ? point
        : best
    );
    return Math.sign(leftOf(closest, points[0], points[1]));
  };
  assert.equal(sideAtElbow("brachioradialis"), 1);
  assert.equal(sideAtElbow("biceps"), 1);
  assert.equal(sideAtElbow("triceps lateral"), -1);
  assert.equal(sideAtElbow("triceps long"), -1);
});

Deno.test("a drawn flexor gets shorter as its joint flexes, a drawn extensor longer", () => {
  const length = (name: string, angles: number[]) =>
    musclePath(arm, muscle(name), angles).reduce(
      (sum, [x, y], i, path) =>
        i === 0 ? 0 : sum + Math.hypot(x - path[i - 1][0], y - path[i - 1][1]),
      0,
    );
  for (
    const [flexor, extensor] of [["brachioradialis", "triceps lateral"], ["biceps", "triceps long"]]
  ) {
    assert.ok(length(flexor, [1, 1.5]) < length(flexor, [1, 0.5]), flexor);
    assert.ok(length(extensor, [1, 1.5]) > length(extensor, [1, 0.5]), extensor);
  }
  assert.ok(length("pectoralis", [1.8, 1]) < length("pectoralis", [0.6, 1]));
  assert.ok(length("deltoid", [1.8, 1]) > length("deltoid", [0.6, 1]));
});

Deno.test("a muscle moves only with the joints that it crosses", () => {
  assert.deepEqual(
    musclePath(arm, muscle("deltoid"), [1, 0.2]),
    musclePath(arm, muscle("deltoid"), [1, 2]),
  );
  assert.deepEqual(musclePath(arm, { ...muscle("deltoid"), momentArms: [0, 0] }, [1, 1]), []);
});

Deno.test("the border of the reachable area bounds every posture", () => {
  for (const name of Object.keys(arms)) {
    const { arm } = feedDescription({ bus: inProcessBus(assert.ifError), run: "parts", arm: name });
    const border = reachableBorder(arm);
    const farthest = Math.max(...border.map(([x, y]) => Math.hypot(x, y)));
    assert.ok(Math.abs(farthest - reach(arm)) < 1e-9, name);
  }
  const { lower, upper } = arm.joints[1];
  const nearest = Math.hypot(...handPoint(arm, [0, upper]));
  assert.ok(lower < upper);
  for (const point of reachableBorder(arm)) assert.ok(Math.hypot(...point) >= nearest - 1e-9);
});

const frame = (trial: number, step: number): Frame => ({
  trial,
  step,
  angles: [step / 100, -step / 50],
  handForce: [0, 0],
  activations: [0],
  hidden: [step],
  callosum: [0],
});

Deno.test("playback moves evenly between frames, behind the newest, and passes each one once", () => {
  const playback = new Playback();
  playback.begin(3, 0.01);
  const passed: number[] = [];
  const angles: number[] = [];
  for (let display = 0; display < 60; display++) {
    // Two frames arrive at once every second display frame, as on a busy machine.
    if (display % 2 === 0) {
      for (const step of [0, 1, 2, 3]) playback.push(frame(3, display * 2 + step));
    }
    const instant = playback.advance(0.02, 1);
    if (!instant) continue;
    passed.push(...instant.passed.map(({ step }) => step));
    angles.push(instant.frame.angles[0]);
    assert.ok(Math.abs(instant.frame.angles[0] - instant.time) < 1e-6, "angles are interpolated");
  }
  assert.deepEqual(passed, Array.from({ length: passed.length }, (_, i) => i));
  assert.ok(passed.length > 100);
  const strides = angles.slice(1).map((angle, i) => angle - angles[i]);
  assert.ok(Math.min(...strides) > 0.01 && Math.max(...strides) < 0.035, `${strides}`);
});

Deno.test("playback comes to rest on the last frame and then has nothing new to show", () => {
  const playback = new Playback();
  playback.begin(0, 0.01);
  for (let step = 0; step < 10; step++) playback.push(frame(0, step));
  let last = playback.advance(0, 1);
  for (let i = 0; i < 40; i++) last = playback.advance(0.016, 1) ?? last;
  assert.equal(last?.frame.hidden[0], 9);
  assert.equal(playback.advance(0.016, 1), undefined);
});

Deno.test("playback ignores frames of another trial and catches up after a pause of the page", () => {
  const playback = new Playback();
  playback.begin(1, 0.01);
  playback.push(frame(0, 5));
  assert.equal(playback.advance(0.016, 1), undefined);
  for (let step = 0; step < 5000; step++) playback.push(frame(1, step));
  const instant = playback.advance(0.016, 1);
  assert.ok(instant && instant.time > 49.8, `${instant?.time}`);
  playback.begin(2, 0.01);
  playback.push(frame(1, 5001));
  assert.equal(playback.advance(0.016, 1), undefined);
});

Deno.test("a thinned series is whole while short, then even, bounded, and never without its latest", () => {
  const series = new ThinnedSeries<number>(8);
  for (let i = 0; i < 8; i++) series.push(i);
  assert.deepEqual(series.items(), [0, 1, 2, 3, 4, 5, 6, 7]);
  for (let i = 8; i <= 42; i++) series.push(i);
  assert.deepEqual(series.items(), [0, 8, 16, 24, 32, 40, 42]);
  series.truncate((item) => item < 30);
  assert.deepEqual(series.items(), [0, 8, 16, 24]);
  for (let i = 30; i <= 33; i++) series.push(i);
  assert.deepEqual(series.items(), [0, 8, 16, 24, 30, 33], "as if nothing had been forgotten");
  series.truncate((item) => item < 33);
  assert.equal(series.latest, 30);
  series.clear();
  assert.deepEqual(series.items(), []);
  assert.throws(() => new ThinnedSeries(1), RangeError);
});

Deno.test("the pooling callosum hands neighbouring pairs to the last half of the units", () => {
  const sources = (callosum: string, units: number) =>
    Array.from({ length: units }, (_, unit) => callosalSource(callosum, unit, units));
  assert.deepEqual(sources("maxpool-pad", 5), [undefined, undefined, undefined, 0.5, 2.5]);
  assert.deepEqual(sources("maxpool-pad", 4), [undefined, undefined, 0.5, 2.5]);
  assert.deepEqual(sources("identity", 3), [0, 1, 2]);
  assert.deepEqual(sources("none", 2), [undefined, undefined]);
});

Deno.test("colour scales get steadily lighter or keep their ends, whatever the amount", () => {
  const lightness = ([r, g, b]: Colour) =>
    0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2;
  const scale = viridis(0, 1);
  const steps = Array.from({ length: 33 }, (_, i) => lightness(scale(i / 32)));
  assert.ok(steps.every((step, i) => i === 0 || step > steps[i - 1]));
  assert.deepEqual(scale(7), scale(1));
  const signs = diverging([0, 0, 1], [0.1, 0.1, 0.1], [1, 0.5, 0]);
  const close = (a: Colour, b: Colour) => a.every((part, i) => Math.abs(part - b[i]) < 0.002);
  assert.ok(close(signs(-1), [0, 0, 1]) && close(signs(0), [0.1, 0.1, 0.1]));
  assert.ok(close(signs(2), [1, 0.5, 0]));
  assert.ok(close(mix([0.2, 0.4, 0.6], [0.2, 0.4, 0.6], 0.3), [0.2, 0.4, 0.6]));
});

Deno.test("measures are written with label, unit and reference; unknown ones keep their name", () => {
  assert.deepEqual(writeMeasure("endpointError", 0.0294), {
    label: "Endpoint error",
    value: "2.94",
    unit: "cm",
    minimumJerk: "",
  });
  assert.deepEqual(writeMeasure("ldlj", -6.5), {
    label: "LDLJ",
    value: "−6.50",
    unit: "",
    minimumJerk: "−4.41",
  });
  assert.equal(writeMeasure("handPathCurvature", 0.5).label, "Hand path curvature");
  assert.equal(writeMeasure("toString", 0.5).value, "0.500");
  assert.equal(writeMeasure("effort", NaN).value, "–");
  assert.equal(signed(-0.001, 2), "0.00");
  assert.deepEqual([59.4, 200, 7500].map(writeDuration), ["59 s", "3 min 20 s", "2 h 5 min"]);
});

Deno.test("every measure of the simulation has a label, and the same minimum-jerk reference", () => {
  assert.deepEqual(Object.keys(measures).filter((name) => !isKnownMeasure(name)), []);
  for (const [name, reference] of Object.entries(minimumJerkReference)) {
    const written = writeMeasure(name, reference);
    assert.equal(written.minimumJerk, written.value, name);
  }
  assert.deepEqual(sortMeasures(["work", "gossip", "effort", "endpointError"]), {
    first: ["endpointError", "effort"],
    others: ["work", "gossip"],
  });
});

Deno.test("a mean curve runs where all its curves do, whatever steps they were measured at", () => {
  const curve = (from: number, to: number, by: number, slope: number) => {
    const x = Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + by * i);
    return { x, y: x.map((step) => slope * step) };
  };
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  const { x, y } = meanCurve([curve(0, 100, 2, 1), curve(3, 70, 5, 3), { x: [], y: [] }]);
  assert.deepEqual([x[0], x.at(-1)], [4, 68]);
  x.forEach((step, i) => close(y[i], 2 * step));
  assert.deepEqual(meanCurve([curve(0, 9, 3, 1)]), curve(0, 9, 3, 1));
  assert.deepEqual(meanCurve([]), { x: [], y: [] });
  assert.deepEqual(meanCurve([curve(0, 4, 2, 1), curve(6, 8, 2, 1)]), { x: [], y: [] });
  assert.deepEqual(meanCurve([{ x: [5], y: [1] }, { x: [5], y: [3] }]), { x: [5], y: [2] });
});

const counts = { queued: 4, running: 2, paused: 0, done: 12, failed: 1, cancelled: 0 };

Deno.test("a laboratory's state is written in words that say what one must know", () => {
  const workers = { total: 3, list: [] };
  assert.equal(
    writeLink({ state: "away", seconds: 12.4 }, workers),
    "nats-server away since 12 s; workers keep training",
  );
  assert.equal(writeCounts(counts), "12 done · 2 running · 1 failed · 4 queued");
  assert.deepEqual([0, 0.615, 0.9999, 1].map(writeShare), ["0 %", "61 %", "99 %", "100 %"]);
  assert.equal(writeMore(10_000, 120, "jobs"), "… and 9880 more jobs");
  assert.equal(writeMore(3, 3, "jobs"), "");
  assert.deepEqual([[3, 10], [3, 0], [0, 0]].map(([step, steps]) => writeSteps(step, steps)), [
    "3 of 10",
    "3",
    "",
  ]);
  assert.deepEqual([0, 0.25, -1234, 2.5e-5, 3e6, -1.5e6].map(writeTick), [
    "0",
    "0.25",
    "−1230",
    "2.5e-5",
    "3M",
    "−1.5M",
  ]);
});

Deno.test("as many names are written as there is room for", () => {
  assert.equal(writeNames([], 2), "");
  assert.equal(writeNames(["a", "b", "c"], 2), "a, b, c", "one more is no longer than its number");
  assert.equal(writeNames(["a", "b", "c", "d"], 2), "a, b and 2 more");
});

Deno.test("an address is read as it was written, whatever is in its names", () => {
  for (const name of ["reste-1", "a/b", "50 %", "x?y#z", "é&="]) {
    const address = readAddress(writeAddress("runs", [name], { metric: name }));
    assert.deepEqual(
      [address?.view, address?.path, address?.parameters.get("metric")],
      ["runs", [name], name],
    );
  }
  assert.equal(writeAddress("now"), "#/now");
  assert.deepEqual(["", "#", "#/"].map((fragment) => readAddress(fragment)?.view), ["", "", ""]);
  assert.deepEqual(readAddress("#/runs/")?.path, []);
  assert.deepEqual(readAddress("#/compare?runs=a,b&metric=m?")?.parameters.get("metric"), "m?");
  assert.deepEqual(["#reste-1", "#/%", "#/runs/%zz"].map(readAddress), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("the page asks for exactly those runs that its server does not hang up on", () => {
  const asked = [
    { run: "reste-1", metric: null },
    { run: "a".repeat(120), metric: "m".repeat(200) },
    { run: "a".repeat(121), metric: null },
    { run: "reste-1", metric: "m".repeat(201) },
    { run: "", metric: null },
    { run: "../x", metric: null },
    { run: "<b>", metric: null },
  ];
  const accepted = asked.map((run) => watch.safeParse({ type: "watch", runs: [run] }).success);
  assert.deepEqual(asked.map(isWatchable), accepted);
  assert.deepEqual(accepted, [true, true, false, false, false, false, false]);
});

Deno.test("a small drawing of curves fills its place, and has room for a curve without extent", () => {
  const rising = { x: [10, 20, 40], y: [1, 3, 2] };
  const bounds = boundsOf([rising, { x: [], y: [] }]);
  assert.deepEqual(bounds, { left: 10, right: 40, lower: 1, upper: 3 });
  assert.ok(bounds);
  assert.equal(polyline(rising, bounds), "0.0,45.0 66.7,3.0 200.0,24.0");
  const point = { x: [5], y: [7] };
  assert.equal(polyline(point, boundsOf([point])!), "100.0,24.0");
  assert.equal(boundsOf([]), undefined);
});

Deno.test("an order concerns the jobs that it means something to", () => {
  const orders = ["pause", "continue", "retry", "cancel"] as const;
  assert.deepEqual(orders.map((order) => concerned(counts, order)), [6, 0, 1, 7]);
  assert.deepEqual(
    orders.map((order) => concerned({ ...counts, paused: 3, cancelled: 2 }, order)),
    [6, 3, 3, 10],
  );
});

Deno.test("what was told of a run comes to the first metric of its namesake, now and at first", () => {
  const jobs = { ...counts, queued: 0 };
  const group = (name: string) => ({ name, total: 2, jobs, progress: 0.5 });
  const job = (id: string, worker?: string) => ({
    id,
    name: id,
    state: worker ? "running" as const : "queued" as const,
    step: 1,
    steps: 2,
    worker,
    attempts: 1,
  });
  const detail: LaboratoryRun = {
    type: "laboratory-run",
    run: "r",
    title: "method-desk",
    kind: "library",
    submitted: "2026-03-04T05:06:07.000Z",
    total: 4,
    jobs,
    progress: 0.5,
    groups: [group("baseline"), group("late"), group("method")],
    list: [job("a", "desk-2"), job("b", "desk-1"), job("c", "desk-2"), job("d")],
    metrics: ["loss", "accuracy"],
  };
  const told = new ToldRun();
  assert.deepEqual([told.workers, told.means(), told.headline()], [[], [], undefined]);
  told.add(detail);
  assert.equal(told.headline(), undefined, "nothing was measured yet");
  const add = (job: string, group: string, metric: string, y: number[]) =>
    told.add({ type: "curve", run: "r", job, group, metric, x: y.map((_, i) => 4 * (i + 1)), y });
  add("c", "baseline", "loss", [9, 8]);
  assert.equal(told.headline()?.group, "baseline", "as long as there is nothing else");
  add("a", "method", "loss", [4, 3, 2]);
  add("b", "method", "loss", [2, 1]);
  add("d", "baseline", "accuracy", [0]);
  assert.deepEqual(told.workers, ["desk-1", "desk-2"]);
  assert.deepEqual(told.headline(), {
    metric: "loss",
    group: "method",
    now: 2,
    first: { step: 4, value: 3 },
  });
  assert.deepEqual(told.means().map(({ group, place }) => [group, place]), [
    ["method", 2],
    ["baseline", 0],
  ]);
  add("b", "method", "loss", [2, 1, 0]);
  assert.equal(told.headline()?.now, 1, "a curve replaces the one before");
});

Deno.test("a run's time is what it still takes, or when it was submitted", () => {
  const run = {
    run: "r",
    title: "r",
    kind: "library",
    submitted: "2026-03-04T05:06:07.000Z",
    total: 19,
    jobs: counts,
    progress: 0.5,
  };
  const later = new Date("2026-05-01T00:00:00Z");
  assert.equal(writeTime({ ...run, secondsLeft: 200 }, later), "3 min 20 s left");
  assert.match(writeTime(run, later), /^submitted .*4/);
  assert.match(writeTime(run, new Date(run.submitted)), /^submitted \d\d:\d\d$/);
  assert.match(writeTime({ ...run, total: 12 }, later), /^finished · /);
  assert.equal(writeTime({ ...run, submitted: "gossip" }, later), "");
});

Deno.test("a training that goes on from a checkpoint is told to late pages without what it makes again", () => {
  const history = new RunHistory();
  const progress = (update: number, finalError: number) => ({
    type: "progress" as const,
    update,
    updates: 100,
    losses: {},
    finalError,
    nonFinite: 0,
    mergeWeights: [],
    updatesPerSecond: 1,
    secondsLeft: 1,
  });
  for (const update of [10, 20, 30]) history.record(progress(update, 1));
  history.record({
    type: "evaluation",
    stage: "during",
    update: 25,
    engine: "cannon",
    trials: 1,
    measures: {},
  });
  for (const update of [20, 30]) history.record(progress(update, 2));
  const told = history.replay().map((event) =>
    event.type === "progress" ? [event.update, event.finalError] : event.type
  );
  assert.deepEqual(told, [[10, 1], [20, 2], [30, 2]]);
});
