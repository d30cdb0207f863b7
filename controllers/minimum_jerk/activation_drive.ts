/**
 * From wanted activations to commands: the command that brings each activation there in one step, as far
 * as the activation dynamics allow. As activations are not sensed, a drive keeps a copy of those that its
 * commands have caused.
 */
import type { Actuator } from "../../sim/actuators/actuator.ts";
import { Graph } from "../../sim/expression/graph.ts";
import { compileKernel } from "../../sim/expression/kernel.ts";
import { inputLanes, type Lanes, lanesAlgebra } from "../../sim/expression/lanes.ts";

/** Size of the command step by which the activation dynamics are probed. */
const probe = 1e-3;

/**
 * Makes drives, one an arm. A drive turns wanted activations into the commands that bring them about
 * as far as one step allows, and remembers the activations that its commands have caused.
 */
export function activationDrives(actuator: Actuator, timeStep: number) {
  const { count, restActivation, command: { low, high } } = actuator;
  const kernel = activationKernel(actuator, timeStep);
  return () => {
    const activation = new Float64Array(count).fill(restActivation);
    const commands = new Float64Array(count);
    const reached = new Float64Array(3 * count);
    return (wanted: readonly number[]) => {
      kernel.run(1, activation, commands, reached);
      wanted.forEach((goal, m) => {
        const change = goal - activation[m];
        const probed = change > 0 ? reached[count + m] : reached[2 * count + m];
        const rate = Math.abs(probed - activation[m]) / probe;
        const command = rate > 0 ? activation[m] + change / rate : goal;
        commands[m] = Math.min(high, Math.max(low, command));
      });
      kernel.run(1, activation, commands, reached);
      activation.set(reached.subarray(0, count));
      return commands;
    };
  };
}

/**
 * Kernel: activation, command → activation after one step, then after a command a little above the
 * activation, then a little below it.
 */
function activationKernel(actuator: Actuator, timeStep: number) {
  const graph = new Graph();
  const algebra = lanesAlgebra(graph);
  const activation = inputLanes(graph, actuator.count);
  const command = inputLanes(graph, actuator.count);
  const after = (value: Lanes) => actuator.activate(algebra, activation, value, timeStep);
  const above = algebra.add(activation, algebra.constant(probe));
  const below = algebra.subtract(activation, algebra.constant(probe));
  return compileKernel("activation", [
    { name: "old", rows: activation },
    { name: "command", rows: command },
  ], [{ name: "reached", rows: [...after(command), ...after(above), ...after(below)] }]);
}
