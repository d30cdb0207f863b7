"""Trajectories of MotorNet's own Arm26 (Codol et al. 2024, eLife 88591): the other side of motornet_check.ts.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"timeStep": 0.01, "slack": 1.0, "angles": [...], "velocities": [...], "excitations": [[...], ...],
     "load": [...]}
        ->  {"angles": [[...], ...], "velocities": …, "activation": …, "force": …, "hand": …}

that is joint states to start from, [trial][joint], excitations of every step, [step][trial][muscle], a force on
each hand, [trial][x, y] in N; answered with what there is after every step, [step][trial][…]. The muscles are
`RigidTendonHillMuscle`, whose passive force sets in at the normalised length `slack`. MotorNet computes in single
precision.

Before any request it says what computes: {"version": "0.3.0", "tensors": "torch 2.9.0", "slack": 1.4}, with the
slack that this version has by default. Versions from 0.2 on stand on PyTorch, those before on TensorFlow.
"""

import json
import sys
from importlib.metadata import version

import numpy as np


class TorchArm:
    """MotorNet from 0.2 on."""

    def __init__(self):
        import torch
        from motornet import effector, muscle

        self.torch = torch
        self.tensors = f"torch {torch.__version__}"
        self.slack = muscle.RigidTendonHillMuscle().to_build_dict_default["normalized_slack_muscle_length"]
        self.make = lambda slack, time_step: effector.RigidTendonArm26(
            muscle=muscle.RigidTendonHillMuscle(),
            timestep=time_step,
            muscle_kwargs={"normalized_slack_muscle_length": slack},
        )

    def run(self, request):
        torch = self.torch
        arm = self.make(request["slack"], request["timeStep"])
        start = np.concatenate((request["angles"], request["velocities"]), axis=1)
        arm.reset(options={"joint_state": torch.tensor(start, dtype=torch.float32)})
        load = torch.tensor(request["load"], dtype=torch.float32)
        for excitation in request["excitations"]:
            arm.step(torch.tensor(excitation, dtype=torch.float32), endpoint_load=load)
            yield {name: arm.states[name].detach().numpy() for name in ("joint", "muscle", "cartesian")}


class TensorFlowArm:
    """MotorNet before 0.2."""

    def __init__(self):
        import tensorflow as tf
        from motornet.plants import muscles, plants

        self.tf = tf
        self.tensors = f"tensorflow {tf.__version__}"
        self.slack = muscles.RigidTendonHillMuscle().to_build_dict_default["normalized_slack_muscle_length"]
        self.make = lambda time_step: plants.RigidTendonArm26(
            muscle_type=muscles.RigidTendonHillMuscle(), timestep=time_step
        )

    def run(self, request):
        tf = self.tf
        if request["slack"] != self.slack:
            raise ValueError(f"this version's slack is {self.slack} and cannot be {request['slack']}")
        arm = self.make(request["timeStep"])
        start = np.concatenate((request["angles"], request["velocities"]), axis=1)
        joint, _, muscle, geometry = arm.get_initial_state(joint_state=tf.constant(start, tf.float32))
        load = tf.constant(request["load"], tf.float32)
        for excitation in request["excitations"]:
            joint, cartesian, muscle, geometry = arm(
                tf.constant(excitation, tf.float32), joint, muscle, geometry, endpoint_load=load
            )
            yield {"joint": joint.numpy(), "muscle": muscle.numpy(), "cartesian": cartesian.numpy()}


def parts(state):
    """[trial][…] of one step, from MotorNet's packed states."""
    joint, muscle, cartesian = state["joint"], state["muscle"], state["cartesian"]
    return {
        "angles": joint[:, :2],
        "velocities": joint[:, 2:],
        "activation": muscle[:, 0],
        "force": muscle[:, -1],
        "hand": cartesian[:, :2],
    }


def main():
    installed = version("motornet")
    arm = TensorFlowArm() if installed.startswith("0.1") else TorchArm()
    print(json.dumps({"version": installed, "tensors": arm.tensors, "slack": arm.slack}), flush=True)
    for line in sys.stdin:
        steps = [parts(state) for state in arm.run(json.loads(line))]
        answer = {name: np.stack([step[name] for step in steps]).tolist() for name in steps[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
