import { expect } from 'vitest';
import { InputError } from '#src/core/errors';
import { robotFromUrdf } from '#src/robot/index';

export const inertial = '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1"/></inertial>';
export const limit = '<limit lower="-1" upper="2" effort="5" velocity="3"/>';

export function link(name: string, inside = inertial): string {
  return `<link name="${name}">${inside}</link>`;
}

export function joint(
  name: string,
  parent: string,
  child: string,
  inside = limit,
  type = 'revolute',
): string {
  return `<joint name="${name}" type="${type}"><parent link="${parent}"/><child link="${child}"/>${inside}</joint>`;
}

export function read(inside: string, json?: unknown) {
  return robotFromUrdf(`<?xml version="1.0"?><robot name="r">${inside}</robot>`, json, {
    urdfFile: 'r.urdf',
  });
}

export function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('nothing was thrown');
}

export const two = link('a') + link('b');
