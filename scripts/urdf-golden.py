"""Writes test/robot/golden/*.json: what an independent reader (yourdfpy) makes of public URDFs.

    pip install yourdfpy==0.0.60        # in a virtual environment of its own
    python scripts/urdf-golden.py <folder of assets> test/robot/golden

Each file: joints, masses and, at five random configurations, the pose of every link relative to the root
(x, y, z, then the quaternion x, y, z, w).
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yourdfpy
from trimesh.transformations import quaternion_from_matrix

robots = [
    *[f"urdf/{name}.urdf" for name in (
        "allegro_right_hand", "anymal", "double_pendulum", "double_pendulum_continuous", "go2", "iris", "kinova",
        "solo12", "ur10_robot", "ur5_robot",
    )],
    "robots/so101/so101_new_calib.urdf",
    "robots/panda/urdf/panda.urdf",
    "robots/panda/urdf/panda_collision.urdf",
]


def rounded(values):
    return [float(f"{value:.10g}") for value in values]


def joint_of(joint):
    limit, dynamics, mimic = joint.limit, joint.dynamics, joint.mimic
    entry = {"name": joint.name, "type": joint.type, "parent": joint.parent, "child": joint.child}
    if joint.type != "fixed":
        axis = np.asarray(joint.axis, dtype=float)
        entry["axis"] = rounded(axis / np.linalg.norm(axis))
    if limit is not None:
        entry["limit"] = [limit.lower, limit.upper, limit.velocity, limit.effort]
    if dynamics is not None:
        entry["dynamics"] = [float(dynamics.damping or 0), float(dynamics.friction or 0)]  # strings there
    if mimic is not None:
        entry["mimic"] = [mimic.joint, mimic.multiplier, mimic.offset]
    return entry


def mass_of(inertial):
    matrix = np.eye(4) if inertial.origin is None else inertial.origin
    turn = matrix[:3, :3]
    inertia = turn @ np.asarray(inertial.inertia, dtype=float) @ turn.T
    return {"mass": inertial.mass, "center": rounded(matrix[:3, 3]), "inertia": rounded(inertia[np.triu_indices(3)])}


def configuration_of(robot, random):
    q = {}
    for joint in robot.robot.joints:
        if joint.type == "fixed" or joint.mimic is not None:
            continue
        low, high = -3.0, 3.0
        if joint.type != "continuous" and joint.limit is not None:
            low, high = max(low, joint.limit.lower), min(high, joint.limit.upper)
        q[joint.name] = float(f"{random.uniform(low, high):.6f}") if low < high else low
    robot.update_cfg(q)
    poses = {}
    for link in robot.robot.links:
        matrix = robot.get_transform(link.name, robot.base_link)
        w, x, y, z = quaternion_from_matrix(matrix)
        poses[link.name] = rounded([*matrix[:3, 3], x, y, z, w])
    return {"q": q, "poses": poses}


def main(assets, out):
    for path in robots:
        robot = yourdfpy.URDF.load(assets / path, load_meshes=False, load_collision_meshes=False)
        random = np.random.default_rng(1)
        golden = {
            "reader": f"yourdfpy {version('yourdfpy')}",
            "file": path,
            "root": robot.base_link,
            "joints": [joint_of(joint) for joint in robot.robot.joints],
            "links": {
                link.name: mass_of(link.inertial) if link.inertial is not None else None for link in robot.robot.links
            },
            "configurations": [configuration_of(robot, random) for _ in range(5)],
        }
        (out / f"{Path(path).stem}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
