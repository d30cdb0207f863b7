"""PPO of Stable-Baselines3 on Gymnasium's Reacher-v5, measured on request: the other side of rl_ppo.ts.

Each line of standard input is a request as JSON, each line of standard output its answer:

    {"settings": {"copies": 8, "rolloutLength": 256, …}}  ->  {"parameters": 9669}
    {"repetitions": 2}                                    ->  {"wall": 980.1, "processor": 979.3}

The first gives the settings by the names of our method's; it is answered with how many parameters are learnt. The
second is answered with mean milliseconds of an iteration (a roll-out of all copies and what is learnt from it), by
the clock and of processor time. All is computed on one thread. Before any request it says what computes:
{"baselines": "2.9.2", "gymnasium": "1.4.0", "torch": "2.15.0"}.
"""

import json
import sys
import time

import gymnasium
import stable_baselines3
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

torch.set_num_threads(1)

ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "elu": torch.nn.ELU}


def training(settings):
    """As our PPO is: the details of the two that differ by default are set alike."""
    copies, length = settings["copies"], settings["rolloutLength"]
    hidden = [settings["units"]] * settings["layers"]
    rate = settings["learningRate"]
    environment = VecNormalize(
        DummyVecEnv([lambda: gymnasium.make("Reacher-v5")] * copies), gamma=settings["discount"]
    )
    return PPO(
        "MlpPolicy",
        environment,
        learning_rate=(lambda left: rate * left) if settings["annealing"] else rate,
        n_steps=length,
        batch_size=copies * length // settings["miniBatches"],
        n_epochs=settings["epochs"],
        gamma=settings["discount"],
        gae_lambda=settings["traceDecay"],
        clip_range=settings["clipRange"],
        clip_range_vf=settings["clipRange"] if settings["clipValues"] else None,
        ent_coef=settings["entropyCoefficient"],
        # Its loss of the value lacks the half that ours has.
        vf_coef=settings["valueCoefficient"] / 2,
        max_grad_norm=settings["gradientNorm"],
        policy_kwargs={
            "net_arch": {"pi": hidden, "vf": hidden},
            "activation_fn": ACTIVATIONS[settings["activation"]],
            "optimizer_kwargs": {"eps": 1e-5},
        },
        seed=1,
        device="cpu",
    )


def measure(ppo, frames, repetitions):
    before = time.perf_counter(), time.process_time()
    ppo.learn(repetitions * frames, reset_num_timesteps=False)
    after = time.perf_counter(), time.process_time()
    wall, processor = (1000 * (b - a) / repetitions for a, b in zip(before, after))
    return {"wall": wall, "processor": processor}


def main():
    versions = {
        "baselines": stable_baselines3.__version__,
        "gymnasium": gymnasium.__version__,
        "torch": torch.__version__,
    }
    print(json.dumps(versions), flush=True)
    ppo, frames = None, 0
    for line in sys.stdin:
        request = json.loads(line)
        if "settings" in request:
            settings = request["settings"]
            ppo = training(settings)
            frames = settings["copies"] * settings["rolloutLength"]
            answer = {"parameters": sum(p.numel() for p in ppo.policy.parameters())}
        else:
            answer = measure(ppo, frames, request["repetitions"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
