"""Training steps in PyTorch, measured on request: the other side of pytorch.ts.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"training": "perceptron-256", "threads": 1, "repetitions": 20}  ->  {"wall": 4.2, "processor": 4.1}

that is the mean milliseconds of a step, by the clock and of all threads' processor time. The first line of output, before any request, says what computes:
{"version": "2.9.0", "threads": 2}. The nets and their data's shapes are those of training_steps.ts.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional


def perceptron(width):
    x, y = torch.randn(width, width), torch.randn(width, width)
    net = nn.Sequential(
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, width),
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    return training_step(lambda: functional.mse_loss(net(x), y), optimiser)


class Sign(torch.autograd.Function):
    """Signs, differentiated by ReSTE's estimator half way through its schedule."""

    exponent = 1 + 2 * (1 - math.cos(math.pi / 4))
    threshold, core = 1.5, 0.1

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return torch.where(z >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, upstream):
        (z,) = ctx.saved_tensors
        o, size = Sign.exponent, z.abs()
        slope = size.clamp_min(Sign.core).pow(1 / o - 1) / o
        slope = torch.where(size <= Sign.core, o * slope, slope)
        return torch.where(size <= Sign.threshold, upstream * slope, 0.0)


class ConvolutionalNet(nn.Module):
    """The net of four convolutions with a shortcut each, `bnn-16`."""

    def __init__(self, binary):
        super().__init__()
        self.binary = binary
        self.stem = nn.Conv2d(1, 16, 3, stride=2, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(16)
        forms = [(16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
            for inputs, outputs, stride in forms
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for _, outputs, _ in forms)
        self.head_norm = nn.BatchNorm1d(32)
        self.head = nn.Linear(32, 8)

    def forward(self, images):
        x = self.stem_norm(self.stem(images))
        for convolution, norm in zip(self.convolutions, self.norms):
            x = norm(self.convolve(convolution, x)) + shortcut(x, convolution)
        return self.head(self.head_norm(x.mean(dim=(2, 3))))

    def convolve(self, convolution, x):
        if not self.binary:
            return convolution(x)
        weight = convolution.weight
        signs = Sign.apply(weight) * weight.abs().mean()
        return functional.conv2d(Sign.apply(x), signs, stride=convolution.stride, padding=1)


def shortcut(x, convolution):
    if convolution.stride[0] == 2:
        x = functional.avg_pool2d(x, 2)
    missing = convolution.out_channels - x.shape[1]
    return functional.pad(x, (0, 0, 0, 0, 0, missing)) if missing else x


def convolutional_net(binary):
    net = ConvolutionalNet(binary)
    images, labels = torch.randn(32, 1, 16, 16), torch.arange(32) % 8
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    return training_step(lambda: functional.cross_entropy(net(images), labels), optimiser)


def training_step(loss, optimiser):
    def step():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
        return value.item()

    return step


makers = {
    "perceptron-64": lambda: perceptron(64),
    "perceptron-256": lambda: perceptron(256),
    "perceptron-512": lambda: perceptron(512),
    "convolutional-real": lambda: convolutional_net(False),
    "convolutional-binary": lambda: convolutional_net(True),
}


def main():
    torch.manual_seed(1)
    print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["training"]
        step = steps.get(name) or steps.setdefault(name, makers[name]())
        torch.set_num_threads(request["threads"])
        step()  # threads that were asleep are awake
        repetitions = request["repetitions"]
        before = time.perf_counter(), time.process_time()
        for _ in range(repetitions):
            step()
        after = time.perf_counter(), time.process_time()
        wall, processor = (1000 * (b - a) / repetitions for a, b in zip(before, after))
        print(json.dumps({"wall": wall, "processor": processor}), flush=True)


if __name__ == "__main__":
    main()
