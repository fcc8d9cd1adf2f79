import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { robotFromUrdf } from '#src/robot/index';
import { failure, inertial, joint, limit, link, read, two } from './small-urdf.ts';

describe('a malformed URDF', () => {
  const deep = `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`;
  const cases: [string, () => unknown, RegExp][] = [
    [
      'truncated',
      () => robotFromUrdf('<robot name="r"><link name="a"', undefined, { urdfFile: 'r.urdf' }),
      /well-formed.*complete/,
    ],
    [
      'cut between elements',
      () => robotFromUrdf('<robot name="r"><link name="a"/>', undefined, { urdfFile: 'r.urdf' }),
      /well-formed|cannot be read/,
    ],
    ['empty', () => robotFromUrdf(' ', undefined, { urdfFile: 'r.urdf' }), /empty/],
    ['not XML', () => robotFromUrdf('hello', undefined, { urdfFile: 'r.urdf' }), /r\.urdf/],
    ['binary', () => robotFromUrdf('\u0000\u0001\ufffd<<', undefined, { urdfFile: 'r.urdf' }), /r\.urdf/],
    ['another format', () => robotFromUrdf('<mujoco/>', undefined, { urdfFile: 'r.urdf' }), /<mujoco>.*MJCF/],
    [
      'xacro',
      () =>
        robotFromUrdf('<robot xmlns:xacro="http://x" name="r"><xacro:arm/></robot>', undefined, {
          urdfFile: 'r.urdf',
        }),
      /xacro/,
    ],
    [
      'an entity bomb',
      () =>
        robotFromUrdf('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><robot name="&b;"/>', undefined, {
          urdfFile: 'r.urdf',
        }),
      /document type/,
    ],
    ['deeply nested', () => read(deep), /r\.urdf/],
    [
      'huge',
      () => robotFromUrdf(`<robot>${' '.repeat(2e7)}</robot>`, undefined, { urdfFile: 'r.urdf' }),
      /million/,
    ],
    ['a prototype key', () => read('<__proto__ x="1"/><link name="__proto__"/><constructor/>'), /r\.urdf: /],
    ['no links', () => read(''), /no <link>/],
    [
      'more links than any robot has',
      () => read(Array.from({ length: 1002 }, (_, i) => link(`l${i}`, '')).join('')),
      /<robot>: has 1002 links; at most 1001/,
    ],
    ['nameless link', () => read('<link/>'), /link lacks name|lacks name/],
    ['a cycle', () => read(two + joint('j', 'a', 'b') + joint('k', 'b', 'a')), /cycle/],
    [
      'a cycle beside a tree',
      () => read(`${two}${link('c')}${joint('j', 'b', 'c')}${joint('k', 'c', 'b')}`),
      /"j", "k" form a cycle/,
    ],
    ['a joint onto itself', () => read(link('a') + joint('j', 'a', 'a')), /cycle/],
    ['two roots', () => read(two), /2 root links: "a", "b"/],
    [
      'two parents',
      () => read(`${two}${link('c')}${joint('j', 'a', 'c')}${joint('k', 'b', 'c')}`),
      /child of two joints, "j" and "k"/,
    ],
    ['duplicate links', () => read(link('a') + link('a')), /link "a".*twice/],
    [
      'duplicate joints',
      () => read(`${two}${link('c')}${joint('j', 'a', 'b')}${joint('j', 'b', 'c')}`),
      /joint "j".*twice/,
    ],
    [
      'an unknown parent',
      () => read(link('base') + link('b') + joint('j', 'bass', 'b')),
      /unknown link "bass"; did you mean "base"/,
    ],
    [
      'no child',
      () => read('<link name="a"/><joint name="j" type="fixed"><parent link="a"/></joint>'),
      /joint "j": lacks <child/,
    ],
    ['an unknown type', () => read(two + joint('j', 'a', 'b', '', 'revolving')), /"revolving".*revolute/],
    ['a mimic of nothing', () => read(two + joint('j', 'a', 'b', `${limit}<mimic/>`)), /<mimic> lacks joint/],
    ['no limits', () => read(two + joint('j', 'a', 'b', '')), /joint "j": lacks <limit>.*continuous/],
    [
      'swapped limits',
      () => read(two + joint('j', 'a', 'b', '<limit lower="1" upper="0" effort="1" velocity="1"/>')),
      /lower 1 is above upper 0/,
    ],
    [
      'a zero axis',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 0 0"/>${limit}`)),
      /<axis> has no length/,
    ],
    [
      'NaN in an axis',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 NaN 1"/>${limit}`)),
      /joint "j": <axis xyz="0 NaN 1">.*3 finite numbers/,
    ],
    [
      'infinity in an origin',
      () => read(two + joint('j', 'a', 'b', `<origin xyz="0 1e999 1"/>${limit}`)),
      /3 finite numbers/,
    ],
    [
      'two numbers for three',
      () => read(two + joint('j', 'a', 'b', `<origin xyz="0 1"/>${limit}`)),
      /3 finite numbers/,
    ],
    [
      'negative damping',
      () => read(two + joint('j', 'a', 'b', `${limit}<dynamics damping="-1"/>`)),
      /damping="-1"/,
    ],
    ['NaN mass', () => read(link('a', inertial.replace('"1"', '"nan"'))), /link "a": <mass value="nan">/],
    [
      'a number of a million digits, in no time',
      () => read(link('a', inertial.replace('"1"', `"${'1'.repeat(1e6)}x"`))),
      /link "a": <mass value="1{60}"> is not a finite number/,
    ],
    ['negative mass', () => read(link('a', inertial.replace('"1"', '"-1"'))), /cannot be negative/],
    [
      'indefinite inertia',
      () => read(link('a', inertial.replace('izz="1"', 'izz="1" ixy="5"'))),
      /negative principal moment/,
    ],
    [
      'mass without inertia',
      () => read(link('a', '<inertial><mass value="1"/></inertial>')),
      /lacks <inertia>/,
    ],
    [
      'a flat box',
      () => read(link('a', '<visual><geometry><box size="1 0 1"/></geometry></visual>')),
      /<box>.*above 0/,
    ],
    ['a visual without shape', () => read(link('a', '<visual/>')), /lacks a <geometry>/],
    [
      'a colour out of range',
      () =>
        read(
          link(
            'a',
            '<visual><geometry><sphere radius="1"/></geometry><material name="m"><color rgba="255 0 0 1"/></material></visual>',
          ),
        ),
      /0 … 1/,
    ],
    [
      'two axes',
      () => read(two + joint('j', 'a', 'b', `<axis xyz="0 0 1"/><axis xyz="0 0 1"/>${limit}`)),
      /2 <axis>/,
    ],
  ];
  for (const [what, act, expected] of cases)
    it(`ends in one line that says what to do: ${what}`, () => {
      expect(failure(act)).toMatch(expected);
    });

  it('never ends in anything but an InputError when it is cut anywhere', () => {
    const text = `<robot name="r">${two}${joint('j', 'a', 'b')}</robot>`;
    for (let length = 0; length < text.length; length++)
      failure(() => robotFromUrdf(text.slice(0, length), undefined, { urdfFile: 'r.urdf' }));
  });

  it('never ends in anything but an InputError when a character is changed', () => {
    const text = `<robot name="r">${two}${joint('j', 'a', 'b')}</robot>`;
    for (let at = 0; at < text.length; at++)
      for (const other of ['<', '"', '0', '\u0000', '&'])
        try {
          robotFromUrdf(text.slice(0, at) + other + text.slice(at + 1), undefined, { urdfFile: 'r.urdf' });
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
  });
});
