/** Updates on the tensor engine against the compiled ones, on the backends that every machine has. */
import { tensorUpdatesContract } from "./contract.ts";

tensorUpdatesContract("cpu");
tensorUpdatesContract("wasm");
