/**
 * A solver for cannon-es worlds in which robots touch things.
 *
 * cannon-es's own solver sweeps over all equations (Gauss-Seidel), which does not carry a torque through
 * seven links, or past a rotor a thousand times heavier than its link, in any number of sweeps that one
 * would want to pay for. And its friction is not Coulomb's: each contact point may bear µ m g whatever it
 * is pressed by, along each of two axes apart, and the bound, a force, is compared with impulses.
 *
 * Here, with the same equations (SPOOK, Lacoursière 2007: G Δv + ε λ = B):
 * - equations without bounds, the joints and their drives, are solved directly;
 * - contacts, limits and friction are solved by projected Gauss-Seidel sweeps in what the joints leave
 *   free (their Schur complement), so the joints hold exactly whatever the contacts do;
 * - friction is Coulomb's, |λ_t| ≤ µ λ_n with a round cone, from each contact's own normal impulse; a
 *   contact that sticks does not creep.
 *
 * Bounds of equations are forces; over a step they bound impulses by dt times as much.
 */
import {
  type Body,
  type ContactEquation,
  type Equation,
  FrictionEquation,
  Solver,
  type Vec3,
  type World,
} from "cannon-es";
import { JointDrive } from "./drive.ts";
import { EnvelopeCholesky } from "./envelope_cholesky.ts";

/** The bounds, N, that cannon-es gives to equations that have none. */
const unbounded = 1e6;

/** Rounds of holding servos to their motors' torque: each may bring others to theirs. */
const saturationRounds = 3;

/** No row. */
const none = -1;

/** How long the sweeps go on. */
export interface SolverOptions {
  /** Largest number of sweeps over the contacts per step; default 100. */
  readonly sweeps?: number;
  /** The sweeps stop once one of them changes all impulses by less than this in total, N s; 1e-7. */
  readonly tolerance?: number;
}

/** An equation in numbers: what it measures of its two bodies, and how they answer an impulse along it. */
class Row {
  equation!: Equation;
  /** The bodies' indices in the world; −1 for one that nothing moves. */
  a = -1;
  b = -1;
  right = 0;
  compliance = 0;
  /** Of a bounded row: whether it acts on bodies that exact rows hold. */
  touchesJoints = false;
  /** Linear and angular part of the first body, then of the second. */
  readonly jacobian = new Float64Array(12);
  readonly response = new Float64Array(12);

  take(equation: Equation, dt: number): void {
    const { bi, bj, jacobianElementA, jacobianElementB } = equation;
    this.equation = equation;
    // Sets the Jacobian of contacts and hinges, too. All kinds of equations take the step alone; the
    // base class declares two more parameters.
    this.right = equation.computeB(dt, 0, 0);
    this.compliance = equation.eps;
    this.a = this.#takeBody(0, bi, jacobianElementA);
    this.b = this.#takeBody(6, bj, jacobianElementB);
  }

  #takeBody(
    start: number,
    { index, invMassSolve, invInertiaWorldSolve: { elements } }: Body,
    { spatial, rotational }: Equation["jacobianElementA"],
  ): number {
    if (invMassSolve === 0) return -1;
    const { jacobian, response } = this;
    const { x, y, z } = rotational;
    jacobian[start] = spatial.x;
    jacobian[start + 1] = spatial.y;
    jacobian[start + 2] = spatial.z;
    jacobian[start + 3] = x;
    jacobian[start + 4] = y;
    jacobian[start + 5] = z;
    for (let i = 0; i < 3; i++) {
      response[start + i] = invMassSolve * jacobian[start + i];
      response[start + 3 + i] = elements[3 * i] * x + elements[3 * i + 1] * y +
        elements[3 * i + 2] * z;
    }
    return index;
  }
}

/** G M⁻¹ G′ᵀ of two rows. */
function coupling(p: Row, q: Row): number {
  let sum = 0;
  if (p.a >= 0) {
    if (p.a === q.a) sum += product(p.jacobian, 0, q.response, 0);
    else if (p.a === q.b) sum += product(p.jacobian, 0, q.response, 6);
  }
  if (p.b >= 0) {
    if (p.b === q.b) sum += product(p.jacobian, 6, q.response, 6);
    else if (p.b === q.a) sum += product(p.jacobian, 6, q.response, 0);
  }
  return sum;
}

function product(a: Float64Array, i: number, b: Float64Array, j: number): number {
  return a[i] * b[j] + a[i + 1] * b[j + 1] + a[i + 2] * b[j + 2] + a[i + 3] * b[j + 3] +
    a[i + 4] * b[j + 4] + a[i + 5] * b[j + 5];
}

/** A list of objects that are made once and used again in every step. */
class Pool<Item> {
  readonly items: Item[] = [];
  used = 0;
  constructor(readonly make: () => Item) {}
  next(): Item {
    return this.items[this.used++] ??= this.make();
  }
}

/** The solver. `friction` is the coefficient µ of a contact. */
export class ContactSolver extends Solver {
  readonly #exact = new Pool(() => new Row());
  readonly #bounded = new Pool(() => new Row());
  /** Two for each contact of a step that had the most so far. */
  readonly #tangents: FrictionEquation[] = [];
  /** The two of each contact that rubbed in the last step. */
  readonly #rubbing = new Map<ContactEquation, readonly FrictionEquation[]>();
  readonly #factor = new EnvelopeCholesky();
  /** [bounded row]: µ for the first of the two rows of a contact's friction, which follow its own. */
  #friction = new Float64Array(0);
  /** Impulses, N s, of the exact rows, and of the bounded ones. */
  #exactImpulses = new Float64Array(0);
  #impulses = new Float64Array(0);
  /** The exact rows' impulses as they would be if nothing touched. */
  #trial = new Float64Array(0);
  /** [body]: the first exact row that acts on it. */
  #firstOf = new Int32Array(0);
  /** [bounded row][exact row]: L⁻¹ of how the exact rows feel the bounded ones. */
  #felt = new Float64Array(0);
  /** [bounded row][bounded row]: the Schur complement. */
  #matrix = new Float64Array(0);
  #right = new Float64Array(0);
  readonly #sweeps: number;
  readonly #tolerance: number;

  constructor(
    readonly friction: (contact: ContactEquation) => number,
    { sweeps = 100, tolerance = 1e-7 }: SolverOptions = {},
  ) {
    super();
    this.#sweeps = sweeps;
    this.#tolerance = tolerance;
  }

  /** The force that a contact of the last step put on its second body, friction included, N. */
  forceOf(contact: ContactEquation): Vec3 {
    const force = contact.ni.scale(contact.multiplier);
    for (const { t, multiplier } of this.#rubbing.get(contact) ?? []) {
      force.addScaledVector(multiplier, t, force);
    }
    return force;
  }

  override solve(dt: number, world: World): number {
    for (const body of world.bodies) body.updateSolveMassProperties();
    if (world.bodies.length > this.#firstOf.length) {
      this.#firstOf = new Int32Array(world.bodies.length);
    }
    this.#collect(dt, world);
    this.#solveExact(dt);
    const sweeps = this.#bounded.used > 0 ? this.#solveBounded(dt) : 0;
    this.#apply(dt, world);
    return sweeps;
  }

  #collect(dt: number, world: World): void {
    const exact = this.#exact, bounded = this.#bounded;
    exact.used = bounded.used = 0;
    const contacts = new Set<Equation>(world.contacts);
    const friction: number[] = [];
    this.#rubbing.clear();
    const bound = (equation: Equation, coefficient: number) => {
      bounded.next().take(equation, dt);
      friction.push(coefficient);
    };
    for (const equation of this.equations) {
      const free = equation.minForce <= -unbounded && equation.maxForce >= unbounded;
      if (free) exact.next().take(equation, dt);
      else if (!contacts.has(equation)) bound(equation, 0);
    }
    for (const contact of world.contacts) {
      if (!contact.enabled) continue;
      bound(contact, 0);
      const coefficient = this.friction(contact);
      if (!(coefficient > 0)) continue;
      const [first, second] = this.#tangentsOf(contact);
      bound(first, coefficient);
      bound(second, 0);
    }
    if (friction.length > this.#friction.length) this.#friction = new Float64Array(friction.length);
    this.#friction.set(friction);
  }

  /** Friction along two directions across a contact: sliding is to stop within the step. */
  #tangentsOf(contact: ContactEquation): readonly FrictionEquation[] {
    const index = this.#rubbing.size;
    const pair = [2 * index, 2 * index + 1].map((i) => {
      const tangent = this.#tangents[i] ??= new FrictionEquation(contact.bi, contact.bj, 0);
      tangent.bi = contact.bi;
      tangent.bj = contact.bj;
      tangent.ri.copy(contact.ri);
      tangent.rj.copy(contact.rj);
      tangent.b = 1;
      tangent.eps = 0; // nothing gives way
      return tangent;
    });
    contact.ni.tangents(pair[0].t, pair[1].t);
    for (const { t } of pair) t.normalize(); // cannon-es leaves them short
    this.#rubbing.set(contact, pair);
    return pair;
  }

  /** The exact rows as if nothing touched: leaves L⁻¹ B in their impulses. */
  #solveExact(dt: number): void {
    const count = this.#exact.used;
    const rows = this.#exact.items;
    if (count > this.#exactImpulses.length) {
      this.#exactImpulses = new Float64Array(count);
      this.#trial = new Float64Array(count);
    }
    this.#factor.resize(count);
    for (let round = 0; round <= saturationRounds; round++) {
      this.#factorise();
      const impulses = this.#exactImpulses;
      for (let i = 0; i < count; i++) impulses[i] = rows[i].right;
      this.#factor.forward(impulses);
      if (round === saturationRounds || !this.#holdServos(dt)) return;
    }
  }

  #factorise(): void {
    const rows = this.#exact.items;
    const firstOf = this.#firstOf.fill(none);
    for (let i = 0; i < this.#exact.used; i++) {
      const row = rows[i];
      if (row.a >= 0 && firstOf[row.a] === none) firstOf[row.a] = i;
      if (row.b >= 0 && firstOf[row.b] === none) firstOf[row.b] = i;
      const first = Math.min(
        row.a >= 0 ? firstOf[row.a] : i,
        row.b >= 0 ? firstOf[row.b] : i,
      );
      this.#factor.setFirst(i, first);
      for (let j = first; j < i; j++) this.#factor.set(i, j, coupling(row, rows[j]));
      this.#factor.set(i, i, coupling(row, row) + row.compliance);
    }
    this.#factor.factorise();
  }

  /** Whether a servo had to be held to its motor's torque, so that its row has changed. */
  #holdServos(dt: number): boolean {
    const rows = this.#exact.items;
    const impulses = this.#trial;
    impulses.set(this.#exactImpulses);
    this.#factor.backward(impulses);
    let changed = false;
    for (let i = 0; i < this.#exact.used; i++) {
      const { equation } = rows[i];
      if (!(equation instanceof JointDrive) || !equation.saturate(impulses[i], dt)) continue;
      rows[i].take(equation, dt);
      changed = true;
    }
    return changed;
  }

  #solveBounded(dt: number): number {
    const count = this.#bounded.used, exact = this.#exact.used;
    const rows = this.#bounded.items, joints = this.#exact.items;
    if (count > this.#impulses.length) {
      this.#impulses = new Float64Array(count);
      this.#right = new Float64Array(count);
      this.#matrix = new Float64Array(count * count);
    }
    if (count * exact > this.#felt.length) this.#felt = new Float64Array(count * exact);
    const felt = this.#felt, matrix = this.#matrix, right = this.#right;
    this.#impulses.fill(0);
    for (let i = 0; i < count; i++) {
      let touches = false;
      for (let k = 0; k < exact; k++) {
        const value = coupling(joints[k], rows[i]);
        felt[i * exact + k] = value;
        touches ||= value !== 0;
      }
      right[i] = rows[i].right;
      if (touches) {
        this.#factor.forward(felt, i * exact);
        for (let k = 0; k < exact; k++) right[i] -= felt[i * exact + k] * this.#exactImpulses[k];
      }
      rows[i].touchesJoints = touches;
      for (let j = 0; j <= i; j++) {
        let value = coupling(rows[i], rows[j]);
        if (touches && rows[j].touchesJoints) {
          for (let k = 0; k < exact; k++) value -= felt[i * exact + k] * felt[j * exact + k];
        }
        matrix[i * count + j] = matrix[j * count + i] = value;
      }
      matrix[i * count + i] += rows[i].compliance;
    }
    let sweep = 0;
    while (sweep < this.#sweeps) {
      sweep++;
      if (this.#sweep(dt) < this.#tolerance) break;
    }
    return sweep;
  }

  /** One sweep over the bounded rows; by how much it changed their impulses, N s. */
  #sweep(dt: number): number {
    const count = this.#bounded.used;
    const rows = this.#bounded.items, friction = this.#friction;
    const impulses = this.#impulses, matrix = this.#matrix, right = this.#right;
    /** What row `i` still lacks with all impulses as they are. */
    const lacking = (i: number) => {
      let left = right[i];
      for (let j = 0, k = i * count; j < count; j++, k++) left -= matrix[k] * impulses[j];
      return left;
    };
    let change = 0;
    const move = (i: number, impulse: number) => {
      change += Math.abs(impulse - impulses[i]);
      impulses[i] = impulse;
    };
    for (let i = 0; i < count; i++) {
      const diagonal = matrix[i * (count + 1)];
      if (friction[i] > 0) {
        const most = friction[i] * impulses[i - 1];
        // By one measure along both directions: only then does friction come to lie opposite to sliding.
        const measure = Math.max(diagonal, matrix[(i + 1) * (count + 1)]);
        const first = impulses[i] + lacking(i) / measure;
        const second = impulses[i + 1] + lacking(i + 1) / measure;
        const size = Math.sqrt(first * first + second * second);
        const share = size > most ? most / size : 1;
        move(i, share * first);
        move(i + 1, share * second);
        i++;
      } else {
        const { minForce, maxForce } = rows[i].equation;
        const impulse = impulses[i] + lacking(i) / diagonal;
        move(i, Math.min(dt * maxForce, Math.max(dt * minForce, impulse)));
      }
    }
    return change;
  }

  /** Gives the bodies their new velocities, and the equations their forces. */
  #apply(dt: number, world: World): void {
    const exact = this.#exact.used, count = this.#bounded.used;
    const exactImpulses = this.#exactImpulses;
    for (let i = 0; i < count; i++) {
      if (!this.#bounded.items[i].touchesJoints) continue;
      for (let k = 0; k < exact; k++) {
        exactImpulses[k] -= this.#felt[i * exact + k] * this.#impulses[i];
      }
    }
    this.#factor.backward(exactImpulses);
    for (let k = 0; k < exact; k++) push(this.#exact.items[k], exactImpulses[k], dt, world);
    for (let i = 0; i < count; i++) push(this.#bounded.items[i], this.#impulses[i], dt, world);
  }
}

function push(row: Row, impulse: number, dt: number, { bodies }: World): void {
  row.equation.multiplier = impulse / dt;
  if (impulse === 0) return;
  if (row.a >= 0) pushBody(bodies[row.a], impulse, row.response, 0);
  if (row.b >= 0) pushBody(bodies[row.b], impulse, row.response, 6);
}

function pushBody(
  { velocity, angularVelocity }: Body,
  impulse: number,
  response: Float64Array,
  start: number,
): void {
  velocity.x += impulse * response[start];
  velocity.y += impulse * response[start + 1];
  velocity.z += impulse * response[start + 2];
  angularVelocity.x += impulse * response[start + 3];
  angularVelocity.y += impulse * response[start + 4];
  angularVelocity.z += impulse * response[start + 5];
}
