import assert from "node:assert/strict";
import {
  canonicalJson,
  decodeHint,
  encodeHint,
  jobId,
  laneOf,
  resumedLane,
} from "../../../cluster/jobs/identity.ts";
import { lanesInOrder } from "../../../cluster/jobs/lanes.ts";
import type { JobSpec, Needs } from "../../../cluster/jobs/records.ts";

const needs: Needs = { backend: "wasm", memory: 0, data: [] };
const spec: JobSpec = {
  kind: "library",
  work: { method: "biper", config: { rate: 0.1, depth: 3 }, seed: 1 },
  needs,
  code: "0.1.0",
};

Deno.test("canonical JSON has one form for each value, and JSON reads it back", () => {
  const value = { b: [1, 1e21, -0, "ü\n"], a: { z: null, y: true }, left: undefined };
  const text = '{"a":{"y":true,"z":null},"b":[1,1e+21,0,"ü\\n"]}';
  assert.equal(canonicalJson(value), text);
  assert.equal(canonicalJson(JSON.parse(text)), text);
});

Deno.test("what JSON cannot hold is refused, with its place", () => {
  for (
    const wrong of [
      NaN,
      Infinity,
      1n,
      () => {},
      new Date(0),
      new Map(),
      Uint8Array.of(1),
      undefined,
    ]
  ) {
    assert.throws(
      () => canonicalJson({ deep: [1, wrong] }),
      (error) => error instanceof TypeError && error.message.startsWith("/deep/1 is"),
      String(wrong),
    );
  }
});

Deno.test("a job's id depends on all that decides its result, and on nothing else", () => {
  const id = jobId(spec);
  assert.match(id, /^[0-9a-f]{40}$/);
  const { code, kind, work } = spec;
  const reordered = { seed: 1, config: { depth: 3, rate: 0.1 }, method: "biper" };
  assert.equal(jobId({ code, work: reordered, kind, needs }), id);
  const others: JobSpec[] = [
    { ...spec, kind: "sim" },
    { ...spec, code: "0.1.1" },
    { ...spec, work: { ...work, seed: 2 } },
    { ...spec, work: { ...work, seed: "1" } },
    { ...spec, needs: { ...needs, backend: "cpu" } },
  ];
  assert.equal(new Set([id, ...others.map(jobId)]).size, others.length + 1);
});

Deno.test("jobs with the same needs and priority share a lane, whose name a subject can hold", () => {
  const lane = laneOf(3, needs);
  assert.match(lane, /^p3-[0-9a-f]{16}$/);
  assert.equal(laneOf(3, { data: [], memory: 0, backend: "wasm" }), lane);
  assert.notEqual(laneOf(3, { ...needs, memory: 1 }), lane);
  assert.notEqual(laneOf(4, needs), lane);
  for (const wrong of [-1, 10, 0.5, NaN]) assert.throws(() => laneOf(wrong, needs), RangeError);
});

Deno.test("a worker looks into the lanes it is able for: by priority, what was begun first", () => {
  const gpu = { ...needs, backend: "webgpu" };
  const lanes = [[5, needs], [0, needs], [0, gpu]] as const;
  const records = lanes.flatMap(([priority, needs]) => {
    const lane = laneOf(priority, needs);
    return [
      [lane, { priority, needs, resumed: false }],
      [resumedLane(lane), { priority, needs, resumed: true }],
    ] as const;
  });
  const [normal, urgent] = [laneOf(5, needs), laneOf(0, needs)];
  assert.deepEqual(lanesInOrder(records, ({ backend }) => backend === "wasm"), [
    resumedLane(urgent),
    urgent,
    resumedLane(normal),
    normal,
  ]);
});

Deno.test("a hint says which job, and anything else is no hint", () => {
  const id = jobId(spec);
  assert.equal(decodeHint(encodeHint(id)), id);
  for (const wrong of ["", "{}", '{"job":"x"}', `{"job":"${id}","more":1}`, "\xff"]) {
    assert.throws(() => decodeHint(new TextEncoder().encode(wrong)), wrong);
  }
});
