/** Kernels in WGSL against the same in double precision; part of suite.ts. */
import assert from "node:assert/strict";
import { Graph } from "../../sim/expression/graph.ts";
import type { KernelStatement } from "../../sim/expression/lowering.ts";
import { wgslKernel, workgroupSize } from "../../sim/expression/wgsl_kernel.ts";
import { type FieldPart, fieldParts } from "../../sim/physics/hand_field.ts";
import {
  adjointStatement,
  resetStatement,
  stepStatement,
} from "../../sim/physics/plant_kernels.ts";
import { randomStream } from "../../sim/random.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import {
  equationsOf,
  randomAngles,
  randomField,
  randomRows,
  randomStates,
  type Variation,
  withSingleLimits,
} from "../sim/plant_problems.ts";
import { type Arrays, assertRowsClose, inSingle, runStatement } from "../sim/statements.ts";

/** The outputs of `statement` for `elements` elements, by name, computed by `device`. */
async function runOn(
  device: GPUDevice,
  statement: KernelStatement,
  elements: number,
  inputs: Arrays,
): Promise<Record<string, Float32Array>> {
  let rows = 0;
  const firstRows = new Map<string, number>();
  for (const array of [...statement.inputs, ...statement.outputs]) {
    firstRows.set(array.name, rows);
    rows += array.rows.length;
  }
  const firstRow = (array: string) => firstRows.get(array)!;
  const size = 4 * rows * elements;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const numbers = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  const read = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  for (const { name } of statement.inputs) {
    const values = Float32Array.from(inputs[name]);
    device.queue.writeBuffer(numbers, 4 * firstRow(name) * elements, values);
  }
  const module = device.createShaderModule({ code: wgslKernel(statement, firstRow) });
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module, entryPoint: "run", constants: { elements } },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: numbers } }],
    }),
  );
  pass.dispatchWorkgroups(Math.ceil(elements / workgroupSize));
  pass.end();
  encoder.copyBufferToBuffer(numbers, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const all = new Float32Array(read.getMappedRange().slice(0));
  for (const buffer of [numbers, read]) buffer.destroy();
  return Object.fromEntries(statement.outputs.map(({ name, rows }) => {
    const first = firstRow(name) * elements;
    return [name, all.subarray(first, first + rows.length * elements)];
  }));
}

const [arm26, human3] = ["arm26", "human3"].map((name) => withSingleLimits(findArm(name)));

const plants: readonly (readonly [name: string, Variation, parts: readonly FieldPart[]])[] = [
  ["Arm26 with Hill muscles in a field", { arm: arm26 }, fieldParts],
  ["Arm26 with Thelen's muscles", { arm: arm26, actuator: "thelen-muscle" }, []],
  ["an arm of three joints with motors", { arm: human3, actuator: "torque-motor" }, ["load"]],
];

/** Registers the tests; they need an adapter. */
export function wgslKernelTests(): void {
  for (const [name, variation, parts] of plants) {
    Deno.test(`WGSL: reset, step and adjoint are those of double precision: ${name}`, async () => {
      const device = await readyDevice();
      const equations = equationsOf(variation);
      const arms = 200;
      const stream = randomStream(1, `wgsl/${name}`);
      const { count, command } = equations.actuator;
      const inputs = {
        state: randomStates(equations, stream, arms),
        command: randomRows(stream, count * arms, command.low, command.high),
        ...randomField(stream, parts, arms),
      };
      const adjoint = adjointStatement(equations, parts, 2);
      const cotangents = adjoint.inputs.filter(({ name }) => name.includes("Cotangent"))
        .map(({ name, rows }) => [name, randomRows(stream, rows.length * arms, -1, 1)]);
      const angles = randomAngles(equations.arm, stream, arms);
      const cases: readonly (readonly [KernelStatement, Arrays, tolerance: number])[] = [
        [resetStatement(equations), { angles }, 1e-5],
        [stepStatement(equations, parts), inputs, 5e-6],
        [adjoint, { ...inputs, ...Object.fromEntries(cotangents) }, 1e-5],
      ];
      for (const [statement, given, tolerance] of cases) {
        const single = inSingle(given);
        const actual = await runOn(device, statement, arms, single);
        const expected = runStatement(statement, "double", arms, single);
        assertRowsClose(actual, expected, arms, tolerance, statement.name);
      }
      device.destroy();
    });
  }

  Deno.test("WGSL: sines, cosines and exponentials are not the coarse built-in ones", async () => {
    const device = await readyDevice();
    const graph = new Graph();
    const x = graph.input();
    const statement = {
      name: "elementary",
      inputs: [{ name: "x", rows: [x] }],
      outputs: [{ name: "y", rows: [graph.sin(x), graph.cos(x), graph.exp(x)] }],
    };
    const count = 4096;
    const numbers = Float32Array.from({ length: count }, (_, i) => 20 * (i / count - 0.5));
    const { y } = await runOn(device, statement, count, { x: numbers });
    [Math.sin, Math.cos, Math.exp].forEach((exact, row) =>
      numbers.forEach((number, i) => {
        const expected = exact(number);
        const value = y[row * count + i];
        const bound = 3e-7 * (row === 2 ? expected : 1);
        assert.ok(Math.abs(value - expected) <= bound, `${exact.name} ${number}: ${value}`);
      })
    );
    device.destroy();
  });
}

async function readyDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  assert.ok(adapter, "no WebGPU adapter");
  return await adapter.requestDevice();
}
