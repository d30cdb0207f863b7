/** The conformance suite of the physics engines, run against each of them. */
import { cannonEngine } from "../../sim/physics/cannon.ts";
import { equationsEngine } from "../../sim/physics/equations.ts";
import { firstOrder, fourthOrder, physicsEngineContract } from "./physics_engine.ts";

physicsEngineContract(
  "cannon",
  (arm, scene, arms) => cannonEngine(arm, scene, { arms }),
  { ...firstOrder, acceleration: 1e-2 }, // its joints give a little in the first step
);

for (const integrator of ["motornet", "semi-implicit", "rk4"] as const) {
  physicsEngineContract(
    `equations (${integrator})`,
    (arm, scene, arms) => equationsEngine(arm, scene, { arms, integrator }),
    integrator === "rk4" ? fourthOrder : firstOrder,
  );
}
