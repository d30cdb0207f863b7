/**
 * The `equations` engine: the closed form of the planar chain for any number of arms at once, compiled
 * from `planar_chain.ts`. No contacts; joints stop at their limits as MotorNet's do.
 */
import type { Arm } from "../arms/arm.ts";
import type { Precision } from "../expression/batch.ts";
import { createBatch } from "../expression/batches.ts";
import { Graph } from "../expression/graph.ts";
import { inputLanes, lanesAlgebra } from "../expression/lanes.ts";
import type { KernelStatement } from "../expression/lowering.ts";
import { requireLength } from "./arrays.ts";
import type { JointState, PhysicsEngine, Scene } from "./engine.ts";
import { holdLimits, integrate, type Integrator, jointAccelerations } from "./plant_equations.ts";

/** How the engine is set up. */
export interface EquationsOptions {
  /** How many arms are stepped at once; 1 unless given. */
  readonly arms?: number;
  /** `rk4` unless given; `motornet` is explicit Euler. */
  readonly integrator?: Integrator;
  /** `single` unless given. */
  readonly precision?: Precision;
}

/** `arms` copies of `arm`, driven by joint torques and hand forces. */
export function equationsEngine(
  arm: Arm,
  scene: Scene,
  { arms = 1, integrator = "rk4", precision = "single" }: EquationsOptions = {},
): PhysicsEngine {
  const joints = arm.joints.length;
  const batch = createBatch(precision, arms, {
    angles: joints,
    velocities: joints,
    torques: joints,
    handForces: 2,
  });
  const motion = ["angles", "velocities"] as const;
  const loads = ["torques", "handForces"] as const;
  const [angles, velocities] = motion.map((name) => batch.array(name));
  const [torques, handForces] = loads.map((name) => batch.array(name));
  const takeAll = batch.compile([{ take: [...motion, ...loads] }]);
  const takeLoads = batch.compile([{ take: loads }]);
  const publish = batch.compile([{ publish: motion }]);
  const steps = new Map<number, () => void>();
  const after = { newAngles: "angles", newVelocities: "velocities" };

  return {
    name: "equations",
    arms,
    reset(state) {
      requireLength("angles", state.angles, angles.length);
      requireLength("velocities", state.velocities, velocities.length);
      angles.set(state.angles);
      velocities.set(state.velocities);
      torques.fill(0);
      handForces.fill(0);
      takeAll();
    },
    setTorques(values) {
      torques.set(requireLength("torques", values, torques.length));
      takeLoads();
    },
    setHandForces(values) {
      handForces.set(requireLength("hand forces", values, handForces.length));
      takeLoads();
    },
    step(dt) {
      let step = steps.get(dt);
      if (!step) {
        const kernel = jointStep(arm, scene, integrator, dt);
        steps.set(dt, step = batch.compile([{ kernel, arrays: after }]));
      }
      step();
    },
    readState(into: JointState) {
      requireLength("angles", into.angles, angles.length);
      requireLength("velocities", into.velocities, velocities.length);
      publish();
      into.angles.set(angles);
      into.velocities.set(velocities);
    },
  };
}

/** One step of the joints: angles, velocities, torques, hand force → angles, velocities. */
function jointStep(
  arm: Arm,
  scene: Scene,
  integrator: Integrator,
  dt: number,
): KernelStatement {
  if (!(dt > 0 && dt < Infinity)) throw new RangeError(`time step ${dt} s is not positive`);
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const joints = () => arm.joints.map(() => inputLanes(graph, 1));
  const motion = { angles: joints(), velocities: joints() };
  const torques = joints();
  const [x, y] = [inputLanes(graph, 1), inputLanes(graph, 1)];
  const free = integrate(
    algebra,
    integrator,
    dt,
    motion,
    (at) => jointAccelerations(algebra, arm, scene.gravity, at, torques, { load: { x, y } }),
  );
  const after = scene.limits ? holdLimits(algebra, arm, free) : free;
  return {
    name: `${integrator.replaceAll("-", "_")}_joints`,
    inputs: [
      { name: "angles", rows: motion.angles.flat() },
      { name: "velocities", rows: motion.velocities.flat() },
      { name: "torques", rows: torques.flat() },
      { name: "handForces", rows: [...x, ...y] },
    ],
    outputs: [
      { name: "newAngles", rows: after.angles.flat() },
      { name: "newVelocities", rows: after.velocities.flat() },
    ],
  };
}
