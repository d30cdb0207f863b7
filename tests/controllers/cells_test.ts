/** Cells by themselves: one unit worked out by hand, the limits of its gates, and its slopes. */
import assert from "node:assert/strict";
import { cells, type CellValues } from "../../controllers/cells.ts";
import { randomStream } from "../../sim/random.ts";

const { gru } = cells;

/** One cell with these arguments of candidate, update gate, reset gate and recall, and a state. */
function activated(args: readonly number[], state?: number): CellValues {
  const values = {
    gates: Float64Array.from(args),
    hidden: Float64Array.of(NaN),
    before: state === undefined ? undefined : Float64Array.of(state),
  };
  gru.activate(values);
  return values;
}

Deno.test("a gated recurrent unit is what was worked out by hand", () => {
  // x = 0.6, h' = 0.5; W = [0.5, −1, 2], U = [0.4, −0.3, 0.8], b = [0.1, 0.2, −0.1, 0.05].
  const { gates, hidden } = activated([0.4, -0.2, 0.95, 0.45], 0.5);
  assert.deepEqual(
    [...gates, ...hidden].map((value) => value.toFixed(8)),
    ["0.61969010", "0.45016600", "0.72111518", "0.45000000", "0.56580968"],
  );
});

const open = 1e3;
const closed = -1e3;

Deno.test("an open update gate keeps the state exactly, whatever else enters", () => {
  for (const state of [-0.7, 0, 0.3]) {
    assert.equal(activated([2, open, 1, -3], state).hidden[0], state);
  }
});

Deno.test("closed gates leave a tanh unit; an open reset gate lets the recall in", () => {
  assert.equal(activated([0.4, closed, closed, 0.9], 0.5).hidden[0], Math.tanh(0.4));
  assert.equal(activated([0.4, closed, open, 0.9], 0.5).hidden[0], Math.tanh(0.4 + 0.9));
});

Deno.test("no state is a state of 0", () => {
  const args = [0.4, -0.2, 0.95, 0.45];
  assert.deepEqual(activated(args).hidden, activated(args, 0).hidden);
  assert.notDeepEqual(activated(args).hidden, activated(args, 0.5).hidden);
});

Deno.test("what a cell recalls does not leave the range between its state and ±1", () => {
  const stream = randomStream(1, "tests/cells/range");
  for (let i = 0; i < 200; i++) {
    const args = Array.from({ length: 4 }, () => stream.uniform(-20, 20));
    const [output] = activated(args, stream.uniform(-1, 1)).hidden;
    assert.ok(Math.abs(output) <= 1, `${output} from ${args}`);
  }
});

Deno.test("the slopes of a cell towards arguments and state agree with central differences", () => {
  const stream = randomStream(2, "tests/cells/slopes");
  const step = 1e-6;
  for (let trial = 0; trial < 20; trial++) {
    const args = Array.from({ length: 4 }, () => stream.uniform(-2, 2));
    const state = stream.uniform(-1, 1);
    const values = activated(args, state);
    const cotangent = stream.uniform(-1, 1);
    const [ofArguments, ofState] = [new Float64Array(4), new Float64Array(1)];
    gru.pullBack(values, Float64Array.of(cotangent), ofArguments, ofState);
    const assertSlope = (slope: number, at: (moved: number) => number, what: string) => {
      const expected = cotangent * (at(step) - at(-step)) / (2 * step);
      assert.ok(Math.abs(slope - expected) < 1e-9, `${what}: ${slope}, expected ${expected}`);
    };
    args.forEach((_, part) =>
      assertSlope(
        ofArguments[part],
        (moved) => activated(args.map((arg, i) => i === part ? arg + moved : arg), state).hidden[0],
        `part ${part}`,
      )
    );
    assertSlope(ofState[0], (moved) => activated(args, state + moved).hidden[0], "state");
  }
});
