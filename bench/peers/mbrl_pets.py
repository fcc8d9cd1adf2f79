"""Times mbrl-lib's PETS for bench/peers.ts: a JSON request a line on stdin, a JSON answer a line on stdout.

  {"do": "load", "hidden": [200, ...], "parameters": FILE}   the same nets: plain order of src/core/engine.ts, float32
  {"do": "forward", "inputs": [...]}                         means and log-variances of inputs [E, B, I]
  {"do": "evaluate", "candidates": N, "particles": P, "horizon": H}    seconds of one evaluation, by the clock and of processors
  {"do": "trial", "steps": K}                                its cartpole PETS: seconds of the fit and of K plans
"""

import json
import os
import sys
import tempfile
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # The library prints.

import gymnasium as gym
import mbrl
import mbrl.algorithms.pets as pets
import mbrl.env.reward_fns as reward_fns
import mbrl.env.termination_fns as termination_fns
import mbrl.models
import numpy as np
import torch
from omegaconf import OmegaConf

MEMBERS, STATE, ACTION = 5, 4, 1


class CartPole(gym.Env):
    """Stands in for `cartpole_pets_version`, whose MuJoCo model the package on PyPI lacks: the same spaces and order
    (x, angle from hanging, their rates), a point mass on a cart. It ends after `explore` steps, then after `steps`,
    and notes when it was asked for each step."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (STATE,), np.float64)
    action_space = gym.spaces.Box(-3, 3, (ACTION,), np.float32)
    length, cart, pole, gravity, period = 0.6, 10.0, 5.0, 9.81, 0.04

    def __init__(self, explore=0, steps=0):
        self.ends = {explore, explore + steps}
        self.asked = []

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.state = self.np_random.normal(0, 0.1, STATE)
        return self.state.copy(), {}

    def step(self, action):
        self.asked.append(time.perf_counter())
        x, angle, dx, dangle = self.state
        force = 100 * float(np.clip(action, -3, 3)[0])
        for _ in range(8):
            sine, cosine = np.sin(angle), np.cos(angle)
            mass = self.cart + self.pole * sine**2
            ddx = (force + self.pole * sine * (self.length * dangle**2 + self.gravity * cosine)) / mass
            ddangle = -(cosine * ddx + self.gravity * sine) / self.length
            dx, dangle = dx + self.period / 8 * ddx, dangle + self.period / 8 * ddangle
            x, angle = x + self.period / 8 * dx, angle + self.period / 8 * dangle
        self.state = np.array([x, angle, dx, dangle])
        reward = reward_fns.cartpole_pets(torch.tensor(action)[None], torch.tensor(self.state)[None])
        return self.state.copy(), float(reward), False, len(self.asked) in self.ends, {}


def load(request):
    """The nets of the request, in what PETS plans with: its wrapper with normalised inputs, TS1 as configured."""
    hidden = request["hidden"]
    net = mbrl.models.GaussianMLP(
        STATE + ACTION,
        STATE,
        "cpu",
        num_layers=len(hidden),
        ensemble_size=MEMBERS,
        hid_size=hidden[0],
        propagation_method="random_model",
        activation_fn_cfg={"_target_": "torch.nn.SiLU"},
    )
    values = np.fromfile(request["parameters"], np.float32)
    at = 0
    with torch.no_grad():
        for layer in [*(block[0] for block in net.hidden_layers), net.mean_and_logvar]:
            for part in (layer.weight, layer.bias):
                part.copy_(torch.from_numpy(values[at : at + part.numel()]).view(part.shape))
                at += part.numel()
    assert at == len(values)
    model = mbrl.models.OneDTransitionRewardModel(
        net, target_is_delta=True, normalize=True, normalize_double_precision=True, learned_rewards=False
    )
    generator = torch.Generator().manual_seed(0)
    environment = mbrl.models.ModelEnv(
        CartPole(), model, termination_fns.no_termination, reward_fns.cartpole_pets, generator=generator
    )
    return net, environment


def forward(net, request):
    inputs = torch.tensor(request["inputs"]).view(MEMBERS, -1, STATE + ACTION)
    with torch.no_grad():
        mean, log_variance = net.forward(inputs, use_propagation=False)
    return {"mean": mean.flatten().tolist(), "logVariance": log_variance.flatten().tolist()}


def evaluate(environment, request):
    actions = torch.randn(request["candidates"], request["horizon"], ACTION)
    start = np.zeros(STATE, np.float32)
    begin, used = time.perf_counter(), time.process_time()
    environment.evaluate_action_sequences(actions, start, request["particles"])
    return {"seconds": time.perf_counter() - begin, "processor": time.process_time() - used}


def configuration(steps):
    """`algorithm=pets overrides=pets_cartpole_paper_version dynamics_model.in_size=6`, as examples/main.py reads it."""
    folder = os.path.join(os.path.dirname(mbrl.__file__), "examples", "conf")
    read = lambda name: OmegaConf.load(os.path.join(folder, name + ".yaml"))
    config = OmegaConf.create(
        {
            "algorithm": read("algorithm/pets"),
            "dynamics_model": read("dynamics_model/gaussian_mlp_ensemble"),
            "overrides": read("overrides/pets_cartpole_paper_version"),
            # action_optimizer/cem.yaml, which the package on PyPI lacks.
            "action_optimizer": {
                "_target_": "mbrl.planning.CEMOptimizer",
                "num_iterations": "${overrides.cem_num_iters}",
                "elite_ratio": "${overrides.cem_elite_ratio}",
                "population_size": "${overrides.cem_population_size}",
                "alpha": "${overrides.cem_alpha}",
                "lower_bound": "???",
                "upper_bound": "???",
                "return_mean_elites": True,
                "device": "cpu",
                "clipped_normal": "${overrides.cem_clipped_normal}",
            },
            "device": "cpu",
            "seed": 0,
            "debug_mode": False,
        }
    )
    config.dynamics_model.in_size = 6
    config.overrides.num_steps = steps
    # Hydra 1.0 did not look into nested configurations, later ones do unless told.
    config.dynamics_model._recursive_ = False
    config.algorithm.agent._recursive_ = False
    return config


def trial(request):
    """Its own `train` on its own configuration: a random trial, a fit, and the first plans of the next trial."""
    config = configuration(request["steps"])
    explore = config.algorithm.initial_exploration_steps
    environment = CartPole(explore, request["steps"])
    with tempfile.TemporaryDirectory() as folder:
        pets.train(
            environment,
            termination_fns.no_termination,
            reward_fns.cartpole_pets,
            config,
            silent=True,
            work_dir=folder,
        )
    between = np.diff(environment.asked[explore - 1 :])
    plan = between[1:]
    overrides = config.overrides
    return {
        "fitSeconds": float(max(0, between[0] - np.median(plan))),
        "planSeconds": plan.tolist(),
        "trialSteps": overrides.trial_length,
        "evaluations": overrides.cem_population_size
        * overrides.cem_num_iters
        * config.algorithm.num_particles
        * overrides.planning_horizon,
    }


def main():
    torch.set_num_threads(int(sys.argv[1]))
    capability = torch.backends.cpu.get_cpu_capability()
    answer = {"description": f"mbrl-lib {mbrl.__version__}, torch {torch.__version__}, {capability}"}
    net = environment = None
    while True:
        print(json.dumps(answer), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        request = json.loads(line)
        if request["do"] == "load":
            net, environment = load(request)
            answer = {}
        elif request["do"] == "forward":
            answer = forward(net, request)
        elif request["do"] == "evaluate":
            answer = evaluate(environment, request)
        else:
            answer = trial(request)


main()
