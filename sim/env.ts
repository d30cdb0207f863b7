/**
 * Motor tasks as environments with Gymnasium's semantics, for N arms at once (`VectorEnv`) or one
 * (`Env`).
 *
 * | | muscles | torque motors |
 * | --- | --- | --- |
 * | action | excitation of each muscle, from its least (0 or 0.001) to 1 | command of each joint, −1 … 1 |
 * | observation | `sim/sensors/observation.ts` | the same |
 * | reward | −‖hand − target‖ after the step, m | the same |
 * | terminated | never | never |
 * | truncated | after the task's number of steps | the same |
 *
 * Arrays of the vector form are laid out [row][arm]. All arms of a task have trials of the same length,
 * so they are truncated together; `reset` then starts the next trials.
 */
import type { Space } from "./environments/environment.ts";
import { type RandomStream, randomStream } from "./random.ts";
import { requireLength } from "./physics/arrays.ts";
import type { Plant } from "./physics/plant.ts";
import { type ObservationLayout, observationLayout } from "./sensors/observation.ts";
import { perfectSensing, Senses, type Sensing } from "./sensors/sensing.ts";
import type { Task } from "./tasks/task.ts";
import { inputsAt, type StepInputs, stepInputs, type TrialBatch } from "./tasks/trial.ts";

/** How a reset is to be done. */
export interface ResetOptions {
  /** Start the environment's random streams anew from this seed; without it they go on. */
  readonly seed?: number;
  /** Exactly these trials instead of drawn ones. */
  readonly trials?: TrialBatch;
}

/** What is known beside observation and reward. */
export interface StepInfo {
  /** The trials being done. */
  readonly trials: TrialBatch;
  /** Steps done in them. */
  readonly step: number;
  /** The targets and force fields that hold from here to the next step. */
  readonly inputs: StepInputs;
}

/** Results of `VectorEnv.step`. */
export interface VectorStep {
  /** [row][arm]; a view that the next step overwrites */
  readonly observation: Float64Array;
  /** [arm] */
  readonly reward: Float64Array;
  /** [arm], 0 or 1 */
  readonly terminated: Uint8Array;
  /** [arm], 0 or 1 */
  readonly truncated: Uint8Array;
  readonly info: StepInfo;
}

/** N arms that do trials of one task. */
export class VectorEnv {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly layout: ObservationLayout;
  readonly #senses: Senses;
  readonly #observation: Float64Array;
  readonly #reward: Float64Array;
  readonly #terminated: Uint8Array;
  readonly #truncated: Uint8Array;
  readonly #commands: Float64Array;
  #seed = 0;
  #episode = 0;
  #noise: RandomStream = randomStream(0, "env/noise/0");
  #trials: TrialBatch | undefined;
  #inputs: StepInputs | undefined;
  #step = 0;

  constructor(
    readonly plant: Plant,
    readonly task: Task,
    sensing: Sensing = perfectSensing,
  ) {
    const { arm, actuator, arms, timeStep } = plant;
    this.layout = observationLayout(arm, actuator.muscles);
    this.#senses = new Senses(sensing, this.layout, arms, timeStep);
    this.#observation = new Float64Array(this.layout.size * arms);
    this.#reward = new Float64Array(arms);
    this.#terminated = new Uint8Array(arms);
    this.#truncated = new Uint8Array(arms);
    this.#commands = new Float64Array(actuator.count * arms);
    const unbounded = Array.from({ length: this.layout.size }, () => Infinity);
    this.observationSpace = { low: unbounded.map((bound) => -bound), high: unbounded };
    const every = (bound: number) => Array.from({ length: actuator.count }, () => bound);
    this.actionSpace = { low: every(actuator.command.low), high: every(actuator.command.high) };
  }

  /** How many arms. */
  get arms(): number {
    return this.plant.arms;
  }

  /**
   * The targets and force fields that hold from here to the next step.
   * @throws {Error} before the first reset
   */
  get inputs(): StepInputs {
    if (!this.#inputs) throw new Error("the environment has not been reset yet");
    return this.#inputs;
  }

  /**
   * Start new trials, drawn from the stream `env/trials/<episode>` unless given. The observation is a
   * view that the next step overwrites.
   * @throws {RangeError} when given trials do not fit the number of arms or the control step
   */
  reset({ seed, trials }: ResetOptions = {}): { observation: Float64Array; info: StepInfo } {
    const { arm, arms, timeStep } = this.plant;
    const [from, episode] = seed === undefined ? [this.#seed, this.#episode] : [seed, 0];
    const noise = randomStream(from, `env/noise/${episode}`);
    const drawn = trials ??
      this.task.draw(arm, randomStream(from, `env/trials/${episode}`), arms);
    if (drawn.trials !== arms || drawn.timeStep !== timeStep) {
      throw new RangeError(
        `${drawn.trials} trials with steps of ${drawn.timeStep} s do not fit an environment of ` +
          `${arms} arms with steps of ${timeStep} s`,
      );
    }
    this.plant.reset(drawn.startAngles);
    [this.#seed, this.#episode, this.#noise] = [from, episode + 1, noise];
    this.#trials = drawn;
    this.#inputs = stepInputs(drawn);
    this.#step = 0;
    this.#observe();
    this.#senses.reset(this.#observation);
    this.#senses.sense(this.#observation, this.#noise);
    return { observation: this.#observation, info: this.#info() };
  }

  /**
   * One control step.
   * @param action [actuator][arm]; values beyond the action space are clipped by the actuators
   * @throws {Error} before the first reset, and after the trials have ended
   */
  step(action: Float64Array): VectorStep {
    const trials = this.#trials;
    const inputs = this.#inputs;
    if (!trials || !inputs) throw new Error("step before the first reset of the environment");
    if (this.#step >= trials.steps) {
      throw new Error(`the trials ended after ${trials.steps} steps; reset the environment`);
    }
    this.#commands.set(requireLength("action", action, this.#commands.length));
    this.#senses.disturb(this.#commands, this.#noise);
    this.plant.step(this.#commands, inputs.field);
    this.#judge(inputs.target);
    this.#step++;
    this.#truncated.fill(this.#step === trials.steps ? 1 : 0);
    this.#observe();
    this.#senses.sense(this.#observation, this.#noise);
    return {
      observation: this.#observation,
      reward: this.#reward,
      terminated: this.#terminated,
      truncated: this.#truncated,
      info: this.#info(),
    };
  }

  #info(): StepInfo {
    return { trials: this.#trials!, step: this.#step, inputs: this.#inputs! };
  }

  /** Rewards of the step just made, for the targets that held in it. */
  #judge(target: Float64Array): void {
    const { hand } = this.plant.readings;
    const { arms } = this;
    for (let i = 0; i < arms; i++) {
      this.#reward[i] = -Math.hypot(hand[i] - target[i], hand[arms + i] - target[arms + i]);
    }
  }

  /** The plant's senses and the targets that hold from now on. */
  #observe(): void {
    const { sensed } = this.plant.readings;
    inputsAt(this.#trials!, Math.min(this.#step, this.#trials!.steps - 1), this.#inputs!);
    this.#observation.set(sensed);
    this.#observation.set(this.#inputs!.target, sensed.length);
  }
}

/** Results of `Env.step`. */
export interface SingleStep {
  readonly observation: Float64Array;
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly info: StepInfo;
}

/** One arm that does trials of one task. Observations are the caller's to keep. */
export class Env {
  readonly #vector: VectorEnv;

  /** @throws {RangeError} when the plant has not exactly one arm */
  constructor(plant: Plant, task: Task, sensing: Sensing = perfectSensing) {
    if (plant.arms !== 1) {
      throw new RangeError(`a single environment needs a plant of 1 arm, not ${plant.arms}`);
    }
    this.#vector = new VectorEnv(plant, task, sensing);
  }

  get layout(): ObservationLayout {
    return this.#vector.layout;
  }

  get observationSpace(): Space {
    return this.#vector.observationSpace;
  }

  get actionSpace(): Space {
    return this.#vector.actionSpace;
  }

  /** Start a new trial; see `VectorEnv.reset`. */
  reset(options: ResetOptions = {}): { observation: Float64Array; info: StepInfo } {
    const { observation, info } = this.#vector.reset(options);
    return { observation: observation.slice(), info };
  }

  /** One control step; see `VectorEnv.step`. */
  step(action: Float64Array): SingleStep {
    const { observation, reward, terminated, truncated, info } = this.#vector.step(action);
    return {
      observation: observation.slice(),
      reward: reward[0],
      terminated: terminated[0] === 1,
      truncated: truncated[0] === 1,
      info,
    };
  }
}
