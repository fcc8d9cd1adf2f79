import { expect, it } from 'vitest';
import { robotSheet } from '#src/cli/robot-sheet';
import { robotFromUrdf } from '#src/robot/index';

const inertial = (ixx: number, xyz = '0 0 0') =>
  `<inertial><origin xyz="${xyz}"/><mass value="2"/><inertia ixx="${ixx}" iyy="0.1" izz="0.1"/></inertial>`;
const ball = '<collision><geometry><sphere radius="0.1"/></geometry></collision>';
const mesh = (uri: string) => `<visual><geometry><mesh filename="${uri}"/></geometry></visual>`;
const joint = (name: string, parent: string, child: string, rest: string, type = 'revolute') =>
  `<joint name="${name}" type="${type}"><parent link="${parent}"/><child link="${child}"/><axis xyz="0 0 1"/>${rest}</joint>`;
const limit = '<limit lower="-1" upper="2" effort="5" velocity="3"/>';

const urdf = `<robot name="sheet">
  <link name="base">${mesh('found.stl')}${mesh('lost.dae')}</link>
  <link name="sound">${inertial(0.1)}${ball}</link>
  <link name="impossible">${inertial(0.5, '0.3 0 0')}${ball}</link>
  <link name="rod">${inertial(0)}</link>
  <link name="bare">${ball}</link>
  <link name="frame"/>
  ${joint('lift', 'base', 'sound', limit, 'prismatic')}
  ${joint('turn', 'sound', 'impossible', `${limit}<dynamics damping="0.5" friction="0.25"/>`)}
  ${joint('led', 'impossible', 'rod', '<limit lower="-9" upper="9" effort="1" velocity="1"/><mimic joint="turn" multiplier="-2" offset="0.5"/>')}
  ${joint('spin', 'rod', 'bare', '<limit effort="4"/>', 'continuous')}
  ${joint('tool', 'bare', 'frame', '', 'fixed')}
  <transmission/>
</robot>`;

const robot = robotFromUrdf(
  urdf,
  {
    joints: { '*': { armature: 0.01 } },
    actuators: [
      { joint: 'lift', kind: 'position', stiffness: 100, damping: 3, backlash: 0.02 },
      { joint: 'turn', kind: 'velocity', damping: 7 },
    ],
  },
  {
    urdfFile: 'sheet.urdf',
    mesh: ({ uri, scale }) =>
      uri === 'found.stl' ? [{ kind: 'mesh', uri, scale, file: 'somewhere' }] : undefined,
  },
);
const lines = robotSheet(robot);

/** The only line that begins with `name`, its runs of spaces as two. */
function line(name: string): string {
  const found = lines.filter((text) => text.startsWith(`${name} `));
  expect(found).toHaveLength(1);
  return found[0].replace(/ {2,}/g, '  ');
}

it('begins with what there is and what it weighs', () => {
  expect(lines[0]).toBe('sheet: 6 links, 3 movable joints, 1 that follow, 10.19 kg');
});

it('shows each joint with its limits, its drive, friction and armature', () => {
  expect(line('lift')).toBe(
    'lift  prismatic  -1 … 2 m  3 m/s  ±5 N, servo 100 + 3 s, backlash 0.02  0  0  0.01  0',
  );
  expect(line('turn')).toBe('turn  revolute  -1 … 2 rad  3 rad/s  ±5 N m, rate servo 7  0.5  0.25  0.01  0');
  expect(line('led')).toBe('led  revolute  -9 … 9 rad  1 rad/s  follows -2 · turn + 0.5  0  0  0.01');
  expect(line('spin')).toBe('spin  continuous  free, rad  –  passive  0  0  0.01  0');
});

it('says of each mass whether it can be true', () => {
  expect(line('sound')).toBe('sound  2 kg  0.1 0.1 0.1  ok');
  expect(line('impossible')).toBe(
    'impossible  2 kg  0.1 0.1 0.5  impossible: a moment exceeds the sum of the others; centre of mass 200 mm outside its shapes',
  );
  expect(line('rod')).toBe('rod  2 kg  0 0.1 0.1  not positive definite');
  expect(line('frame')).toBe('frame  –');
});

it('counts meshes found and missing', () => {
  expect(lines).toContain('meshes: 1 found, 1 missing');
});

it('ends with what was guessed, what is odd and what was ignored', () => {
  const at = (pattern: RegExp) => lines.findIndex((text) => pattern.test(text));
  const order = [
    at(/^guessed the mass of link "bare"/),
    at(/^note: link "impossible"/),
    at(/^ignored <trans/),
  ];
  expect(order.every((index) => index > 0)).toBe(true);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});
