/** Commands that bring the activations of a plant where they are wanted. */
import assert from "node:assert/strict";
import { activationDrives } from "../../../controllers/minimum_jerk/activation_drive.ts";
import { actuatorNames } from "../../../sim/actuators/actuator.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { middlePosture } from "../../../sim/arms/kinematics.ts";
import { equationsPlant } from "../../../sim/physics/equations_plant.ts";
import { assertClose, timeStep } from "./checks.ts";

const arm26 = findArm("arm26");

/** A drive of every actuator, beside a plant that obeys its commands. */
function driven(name: string) {
  const actuator = findActuator(name, arm26);
  const scene = { gravity: 0, limits: true };
  const plant = equationsPlant(
    { arm: arm26, actuator, scene, integrator: "motornet", timeStep },
    1,
  );
  plant.reset(Float64Array.from(middlePosture(arm26)));
  const drive = activationDrives(actuator, timeStep)();
  return (wanted: readonly number[]) => {
    const commands = Float64Array.from(drive(wanted));
    plant.step(commands);
    return { commands: [...commands], activation: [...plant.readings.activation] };
  };
}

Deno.test("a small change of activation is there after one step, up and down, for every actuator", () => {
  for (const name of actuatorNames) {
    const follow = driven(name);
    const { count } = findActuator(name, arm26);
    const wanted = (level: number) => Array.from({ length: count }, (_, m) => level + 0.01 * m);
    for (let step = 0; step < 30; step++) follow(wanted(0.3));
    for (const level of [0.32, 0.35, 0.33, 0.3]) {
      assertClose(follow(wanted(level)).activation, wanted(level), 2e-3);
    }
  }
});

Deno.test("a change beyond what one step allows is approached with the command at its limit", () => {
  // Muscles switch on within a step but take several to switch off.
  const follow = driven("hill-muscle");
  const { low } = findActuator("hill-muscle", arm26).command;
  const wanted = (level: number) => arm26.muscles.map(() => level);
  assertClose(follow(wanted(0.9)).activation, wanted(0.9), 1e-3);
  const { commands, activation } = follow(wanted(0));
  assert.deepEqual(commands, wanted(low));
  assert.ok(activation.every((value) => value > 0.3 && value < 0.7), `activation ${activation}`);
});

Deno.test("the drives of two arms remember their own activations", () => {
  const newDrive = activationDrives(findActuator("hill-muscle", arm26), timeStep);
  const wanted = arm26.muscles.map(() => 0.2);
  const [first, second] = [newDrive(), newDrive()];
  const fromRest = [...first(wanted)];
  first(wanted);
  assert.deepEqual([...second(wanted)], fromRest);
});
