import type { RobotModel } from '#src/core/robot';
import { robotFromUrdf } from '#src/robot/robot-model';

const link = (name: string, mass: number, length: number) => `
  <link name="${name}"><inertial><origin xyz="${length / 2} 0 0"/><mass value="${mass}"/>
    <inertia ixx="1e-4" ixy="0" ixz="0" iyy="${(mass * length ** 2) / 12}" iyz="0" izz="${(mass * length ** 2) / 12}"/></inertial></link>`;
const joint = (name: string, parent: string, child: string, x: number, axis: string) => `
  <joint name="${name}" type="revolute"><parent link="${parent}"/><child link="${child}"/><origin xyz="${x} 0 0"/>
    <axis xyz="${axis}"/><limit lower="-2" upper="2" velocity="8" effort="6"/></joint>`;

export const armUrdf = `<robot name="arm"><link name="foot"/>
  ${link('post', 0.5, 0.01)}${link('upper', 0.4, 0.25)}${link('lower', 0.3, 0.2)}
  ${joint('turn', 'foot', 'post', 0, '0 0 1')}${joint('lift', 'post', 'upper', 0, '0 1 0')}
  ${joint('bend', 'upper', 'lower', 0.25, '0 1 0')}</robot>`;

export const armJson = {
  actuators: ['turn', 'lift', 'bend'].map((name) => ({
    joint: name,
    kind: 'position',
    stiffness: 30,
    damping: 0,
    maxEffort: 6,
  })),
  joints: { '*': { damping: 0.8, friction: 0.1, armature: 0.02 } },
  home: { lift: 0.3, bend: 0.4 },
  sim: { timestep: 0.002 },
};

/** A post that turns about the vertical and carries two links that turn about the horizontal. */
export const arm = robotFromUrdf(armUrdf, armJson, { urdfFile: 'arm.urdf' });

/** How a robot differs from its description: factors, and the latency in s. */
export interface Truth {
  readonly friction?: number;
  readonly damping?: number;
  readonly armature?: number;
  readonly gains?: number;
  readonly mass?: number;
  readonly latency?: number;
}

export function altered(robot: RobotModel, truth: Truth): RobotModel {
  const { friction = 1, damping = 1, armature = 1, gains = 1, mass = 1, latency = 0 } = truth;
  return {
    ...robot,
    joints: robot.joints.map((joint) => ({
      ...joint,
      friction: joint.friction * friction,
      damping: joint.damping * damping,
      armature: joint.armature * armature,
    })),
    actuators: robot.actuators.map((actuator) =>
      actuator.kind === 'position' ? { ...actuator, stiffness: actuator.stiffness * gains } : actuator,
    ),
    links: robot.links.map((link) => {
      if (!link.inertial) return link;
      const inertia = link.inertial.inertia.map(
        (value) => value * mass,
      ) as unknown as typeof link.inertial.inertia;
      return { ...link, inertial: { ...link.inertial, mass: link.inertial.mass * mass, inertia } };
    }),
    simulation: { ...robot.simulation, latency },
  };
}
