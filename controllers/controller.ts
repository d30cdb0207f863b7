/** What turns observations into commands for the actuators. */

/**
 * A controller is a pure function of its weights and its own state. It sees what the sensors give
 * (`sim/sensors/observation.ts`), never the simulator's state.
 */
export interface Controller {
  /** The name under which it can be chosen. */
  readonly name: string;
  /** Forget all state and get ready for `batch` arms that start a new trial. */
  reset(batch: number): void;
  /**
   * @param observations [number][arm], laid out as `observationLayout` says
   * @param actions written: [actuator][arm]; muscle excitations 0 … 1, motor commands −1 … 1
   */
  act(observations: Float64Array, actions: Float64Array): void;
}
