"""The training update of the two-hemisphere network in PyTorch, on the processor: the other side of
motor_pytorch.ts. It is a measuring stick and no part of the laboratory.

The same equations as ours, written anew: Arm26 with six rigid-tendon Hill muscles (Kistemaker, Wong & Gribble
2010), explicit Euler in MotorNet's order, joint limits; two hemispheres with a callosum between the layers
(Rinaldo et al. 2024, arXiv 2401.14057), both losses pulled back through one roll-out, each into its own
hemisphere and by half into what they share; clipping of each tensor, Adam, merge weights not negative.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"problem": {"arm": …, "weights": [...], "startAngles": [...], …}}
        ->  {}
    {"request": "gradient", "form": "eager", "precision": "double"}
        ->  {"terms": [P1, P2, E, R], "gradient": [...]}
    {"request": "measure", "form": "compiled", "precision": "single", "repetitions": 20}
        ->  {"wall": 91.2, "processor": 91.0}

The first hands over the problem. The others are answered with the terms of the losses and the routed gradient on
its weights and trials, or with mean milliseconds of an update on trials drawn anew, by the clock and of processor
time. Before any request it says what computes: {"version": "2.9.0"}. All is computed on one thread.

Two forms: "eager", one operation after the other, and "compiled", in which torch.compile makes one function of
several time steps of network and plant, and one of the losses. Values are [trials, lanes]; both hemispheres are
computed at once, as [hemisphere, trials, units], which spares PyTorch a tenth of its operations.
"""

import json
import sys
import time
from typing import NamedTuple

import torch
import torch._functorch.config
from torch.nn import functional

# Both losses are pulled back through one compiled graph, so it may not give its buffers away.
torch._functorch.config.donated_buffer = False

STEPS_PER_CALL = {"eager": 1, "compiled": 5}
"""Time steps of one function; has to divide those of a trial. Ten take twice as long to compile and gain 5 %."""

SMALLEST_ACTIVATION = 0.001
ACTIVATION_TIME, DEACTIVATION_TIME = 0.015, 0.05  # s
ACTIVITY_CHANGE = 0.05
HEMISPHERES = ("left", "right")


class Arm:
    """A planar arm of two links with its muscles, from our description of it."""

    def __init__(self, arm, time_step, dtype):
        def tensor(rows):
            return torch.tensor(rows, dtype=dtype)

        upper, fore = arm["links"]
        muscles = arm["muscles"]
        self.time_step = time_step
        reach = fore["mass"] * fore["centreOfMass"]
        self.fore_inertia = fore["inertia"] + reach * fore["centreOfMass"]
        self.coupling = reach * upper["length"]
        self.whole_inertia = (
            upper["inertia"]
            + upper["mass"] * upper["centreOfMass"] ** 2
            + fore["mass"] * upper["length"] ** 2
            + self.fore_inertia
        )
        self.lengths = tensor([upper["length"], fore["length"]])
        self.lower = tensor([joint["lower"] for joint in arm["joints"]])
        self.upper = tensor([joint["upper"] for joint in arm["joints"]])
        self.reference = tensor(arm["muscleReference"])
        self.path = tensor([m["pathLength"] for m in muscles])
        self.tendon = tensor([m["tendonLength"] for m in muscles])
        self.optimal = tensor([m["optimalLength"] for m in muscles])
        self.strength = tensor([m["maximalForce"] for m in muscles])
        self.moment = tensor([m["momentArms"] for m in muscles]).T.contiguous()  # [joint, muscle]
        self.bend = tensor([m["momentArmSlopes"] for m in muscles]).T.contiguous()

    def hand(self, angles):
        """[trials, 2], m"""
        links = angles.cumsum(1)
        return torch.stack((links.cos() @ self.lengths, links.sin() @ self.lengths), 1)

    def geometry(self, angles, velocities):
        """Normalised lengths and velocities, [trials, muscle], and moment arms, [trials, joint, muscle]."""
        turned = (angles - self.reference).unsqueeze(2)
        bent = self.bend * turned
        path = self.path + ((self.moment + bent) * turned).sum(1)
        moment = self.moment + 2 * bent
        length = (path - self.tendon).clamp_min(0) / self.optimal
        velocity = (moment * velocities.unsqueeze(2)).sum(1) / (10 * self.optimal)
        return length, velocity, moment

    def activate(self, activation, excitation):
        """Activation after a step (Thelen 2003)."""
        target = excitation.clamp(SMALLEST_ACTIVATION, 1)
        scale = 0.5 + 1.5 * activation
        time_constant = torch.where(
            target > activation, ACTIVATION_TIME * scale, DEACTIVATION_TIME / scale
        )
        change = (target - activation) / time_constant
        return (activation + self.time_step * change).clamp(SMALLEST_ACTIVATION, 1)

    def force(self, a, n, v):
        """Forces in N from activation, normalised length and normalised velocity."""
        passive = (n - 1).clamp_min(0).square() / 0.66**2
        force_length = (1 - (n - 1).square() / 0.66**2).clamp_min(0.01)
        hill_a = 0.41 * torch.where(n > 1, force_length, 1.0)
        weak = (1 - 0.9 * (a - 0.3) / (0.005 - 0.3)).square()
        hill_b = 5.2 * torch.where(a < 0.3, weak, 1.0)
        isometric = a * force_length
        slope = (isometric + a * hill_a) / hill_b
        sigma = 0.001
        # Each branch on its own side of v = 0, or the unused one may spoil the gradient.
        short, long = v.clamp_max(0), v.clamp_min(0)
        shortening = (short * a * hill_a + isometric * hill_b) / (hill_b - short)
        p0 = sigma - 2 * slope
        p1 = -0.5 * isometric / p0
        p2 = 0.25 * isometric.square() / p0
        p3 = -1.5 * isometric
        lengthening = (p1 * (sigma * long - p3) + p2 + long * (sigma * long - p3)) / (p1 + long)
        active = torch.where(v < 0, shortening, lengthening).clamp_min(0)
        return self.strength * (active + passive)

    def accelerations(self, angles, velocities, torques):
        """rad/s²"""
        elbow = angles[:, 1]
        first, second = velocities.unbind(1)
        sine, cosine = self.coupling * elbow.sin(), self.coupling * elbow.cos()
        right = torques[:, 0] + sine * (2 * first + second) * second
        low = torques[:, 1] - sine * first.square()
        m11, m12, m22 = self.whole_inertia + 2 * cosine, self.fore_inertia + cosine, self.fore_inertia
        determinant = m11 * m22 - m12.square()
        return torch.stack((m22 * right - m12 * low, m11 * low - m12 * right), 1) / determinant.unsqueeze(1)

    def hold_limits(self, angles, velocities):
        inwards = torch.where(angles > self.lower, velocities, velocities.clamp_min(0))
        inwards = torch.where(angles < self.upper, inwards, inwards.clamp_max(0))
        return angles.clamp(self.lower, self.upper), inwards


class State(NamedTuple):
    """What is carried from step to step, all [trials, …]."""

    angles: torch.Tensor
    velocities: torch.Tensor
    activation: torch.Tensor
    force: torch.Tensor
    length: torch.Tensor
    """Sensed: it belongs to the joint state before the last step."""
    velocity: torch.Tensor
    hand: torch.Tensor


def rest(arm, angles):
    still = torch.zeros_like(angles)
    length, velocity, _ = arm.geometry(angles, still)
    activation = torch.full_like(length, SMALLEST_ACTIVATION)
    force = arm.force(activation, length, velocity)
    return State(angles, still, activation, force, length, velocity, arm.hand(angles))


def move(arm, state, excitation):
    """The arm after a step, in MotorNet's order: torques are of the old forces."""
    length, velocity, moment = arm.geometry(state.angles, state.velocities)
    torques = -(moment * state.force.unsqueeze(1)).sum(2)
    acceleration = arm.accelerations(state.angles, state.velocities, torques)
    activation = arm.activate(state.activation, excitation)
    force = arm.force(activation, length, velocity)
    angles, velocities = arm.hold_limits(
        state.angles + arm.time_step * state.velocities,
        state.velocities + arm.time_step * acceleration,
    )
    return State(angles, velocities, activation, force, length, velocity, arm.hand(angles))


class Weights(NamedTuple):
    """The parameters of two hemispheres of two layers."""

    kernel0: torch.Tensor
    """[hemisphere, inputs, units]"""
    bias0: torch.Tensor
    """[hemisphere, 1, units]"""
    kernel1: torch.Tensor
    bias1: torch.Tensor
    merge: torch.Tensor
    """[hemisphere, 1, 1]"""
    output_kernel: torch.Tensor
    """[units, muscles]"""
    output_bias: torch.Tensor

    OWN, SHARED = slice(0, 4), slice(4, None)
    """What a hemisphere has for itself, and what both have together."""


def excite(weights, state, target):
    """Excitations [trials, muscle] and the activity of both layers, each [hemisphere, trials, units]."""
    observation = torch.cat((state.length, state.velocity, state.hand, target), 1)
    both = observation.expand(2, -1, -1)
    first = torch.tanh(torch.baddbmm(weights.bias0, both, weights.kernel0))
    units = first.shape[2]
    pooled = functional.pad(functional.max_pool1d(first, 2), (units - units // 2, 0))
    second = torch.tanh(torch.baddbmm(weights.bias1, first + pooled.flip(0), weights.kernel1))
    merged = (weights.merge * second).sum(0)
    readout = torch.addmm(weights.output_bias, merged, weights.output_kernel)
    return torch.sigmoid(readout), first, second


def advance(arm, count):
    """A function of `count` time steps."""

    def steps(weights, state, target):
        weights = Weights(*weights)
        state = State(*state)
        errors, excitations, activity = [], [], []
        for _ in range(count):
            excitation, first, second = excite(weights, state, target)
            state = move(arm, state, excitation)
            errors.append(state.hand - target)
            excitations.append(excitation)
            activity.append(torch.stack((first, second)))
        return tuple(state), torch.stack(errors), torch.stack(excitations), torch.stack(activity)

    return steps


def loss_terms(time_step):
    def terms(errors, excitations, activity):
        """P1, P2, E and R; activity is [time, layer, hemisphere, trials, units]."""
        layers = activity.shape[1] * activity.shape[2]
        change = (activity[1:] - activity[:-1]).square().mean()
        regulariser = activity.square().mean() + ACTIVITY_CHANGE / time_step**2 * change
        return (
            errors.abs().mean(),
            10 * errors.square().mean(),
            excitations.square().mean(),
            layers * regulariser,
        )

    return terms


class Problem:
    """What motor_pytorch.ts hands over, in one precision."""

    def __init__(self, problem, precision):
        self.dtype = {"single": torch.float32, "double": torch.float64}[precision]
        self.layout = problem["layout"]
        self.trials, self.steps = problem["trials"], problem["steps"]
        self.learning_rate = problem["learningRate"]
        self.arm = Arm(problem["arm"], problem["timeStep"], self.dtype)
        self.start = self.columns(problem["startAngles"])
        self.goal = self.columns(problem["goal"])
        flat = torch.tensor(problem["weights"], dtype=self.dtype)
        named = {
            tensor["name"]: flat[tensor["offset"] : tensor["offset"] + tensor["size"]].reshape(tensor["shape"])
            for tensor in self.layout
        }

        def both(name):
            return torch.stack([named[name.replace("*", side)] for side in HEMISPHERES])

        self.weights = Weights(
            both("*.0.kernel"),
            both("*.0.bias").unsqueeze(1),
            both("*.1.kernel"),
            both("*.1.bias").unsqueeze(1),
            both("merge.*").unsqueeze(2),
            named["output.kernel"],
            named["output.bias"],
        )

    def columns(self, rows):
        """Rows [row][trial] as [trials, row]."""
        return torch.tensor(rows, dtype=self.dtype).reshape(-1, self.trials).T.contiguous()

    def flat(self, tensors):
        """Tensors like the weights as one vector, in the order of our layout."""
        tensors = Weights(*tensors)
        parts = {"output.kernel": tensors.output_kernel, "output.bias": tensors.output_bias}
        for i, side in enumerate(HEMISPHERES):
            parts[f"{side}.0.kernel"], parts[f"{side}.0.bias"] = tensors.kernel0[i], tensors.bias0[i]
            parts[f"{side}.1.kernel"], parts[f"{side}.1.bias"] = tensors.kernel1[i], tensors.bias1[i]
            parts[f"merge.{side}"] = tensors.merge[i]
        return torch.cat([parts[tensor["name"]].flatten() for tensor in self.layout])


class Training:
    """The updates of one problem in one form."""

    def __init__(self, problem, form):
        self.problem = problem
        self.count = STEPS_PER_CALL[form]
        self.advance = advance(problem.arm, self.count)
        self.terms = loss_terms(problem.arm.time_step)
        if form == "compiled":
            self.advance = torch.compile(self.advance, fullgraph=True, dynamic=False)
            self.terms = torch.compile(self.terms, fullgraph=True, dynamic=False)
        self.weights = Weights(*(w.clone().requires_grad_() for w in problem.weights))
        self.optimiser = torch.optim.Adam(self.weights, lr=problem.learning_rate, eps=1e-7, fused=True)

    def gradient(self, start, goal):
        """The terms of the losses, and Σ of the losses' shares of the gradient."""
        state = tuple(rest(self.problem.arm, start))
        chunks = []
        for _ in range(self.problem.steps // self.count):
            state, *chunk = self.advance(tuple(self.weights), state, goal)
            chunks.append(chunk)
        errors, excitations, activity = (torch.cat(part) for part in zip(*chunks))
        p1, p2, effort, regulariser = terms = self.terms(errors, excitations, activity)
        accuracy = torch.autograd.grad(5 * p1 + 0.02 * regulariser, self.weights, retain_graph=True)
        economy = torch.autograd.grad(5 * p2 + 2 * effort, self.weights)
        own = [torch.stack((a[0], e[1])) for a, e in zip(accuracy[Weights.OWN], economy[Weights.OWN])]
        shared = [0.5 * (a + e) for a, e in zip(accuracy[Weights.SHARED], economy[Weights.SHARED])]
        return terms, own + shared

    def draw(self):
        """Starts and goals of random reaches."""
        arm = self.problem.arm
        postures = torch.rand(2, self.problem.trials, 2, dtype=self.problem.dtype)
        start, goal = (arm.lower + (arm.upper - arm.lower) * postures).unbind(0)
        return start, arm.hand(goal)

    def update(self):
        _, gradient = self.gradient(*self.draw())
        for weight, own in zip(self.weights, clipped(gradient)):
            weight.grad = own
        self.optimiser.step()
        with torch.no_grad():
            self.weights.merge.clamp_min_(0)


def clipped(gradient):
    """Every tensor's norm at most 1; a hemisphere's are tensors of their own."""
    dimensions = [(1, 2)] * 5 + [(0, 1), (0,)]
    return [
        g / torch.linalg.vector_norm(g, dim=d, keepdim=True).clamp_min(1) for g, d in zip(gradient, dimensions)
    ]


def differentiate(training, _):
    problem = training.problem
    terms, gradient = training.gradient(problem.start, problem.goal)
    return {"terms": [term.item() for term in terms], "gradient": problem.flat(gradient).tolist()}


def measure(training, request):
    repetitions = request["repetitions"]
    before = time.perf_counter(), time.process_time()
    for _ in range(repetitions):
        training.update()
    after = time.perf_counter(), time.process_time()
    wall, processor = (1000 * (b - a) / repetitions for a, b in zip(before, after))
    return {"wall": wall, "processor": processor}


ANSWERS = {"gradient": differentiate, "measure": measure}


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    print(json.dumps({"version": torch.__version__}), flush=True)
    problem, trainings = None, {}
    for line in sys.stdin:
        request = json.loads(line)
        if "problem" in request:
            problem, answer = request["problem"], {}
        else:
            key = request["form"], request["precision"]
            if key not in trainings:
                form, precision = key
                trainings[key] = Training(Problem(problem, precision), form)
            answer = ANSWERS[request["request"]](trainings[key], request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
