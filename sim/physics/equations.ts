/**
 * The `equations` engine: the closed form of the planar chain for any number of arms at once, compiled
 * from `planar_chain.ts`. No contacts; joints stop at their limits as MotorNet's do.
 */
import type { Arm } from "../arms/arm.ts";
import { Graph } from "../expression/graph.ts";
import { compileKernel, type Kernel } from "../expression/kernel.ts";
import { inputLanes, lanesAlgebra } from "../expression/lanes.ts";
import { requireLength } from "./arrays.ts";
import type { JointState, PhysicsEngine, Scene } from "./engine.ts";
import { holdLimits, integrate, type Integrator, jointAccelerations } from "./plant_equations.ts";

/** How the engine is set up. */
export interface EquationsOptions {
  /** How many arms are stepped at once; 1 unless given. */
  readonly arms?: number;
  /** `rk4` unless given; `motornet` is explicit Euler. */
  readonly integrator?: Integrator;
}

/** `arms` copies of `arm`, driven by joint torques and hand forces. */
export function equationsEngine(
  arm: Arm,
  scene: Scene,
  { arms = 1, integrator = "rk4" }: EquationsOptions = {},
): PhysicsEngine {
  const joints = arm.joints.length;
  const angles = new Float64Array(joints * arms);
  const velocities = new Float64Array(joints * arms);
  const torques = new Float64Array(joints * arms);
  const handForces = new Float64Array(2 * arms);
  const kernels = new Map<number, Kernel>();

  return {
    name: "equations",
    arms,
    reset(state) {
      angles.set(requireLength("angles", state.angles, joints * arms));
      velocities.set(requireLength("velocities", state.velocities, joints * arms));
      torques.fill(0);
      handForces.fill(0);
    },
    setTorques: (values) => torques.set(requireLength("torques", values, joints * arms)),
    setHandForces: (values) => handForces.set(requireLength("hand forces", values, 2 * arms)),
    step(dt) {
      let kernel = kernels.get(dt);
      if (!kernel) kernels.set(dt, kernel = jointKernel(arm, scene, integrator, dt));
      kernel.run(arms, angles, velocities, torques, handForces, angles, velocities);
    },
    readState(into: JointState) {
      requireLength("angles", into.angles, joints * arms).set(angles);
      requireLength("velocities", into.velocities, joints * arms).set(velocities);
    },
  };
}

/** One step of the joints: angles, velocities, torques, hand force → angles, velocities. */
function jointKernel(arm: Arm, scene: Scene, integrator: Integrator, dt: number): Kernel {
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
  return compileKernel(
    `${integrator.replaceAll("-", "_")}_joints`,
    [
      { name: "angles", rows: motion.angles.flat() },
      { name: "velocities", rows: motion.velocities.flat() },
      { name: "torques", rows: torques.flat() },
      { name: "handForces", rows: [...x, ...y] },
    ],
    [
      { name: "newAngles", rows: after.angles.flat() },
      { name: "newVelocities", rows: after.velocities.flat() },
    ],
  );
}
