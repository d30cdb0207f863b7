/** The conformance suite of the physics engines, run against each of them. */
import { precisions } from "../../sim/expression/batch.ts";
import { cannonEngine } from "../../sim/physics/cannon.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { integrators } from "../../sim/physics/plant_equations.ts";
import {
  firstOrder,
  fourthOrder,
  inSinglePrecision,
  physicsEngineContract,
} from "./physics_engine.ts";

physicsEngineContract(
  "cannon",
  (arm, scene, arms) => cannonEngine(arm, scene, { arms }),
  { ...firstOrder, acceleration: 1e-2 }, // its joints give a little in the first step
);

for (const precision of precisions) {
  for (const integrator of integrators) {
    const tolerances = integrator === "rk4" ? fourthOrder : firstOrder;
    physicsEngineContract(
      `equations (${integrator}, ${precision})`,
      (arm, scene, arms) => equationsEngine(arm, scene, { arms, integrator, precision }),
      precision === "single" ? inSinglePrecision(tolerances) : tolerances,
    );
  }
}
