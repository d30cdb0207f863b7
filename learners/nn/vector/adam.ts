/**
 * Adam's step as WebAssembly, two numbers of double precision at a time: the same operations in the same
 * order as `adamStep` has, hence the same bits, in about a third of the time.
 */
import {
  binary,
  Code,
  four,
  i32,
  operation,
  unary,
  type Value,
  vector,
} from "../../../sim/webassembly/code.ts";
import { instantiate, moduleOf } from "../../../sim/webassembly/module.ts";
import { type AdamState, type AdamStepSettings, adamStepSize } from "../adam.ts";
import { vectorBytes, wideBytes } from "./instructions.ts";
import { Places, TileMemory } from "./memory_plan.ts";

/** Two numbers of double precision. */
const f64x2 = {
  add: binary("v128", vector(0xf0)),
  sub: binary("v128", vector(0xf1)),
  mul: binary("v128", vector(0xf2)),
  div: binary("v128", vector(0xf3)),
  sqrt: unary("v128", vector(0xef)),
  all: (value: Value<"f64">): Value<"v128"> => operation("v128", vector(0x14), value),
} as const;

/** The kernel's parameters: how many bytes the arrays have, then step size, 1 − β₁, 1 − β₂, ε. */
const parameters = ["i32", "f64", "f64", "f64", "f64"] as const;

/** Where the arrays lie. */
type Addresses = Readonly<Record<"parameters" | "gradient" | "first" | "second", number>>;

/**
 * m += (1 − β₁)(g − m), v += (1 − β₂)(g² − v), θ −= step · m/(√v + ε).
 */
function stepKernel(at: Addresses): Code {
  const code = new Code(parameters);
  const bytes = code.parameter(0, "i32");
  const [step, share1, share2, epsilon] = [1, 2, 3, 4].map((index) =>
    code.keep(f64x2.all(code.parameter(index, "f64")))
  );
  code.loop(i32.constant(0), bytes, i32.constant(vectorBytes), (place) => {
    const gradient = code.keep(four.load(place, at.gradient));
    const towards = (old: Value<"v128">, value: Value<"v128">, share: Value<"v128">) =>
      code.keep(f64x2.add(old, f64x2.mul(share, f64x2.sub(value, old))));
    const first = towards(code.keep(four.load(place, at.first)), gradient, share1);
    const square = f64x2.mul(gradient, gradient);
    const second = towards(code.keep(four.load(place, at.second)), square, share2);
    const change = f64x2.div(f64x2.mul(step, first), f64x2.add(f64x2.sqrt(second), epsilon));
    code.store(place, first, at.first);
    code.store(place, second, at.second);
    code.store(place, f64x2.sub(four.load(place, at.parameters), change), at.parameters);
  });
  return code;
}

/** Parameters with an optimiser of their own. */
export class VectorAdam {
  /** What is optimised; all zeros at first. */
  readonly parameters: Float64Array;
  /** To be filled before each step. */
  readonly gradient: Float64Array;
  readonly state: AdamState;
  readonly #step: (...values: number[]) => void;
  readonly #bytes: number;

  /** @param size of the vector of parameters */
  constructor(size: number) {
    this.#bytes = Math.ceil(size * wideBytes / vectorBytes) * vectorBytes;
    const places = new Places();
    const take = () => places.take(this.#bytes);
    const at = { parameters: take(), gradient: take(), first: take(), second: take() };
    const memory = new TileMemory(places.end);
    const array = (address: number) => new Float64Array(memory.memory.buffer, address, size);
    this.parameters = array(at.parameters);
    this.gradient = array(at.gradient);
    this.state = { first: array(at.first), second: array(at.second), updates: 0 };
    const module = moduleOf({ step: stepKernel(at) }, memory.pages);
    this.#step = instantiate(module, memory.memory).step;
  }

  /** One update of the parameters, by the gradient as it is. */
  step(settings: AdamStepSettings): void {
    this.state.updates++;
    const { beta1, beta2, epsilon } = settings;
    const size = adamStepSize(settings, this.state.updates);
    this.#step(this.#bytes, size, 1 - beta1, 1 - beta2, epsilon);
  }
}
