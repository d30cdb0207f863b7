/**
 * What is tested on WebGPU; webgpu_test.ts runs it in a process of its own. Its name hides it from
 * `deno test tests/`.
 */
import { graphics, tensorBackendContract } from "../contract/tensor_backend.ts";
import { cases, tensorRolloutContract } from "../contract/rollout.ts";
import { cases as policies, tensorUpdatesContract } from "../learners/rl/tensors/contract.ts";
import { wgslKernelTests } from "./kernels.ts";

tensorBackendContract("webgpu", graphics);
tensorRolloutContract("webgpu", cases.slice(0, 3));
tensorUpdatesContract("webgpu", policies.filter((_, i) => i % 2 === 0));
wgslKernelTests();
