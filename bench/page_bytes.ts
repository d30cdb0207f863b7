/** How many bytes the frames take that go to a page, each as the simulation or a task encodes it. */
import { encodeFrame } from "../cluster/frame.ts";
import { coordinateUnits, encodeSceneFrame } from "../cluster/scene_frame.ts";
import { recordScene } from "./page_scene.ts";
import { readable } from "./timing.ts";

/** What a frame of one arm has of each. */
interface Sizes {
  readonly joints: number;
  readonly muscles: number;
  readonly units: number;
}

function bytesOfArm({ joints, muscles, units }: Sizes): number {
  const zeros = (length: number) => new Float64Array(length);
  return encodeFrame({
    trial: 0,
    step: 0,
    angles: zeros(joints),
    handForce: zeros(2),
    activations: zeros(muscles),
    hidden: zeros(units),
    callosum: zeros(units),
  }).length;
}

function bytesInCrowd(copies: number): number {
  const { scene, frames: [frame] } = recordScene(copies);
  return encodeSceneFrame(frame, coordinateUnits(scene)).length / copies;
}

/** One row for each kind of frame. */
export function frameBytes() {
  const arm = { joints: 2, muscles: 6, units: 0 };
  return [
    { frame: "arm of 2 joints, motion alone", bytes: bytesOfArm({ ...arm, muscles: 0 }) },
    { frame: "arm of 2 joints and 6 muscles", bytes: bytesOfArm(arm) },
    { frame: "the same with 64 units of a network", bytes: bytesOfArm({ ...arm, units: 64 }) },
    { frame: "ArmReacher, alone", bytes: bytesInCrowd(1) },
    { frame: "ArmReacher, 1,000 side by side, an arm", bytes: readable(bytesInCrowd(1000)) },
  ];
}
