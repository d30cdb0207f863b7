/** The published reachers in MuJoCo, written anew from their numbers: oracles for the tasks. */
import type { MjData } from "@mujoco/mujoco";
import { mujoco } from "../mujoco.ts";

/** Two capsules and a finger in the plane, driven by motors. */
interface Reacher {
  readonly options: string;
  readonly jointDefaults: string;
  readonly elbowRange: readonly [number, number];
  /** m */
  readonly upperArm: number;
  readonly forearm: number;
  readonly finger: number;
  readonly gear: number;
}

const reachers = {
  gym: {
    options: `timestep="0.01" integrator="RK4"`,
    jointDefaults: `armature="1" damping="1"`,
    elbowRange: [-3, 3],
    upperArm: 0.1,
    forearm: 0.1,
    finger: 0.11,
    gear: 200,
  },
  suite: {
    options: `timestep="0.02"`,
    jointDefaults: `damping="0.01"`,
    elbowRange: [-160 * Math.PI / 180, 160 * Math.PI / 180],
    upperArm: 0.12,
    forearm: 0.1,
    finger: 0.12,
    gear: 0.05,
  },
} as const satisfies Record<string, Reacher>;

function xmlOf(
  { options, jointDefaults, elbowRange, upperArm, forearm, finger, gear }: Reacher,
): string {
  return `
    <mujoco>
      <compiler angle="radian" inertiafromgeom="true"/>
      <option ${options}><flag contact="disable"/></option>
      <default>
        <joint type="hinge" axis="0 0 1" ${jointDefaults}/>
        <geom type="capsule" size="0.01" density="1000"/>
        <motor gear="${gear}" ctrlrange="-1 1" ctrllimited="true"/>
      </default>
      <worldbody>
        <body>
          <joint name="shoulder"/>
          <geom fromto="0 0 0 ${upperArm} 0 0"/>
          <body pos="${upperArm} 0 0">
            <joint name="elbow" limited="true" range="${elbowRange.join(" ")}"/>
            <geom fromto="0 0 0 ${forearm} 0 0"/>
            <body pos="${finger} 0 0"><geom type="sphere"/></body>
          </body>
        </body>
      </worldbody>
      <actuator><motor joint="shoulder"/><motor joint="elbow"/></actuator>
    </mujoco>`;
}

interface Views {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly ctrl: Float64Array;
  /** [body, the world first][x, y, z] */
  readonly xpos: Float64Array;
}

const views = (data: MjData): Views => data;

/** One copy of a reacher in MuJoCo; `using` frees its memory. */
export interface MujocoReacher extends Disposable {
  reset(angles: readonly number[], velocities: readonly number[]): void;
  /** So many steps of the physics under motor commands. */
  step(commands: readonly number[], substeps: number): void;
  readonly angles: readonly number[];
  readonly velocities: readonly number[];
  /** x, y of the finger where the joints stand, m. */
  finger(): readonly number[];
}

/** A reacher by its origin. */
export function mujocoReacher(name: keyof typeof reachers): MujocoReacher {
  const model = mujoco.MjModel.from_xml_string(xmlOf(reachers[name]));
  const data = new mujoco.MjData(model);
  return {
    reset(angles, velocities) {
      mujoco.mj_resetData(model, data);
      views(data).qpos.set(angles);
      views(data).qvel.set(velocities);
    },
    step(commands, substeps) {
      views(data).ctrl.set(commands);
      for (let substep = 0; substep < substeps; substep++) mujoco.mj_step(model, data);
    },
    get angles() {
      return [...views(data).qpos];
    },
    get velocities() {
      return [...views(data).qvel];
    },
    finger() {
      mujoco.mj_kinematics(model, data);
      return [...views(data).xpos.subarray(9, 11)];
    },
    [Symbol.dispose]() {
      data.delete();
      model.delete();
    },
  };
}
