import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCollidersShown } from '#src/cli/robot-sheet';
import { createVectorEnv } from '#src/index';
import { loadRobot } from '#src/load/robot';
import { binaryStl, box, prism } from '../load/solids.ts';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture, premotor } from './premotor.ts';

const temporary = temporaryFolder();
const before = { ...process.env };
const file = join(temporary.path, 'crane.urdf');

/** A crane of two joints, whose foot and load are meshes. */
const inertial = '<inertial><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01"/></inertial>';
const mesh = (use: string, name: string, xyz: string) =>
  `<${use}><origin xyz="${xyz}"/><geometry><mesh filename="${name}.stl"/></geometry></${use}>`;
const urdf = `<robot name="crane">
  <link name="base">${mesh('visual', 'foot', '0 0 0')}${mesh('collision', 'foot', '0 0 0')}</link>
  <link name="mast">${inertial}<collision><geometry><cylinder radius="0.02" length="0.1"/></geometry></collision></link>
  <link name="load">${inertial}${mesh('visual', 'ell', '0.3 0 0')}${mesh('collision', 'ell', '0.3 0 0')}</link>
  <joint name="turn" type="revolute"><parent link="base"/><child link="mast"/><axis xyz="0 0 1"/><limit lower="-1.5" upper="1.5" effort="2" velocity="9"/><dynamics damping="0.5"/></joint>
  <joint name="reach" type="prismatic"><parent link="mast"/><child link="load"/><axis xyz="1 0 0"/><limit lower="0" upper="0.1" effort="2" velocity="1"/><dynamics damping="5"/></joint>
</robot>`;

beforeAll(() => {
  process.env.PREMOTOR_CACHE = join(temporary.path, 'cache');
  writeFileSync(file, urdf);
  writeFileSync(join(temporary.path, 'foot.stl'), binaryStl(box([0.1, 0.1, 0.1])));
  const ell = prism(
    [
      [0, 0],
      [0.15, 0],
      [0.15, 0.03],
      [0.03, 0.03],
      [0.03, 0.15],
      [0, 0.15],
    ],
    0.05,
  );
  writeFileSync(join(temporary.path, 'ell.stl'), binaryStl(ell));
});
afterAll(() => {
  process.env = before;
  temporary.remove();
});

describe('--colliders', () => {
  it('of robots check: pieces are counted, and shown by --view instead of what is seen else', async () => {
    const check = async (...flags: string[]) => {
      const { code, stdout, stderr } = await premotor(['robots', 'check', file, ...flags]);
      return { code, stderr, line: stdout.split('\n').find((text) => text.startsWith('colliders: ')) };
    };
    const meshes = 'colliders: 3 convex pieces of meshes, 1 cylinder';
    expect(await check()).toMatchObject({ code: 0, line: meshes });
    expect(await check('--colliders', 'meshes')).toMatchObject({ code: 0, line: meshes });
    const primitives = 'colliders: 1 cylinder; 2 meshes touch nothing';
    expect(await check('--colliders', 'primitives')).toMatchObject({ code: 0, line: primitives });
    const wrong = await check('--colliders', 'mesh');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--colliders mesh: must be primitives or meshes; did you mean meshes?');
    const shown = withCollidersShown(await loadRobot(file));
    expect(shown.links.map(({ visuals }) => visuals.map(({ geometry }) => geometry.kind))).toEqual([
      ['convex'],
      ['cylinder'],
      ['convex', 'convex'],
    ]);
  });

  it('of tasks check and of createVectorEnv: what touches stops the arm, what is only seen does not', async () => {
    const turned = async (colliders?: 'primitives' | 'meshes') => {
      const env = await createVectorEnv({
        task: fixture('post.ts'),
        robot: file,
        colliders,
        envs: 1,
        threads: 0,
      });
      let { observations } = await env.reset({ seed: 3 });
      for (let k = 0; k < 60; k++) ({ observations } = await env.step(Float32Array.of(1, 0)));
      await env.close();
      return observations[0];
    };
    const blocked = await turned('meshes');
    expect(await turned()).toBe(blocked);
    expect(await turned('primitives')).toBeGreaterThan(blocked + 0.3);
    for (const colliders of ['primitives', 'meshes']) {
      const args = ['tasks', 'check', fixture('post.ts'), '--robot', file, '--colliders', colliders];
      expect(await premotor(args)).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(/on crane: no errors\n$/),
      });
    }
  });

  it('of run: for the simulator alone, and not with what a run decided', async () => {
    const failure = async (...flags: string[]) => {
      const { code, stderr } = await premotor(['run', ...flags, '--colliders', 'meshes']);
      expect(code).toBe(2);
      return stderr.trim();
    };
    expect(await failure('reach', '--robot', file, '--port', 'mock')).toContain(
      '--colliders goes with --port sim: a real robot is kept from itself',
    );
    expect(await failure('--policy', 'nowhere', '--port', 'sim')).toContain(
      '--colliders cannot change a policy: what touches comes from its run',
    );
    expect(await failure('--resume', 'nowhere', '--port', 'sim')).toContain(
      '--colliders cannot change a run: with --resume it comes from the manifest',
    );
  });
});
