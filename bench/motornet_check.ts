/**
 * Our plant beside MotorNet's own Arm26 (Codol et al. 2024, eLife 88591): from the same joint states, under
 * the same excitations and forces on the hand, both are stepped for half a second, and the largest
 * differences on the way are printed. Ends with code 1 where angles are more than 1e-5 rad or hands more
 * than 1e-5 m apart.
 *
 *   deno run --allow-run bench/motornet_check.ts [python]
 *
 * `python` is the program that has MotorNet (`--allow-run=<python>` is enough), by default `python3`. Any of
 * its versions will do: those from 0.2 on stand on PyTorch (`pip install motornet`), those before on
 * TensorFlow, which with Python 3.10 is
 *   pip install "tensorflow-cpu==2.12.*" "numpy<1.24" matplotlib ipython joblib tqdm
 *   pip install --no-deps motornet==0.1.5
 */
import { muscles } from "../sim/actuators/muscle.ts";
import { hillLaw } from "../sim/actuators/muscle_laws.ts";
import { findArm } from "../sim/arms/catalogue.ts";
import { type Precision, precisions } from "../sim/expression/batch.ts";
import { trainingEquations } from "../sim/physics/catalogue.ts";
import { equationsPlant } from "../sim/physics/equations_plant.ts";
import { randomStream } from "../sim/random.ts";
import { uniformPostures } from "../sim/tasks/draws.ts";
import { controlStep } from "../sim/tasks/task.ts";
import { gettingPython, PythonProcess, type PythonScript } from "./python_process.ts";

const script: PythonScript = { file: "motornet_check.py", needs: ["motornet"] };
const arm = findArm("arm26");
const trials = 64;
const steps = 50;
/** Steps for which excitations stay as they are. */
const hold = 10;
const largestLoad = 10;
const tolerance = 1e-5;
/** Normalised length at which passive force sets in: MotorNet's on TensorFlow, which is ours, and PyTorch. */
const slacks = [1, 1.4];

/** What is compared, and in which unit. */
const units = {
  angles: ", rad",
  velocities: ", rad/s",
  activation: "",
  force: ", N",
  hand: ", m",
} as const;

type Part = keyof typeof units;

const parts = Object.keys(units) as Part[];

/** What MotorNet says of itself. */
interface Greeting {
  readonly version: string;
  readonly tensors: string;
  readonly slack: number;
}

/** [step][trial][…] */
type Trajectory = Readonly<Record<Part, readonly (readonly (readonly number[])[])[]>>;

/** What both are given, exact in single precision. */
function drawn() {
  const stream = randomStream(1, "bench/motornet-check");
  const angles = uniformPostures(arm, stream, trials).map(Math.fround);
  const load = new Float64Array(2 * trials)
    .map(() => Math.fround(stream.uniform(-largestLoad, largestLoad)));
  const excitations: Float64Array[] = [];
  for (let step = 0; step < steps; step++) {
    excitations.push(
      step % hold ? excitations[step - 1] : new Float64Array(arm.muscles.length * trials)
        .map(() => Math.fround(stream.uniform(0, 1) ** 2)),
    );
  }
  return { angles, load, excitations };
}

const { angles, load, excitations } = drawn();

/** Rows [row][trial] as [trial][row]. */
function columns(rows: Float64Array): number[][] {
  return Array.from(
    { length: trials },
    (_, trial) => [...rows].filter((_, i) => i % trials === trial),
  );
}

function ours(slack: number, precision: Precision): Trajectory {
  const actuator = muscles("hill-muscle", arm, hillLaw(slack));
  const equations = trainingEquations({ arm, actuator, timeStep: controlStep });
  const plant = equationsPlant(equations, trials, precision);
  const path: Record<Part, number[][][]> = {
    angles: [],
    velocities: [],
    activation: [],
    force: [],
    hand: [],
  };
  plant.reset(angles);
  for (const excitation of excitations) {
    plant.step(excitation, { load });
    for (const part of parts) path[part].push(columns(plant.readings[part]));
  }
  return path;
}

/** Share of joints and steps in which a limit has taken the velocity. */
function heldShare({ velocities }: Trajectory): number {
  const all = velocities.flat(2);
  return all.filter((velocity) => velocity === 0).length / all.length;
}

function differences(a: Trajectory, b: Trajectory): Record<Part, number> {
  const largest = (part: Part) => {
    const [ours, theirs] = [a[part].flat(2), b[part].flat(2)];
    return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i])), 0);
  };
  return Object.fromEntries(parts.map((part) => [part, largest(part)])) as Record<Part, number>;
}

const [python = "python3"] = Deno.args;
const started = await PythonProcess.start<Greeting>(python, script);
if (typeof started === "string") {
  console.log(
    `No comparison with MotorNet: ${started}. Get it with\n${gettingPython(script.needs)}\n` +
      "  deno run --allow-run bench/motornet_check.ts /tmp/python/bin/python",
  );
} else {
  await using motornet = started;
  const { version, tensors, slack: usual } = motornet.greeting;
  const rows: Record<string, Record<string, number>> = {};
  let apart = false;
  for (const slack of tensors.startsWith("torch") ? slacks : [usual]) {
    const theirs = await motornet.request<Trajectory>({
      timeStep: controlStep,
      slack,
      angles: columns(angles),
      velocities: columns(new Float64Array(angles.length)),
      excitations: excitations.map(columns),
      load: columns(load),
    });
    for (const precision of precisions) {
      const found = differences(ours(slack, precision), theirs);
      apart ||= Math.max(found.hand, found.angles) > tolerance;
      rows[`slack ${slack}, ours in ${precision} precision`] = Object.fromEntries(
        parts.map((part) => [`${part}${units[part]}`, Number(found[part].toPrecision(2))]),
      );
    }
  }
  const held = Math.round(100 * heldShare(ours(usual, "double")));
  console.log(
    `MotorNet ${version} on ${tensors}, RigidTendonArm26, single precision; its slack is ${usual} by ` +
      `default.\n${trials} arms at rest anywhere, ${steps} steps of ${controlStep} s, excitations drawn ` +
      `anew every ${hold}, forces of up to\n${largestLoad} N on the hands; ${held} % of the time a joint ` +
      "is held by a limit. Largest differences on the way:\n",
  );
  console.table(rows);
  if (apart) Deno.exitCode = 1;
}
