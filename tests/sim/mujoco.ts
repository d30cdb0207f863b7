/**
 * MuJoCo as an independent oracle: its own WebAssembly build steps the same arm behind the same
 * contract. Tests only; loading it reads `mujoco.wasm` beside the package's script and needs
 * `--allow-read`.
 */
import loadMujoco, { type MainModule, type MjData } from "@mujoco/mujoco";
import type { Arm } from "../../sim/arms/arm.ts";
import { requireLength } from "../../sim/physics/arrays.ts";
import type { PhysicsEngine, Scene } from "../../sim/physics/engine.ts";
import type { ArmState, Load } from "./reference.ts";

/** MuJoCo's module, loaded once. */
export const mujoco: MainModule = await loadMujoco();

/** A MuJoCo engine, which also answers for single accelerations; `using` frees its memory. */
export interface MujocoEngine extends PhysicsEngine, Disposable {
  /** q̈ of one arm in the given state under the given load, rad/s²; its gravity is the scene's. */
  accelerations(state: ArmState, load: Omit<Load, "gravity">): number[];
}

/**
 * MuJoCo's limits are soft; these are as stiff as it allows at steps of 2 ms (time constant of two
 * steps).
 */
const stiffLimits = `solreflimit="0.004 1" solimplimit="0.99 0.999 0.001"`;

/**
 * The arm, its limits finite, as a MuJoCo model: one body a link, hinges about z, the fourth-order
 * Runge-Kutta integrator.
 */
export function mujocoModel(arm: Arm, scene: Scene): string {
  const body = (j: number): string => {
    const link = arm.links[j];
    if (!link) return "";
    const { lower, upper } = arm.joints[j];
    const limits = scene.limits ? `limited="true" range="${lower} ${upper}" ${stiffLimits}` : "";
    return `
      <body pos="${arm.links[j - 1]?.length ?? 0} 0 0">
        <inertial pos="${link.centreOfMass} 0 0" mass="${link.mass}"
          diaginertia="${link.inertia} ${link.inertia} ${link.inertia}"/>
        <joint type="hinge" axis="0 0 1" ${limits}/>
        ${body(j + 1)}
      </body>`;
  };
  return `
    <mujoco>
      <compiler angle="radian"/>
      <option gravity="0 ${-scene.gravity} 0" integrator="RK4"/>
      <worldbody>${body(0)}</worldbody>
    </mujoco>`;
}

/**
 * `arms` copies of an arm stepped by MuJoCo. Hand force and viscosity are taken as constant over a
 * step, so with them it is of first order in the step; otherwise of fourth.
 */
export function mujocoEngine(arm: Arm, scene: Scene, arms = 1): MujocoEngine {
  const joints = arm.joints.length;
  const last = arm.links[joints - 1];
  const model = mujoco.MjModel.from_xml_string(mujocoModel(arm, scene));
  const data = Array.from({ length: arms }, () => new mujoco.MjData(model));
  const torques = new Float64Array(joints * arms);
  const handForces = new Float64Array(2 * arms);

  const load = (target: MjData, torque: readonly number[], [x, y]: readonly number[]) => {
    const { qfrc_applied, qpos, qvel, xfrc_applied } = views(target);
    for (let j = 0; j < joints; j++) {
      qfrc_applied[j] = torque[j] -
        arm.viscosity[j].reduce((sum, viscosity, k) => sum + viscosity * qvel[k], 0);
    }
    // The hand's force acts at the last link's centre of mass, with its moment about it.
    const angle = qpos.reduce((sum, q) => sum + q, 0);
    const lever = last.length - last.centreOfMass;
    const moment = lever * (Math.cos(angle) * y - Math.sin(angle) * x);
    xfrc_applied.set([x, y, 0, 0, 0, moment], 6 * joints);
  };
  const column = (values: Float64Array, index: number, length: number) =>
    Array.from({ length }, (_, j) => values[j * arms + index]);

  return {
    name: "mujoco",
    arms,
    reset({ angles, velocities }) {
      requireLength("angles", angles, joints * arms);
      requireLength("velocities", velocities, joints * arms);
      data.forEach((one, index) => {
        mujoco.mj_resetData(model, one);
        views(one).qpos.set(column(angles, index, joints));
        views(one).qvel.set(column(velocities, index, joints));
      });
      torques.fill(0);
      handForces.fill(0);
    },
    setTorques: (values) => torques.set(requireLength("torques", values, joints * arms)),
    setHandForces: (values) => handForces.set(requireLength("hand forces", values, 2 * arms)),
    step(dt) {
      if (!(dt > 0 && dt < Infinity)) throw new RangeError(`time step ${dt} s is not positive`);
      model.opt.timestep = dt;
      data.forEach((one, index) => {
        load(one, column(torques, index, joints), column(handForces, index, 2));
        mujoco.mj_step(model, one);
      });
    },
    readState(into) {
      requireLength("angles", into.angles, joints * arms);
      requireLength("velocities", into.velocities, joints * arms);
      data.forEach((one, index) => {
        const { qpos, qvel } = views(one);
        for (let j = 0; j < joints; j++) {
          into.angles[j * arms + index] = qpos[j];
          into.velocities[j * arms + index] = qvel[j];
        }
      });
    },
    accelerations(state, { torques: torque = [], handForce = [0, 0] }) {
      const scratch = new mujoco.MjData(model);
      try {
        const { qpos, qvel } = views(scratch);
        qpos.set(state.angles);
        qvel.set(state.velocities);
        load(scratch, arm.joints.map((_, j) => torque[j] ?? 0), handForce);
        mujoco.mj_forward(model, scratch);
        return [...views(scratch).qacc];
      } finally {
        scratch.delete();
      }
    },
    [Symbol.dispose]() {
      for (const one of data) one.delete();
      model.delete();
    },
  };
}

/** Views into MuJoCo's memory, whose declarations leave their type open. */
interface DataViews {
  /** rad */
  readonly qpos: Float64Array;
  /** rad/s */
  readonly qvel: Float64Array;
  /** rad/s² */
  readonly qacc: Float64Array;
  /** N m */
  readonly qfrc_applied: Float64Array;
  /** [body, the world first][force x, y, z, torque x, y, z] at the centre of mass; N, N m */
  readonly xfrc_applied: Float64Array;
}

const views = (data: MjData): DataViews => data;
