"""Steps of arms in MuJoCo's C library, measured on request: the other side of motor_plant.ts.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"model": "motors", "xml": "<mujoco>…", "angles": [1.2, 1.4], "controls": [[1, -0.5], ...]}
        ->  {"angles": [...]}
    {"model": "motors", "repetitions": 20}
        ->  {"wall": 1.8, "processor": 1.8}

The first gives a model a name, an initial posture and the controls of as many steps as a run has; it is answered
with the posture in which a run ends. The second is answered with mean milliseconds of a run, by the clock and of
processor time. A run is one call of MuJoCo's own roll-out, written in C++: Python has no part in a step. All is
computed on one thread. Before any request it says what computes: {"version": "3.14.0"}.
"""

import json
import sys
import time

import mujoco
import numpy as np
from mujoco import rollout

STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS


class Run:
    """Steps of a model from the same start, under the same controls."""

    def __init__(self, xml, angles, controls):
        self.model = mujoco.MjModel.from_xml_string(xml)
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:] = angles
        self.start = np.zeros((1, mujoco.mj_stateSize(self.model, STATE)))
        mujoco.mj_getState(self.model, self.data, self.start[0], STATE)
        self.controls = np.array(controls, dtype=float)[np.newaxis]

    def __call__(self):
        rollout.rollout(self.model, self.data, self.start, self.controls)

    def end(self):
        self()
        return {"angles": self.data.qpos.tolist()}


def measure(run, repetitions):
    before = time.perf_counter(), time.process_time()
    for _ in range(repetitions):
        run()
    after = time.perf_counter(), time.process_time()
    wall, processor = (1000 * (b - a) / repetitions for a, b in zip(before, after))
    return {"wall": wall, "processor": processor}


def main():
    print(json.dumps({"version": mujoco.__version__}), flush=True)
    runs = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["model"]
        if "xml" in request:
            runs[name] = Run(request["xml"], request["angles"], request["controls"])
            answer = runs[name].end()
        else:
            answer = measure(runs[name], request["repetitions"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
