/**
 * What programs of Deno have and a page has not. It stands in for the modules that a page's agent imports
 * but never comes to use, so that they need not be sent to every page.
 */

function absent(what: string): never {
  throw new TypeError(`${what} is not part of the page`);
}

/** Of `node:url`: a page has no files. */
export function fileURLToPath(): never {
  return absent("a path of a file");
}

/** Of `sim/physics/cannon.ts`: in a page arms move by their equations of motion. */
export function cannonEngine(): never {
  return absent("the engine cannon-es");
}

/** Of `agents/rollouts/evaluation_fleet.ts`: a page measures its trials itself. */
export class EvaluationFleet {
  constructor() {
    absent("an evaluation by several actors");
  }
}
