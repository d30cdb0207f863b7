"""Gymnasium's Reacher-v5 in MuJoCo's C library, measured on request: the other side of robots_environment.ts.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"xml": "<mujoco>…", "copies": 1024, "substeps": 2, "horizon": 50}
        ->  {}
    {"form": "episode", "check": {"angles": [[…]], "velocities": [[…]], "targets": [[…]], "actions": [[[…]]]}}
        ->  {"observations": [[[…]]], "rewards": [[…]]}
    {"form": "episode", "repetitions": 3}
        ->  {"wall": 410.2, "processor": 409.8}

The first hands over the arm: a model with the arm's two joints and nothing else, which is faster than
Gymnasium's own, with its target on two joints more. The second is answered with what comes of actions
[copy][step][motor] from given starts, by copy and step; the third with mean milliseconds of a run, by the clock
and of processor time. A run is an episode of all copies, with actions drawn beforehand: starts drawn, actions
applied, observations and rewards computed. All is computed on one thread. Before any request it says what
computes: {"mujoco": "3.14.0", "gymnasium": "1.4.0"}.

Three forms: "episode", all steps of an episode in one call of MuJoCo's own roll-out, which is written in C++;
"step", a call for each control step, as a policy in the loop needs it; both compute observations and rewards with
NumPy, for all copies at once. "gymnasium", one copy of Gymnasium's environment, as its users have it.
"""

import json
import sys
import time

import gymnasium
import mujoco
import numpy as np
from mujoco import rollout

STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS

UPPER_ARM, FINGER = 0.1, 0.11  # m: elbow from shoulder, finger from elbow
TARGET_RADIUS = 0.2  # m
START_ANGLE, START_SPEED = 0.1, 0.005  # rad, rad/s
# The state is time, angles, velocities, and nothing else.
ANGLES, VELOCITIES = slice(1, 3), slice(3, 5)


class Reacher:
    """Copies of the arm, each with a target; arrays are [copy] or [copy, step] and then what is meant."""

    def __init__(self, xml, copies, substeps, horizon):
        self.model = mujoco.MjModel.from_xml_string(xml)
        self.data = mujoco.MjData(self.model)
        self.substeps = substeps
        self.horizon = horizon
        self.random = np.random.default_rng(1)
        self.actions = self.random.uniform(-1, 1, (copies, horizon, 2))

    def start(self, copies):
        """Motion and targets as Reacher-v5 draws them."""
        angles = self.random.uniform(-START_ANGLE, START_ANGLE, (copies, 2))
        velocities = self.random.uniform(-START_SPEED, START_SPEED, (copies, 2))
        # Uniform in a disc, all copies at once.
        radius = TARGET_RADIUS * np.sqrt(self.random.uniform(0, 1, copies))
        direction = self.random.uniform(-np.pi, np.pi, copies)
        targets = np.stack((radius * np.cos(direction), radius * np.sin(direction)), -1)
        return angles, velocities, targets

    def state(self, angles, velocities):
        state = np.zeros((len(angles), mujoco.mj_stateSize(self.model, STATE)))
        state[:, ANGLES] = angles
        state[:, VELOCITIES] = velocities
        return state

    def observe(self, state, targets):
        """The ten numbers of each state, in the order of Reacher-v5."""
        angles = state[..., ANGLES]
        cosine, sine = np.cos(angles), np.sin(angles)
        whole = angles.sum(-1)
        off_x = UPPER_ARM * cosine[..., 0] + FINGER * np.cos(whole) - targets[..., 0]
        off_y = UPPER_ARM * sine[..., 0] + FINGER * np.sin(whole) - targets[..., 1]
        observation = np.empty((*state.shape[:-1], 10))
        observation[..., 0:2] = cosine
        observation[..., 2:4] = sine
        observation[..., 4:6] = targets
        observation[..., 6:8] = state[..., VELOCITIES]
        observation[..., 8] = off_x
        observation[..., 9] = off_y
        return observation

    @staticmethod
    def reward(observation, action):
        distance = np.sqrt(observation[..., 8] ** 2 + observation[..., 9] ** 2)
        return -distance - (action**2).sum(-1)

    def episode(self, start, actions):
        """Observations and rewards of all steps, from one roll-out."""
        angles, velocities, targets = start
        controls = np.repeat(actions, self.substeps, axis=1)
        states, _ = rollout.rollout(self.model, self.data, self.state(angles, velocities), controls)
        observations = self.observe(states[:, self.substeps - 1 :: self.substeps], targets[:, np.newaxis])
        return observations, self.reward(observations, actions)

    def step(self, start, actions):
        """The same step by step."""
        angles, velocities, targets = start
        state = self.state(angles, velocities)
        observations, rewards = [], []
        for step in range(actions.shape[1]):
            action = actions[:, step]
            controls = np.repeat(action[:, np.newaxis], self.substeps, axis=1)
            states, _ = rollout.rollout(self.model, self.data, state, controls)
            state = states[:, -1]
            observations.append(self.observe(state, targets))
            rewards.append(self.reward(observations[-1], action))
        return np.stack(observations, 1), np.stack(rewards, 1)

    def run(self, form):
        """One episode of all copies."""
        start = self.start(len(self.actions))
        self.observe(self.state(*start[:2]), start[2])
        getattr(self, form)(start, self.actions)


class Gymnasium:
    """One copy of the published environment."""

    def __init__(self):
        self.environment = gymnasium.make("Reacher-v5")
        self.actions = np.random.default_rng(1).uniform(-1, 1, (50, 2)).astype(np.float32)
        self.environment.reset(seed=1)

    def run(self, _form):
        for action in self.actions:
            self.environment.step(action)
        self.environment.reset()


def check(reacher, form, given):
    start = tuple(np.array(given[name]) for name in ("angles", "velocities", "targets"))
    observations, rewards = getattr(reacher, form)(start, np.array(given["actions"]))
    return {"observations": observations.tolist(), "rewards": rewards.tolist()}


def measure(runner, form, repetitions):
    before = time.perf_counter(), time.process_time()
    for _ in range(repetitions):
        runner.run(form)
    after = time.perf_counter(), time.process_time()
    wall, processor = (1000 * (b - a) / repetitions for a, b in zip(before, after))
    return {"wall": wall, "processor": processor}


def main():
    versions = {"mujoco": mujoco.__version__, "gymnasium": gymnasium.__version__}
    print(json.dumps(versions), flush=True)
    reacher, published = None, Gymnasium()
    for line in sys.stdin:
        request = json.loads(line)
        if "xml" in request:
            reacher = Reacher(**request)
            answer = {}
        elif "check" in request:
            answer = check(reacher, request["form"], request["check"])
        else:
            runner = published if request["form"] == "gymnasium" else reacher
            answer = measure(runner, request["form"], request["repetitions"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
