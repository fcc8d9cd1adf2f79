import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { meshReferences, robotFromUrdf, shownFormats } from '#src/robot/index';

/** What becomes of a file: a text in its error, or the joints that move, those that do not, and a text in each note. */
type Outcome =
  | { readonly error: string }
  | {
      readonly movable: readonly string[];
      readonly fixed: readonly string[];
      readonly notes: readonly string[];
    };

const folder = join(dirname(fileURLToPath(import.meta.url)), 'hostile');
const outcomes = JSON.parse(readFileSync(join(folder, 'outcomes.json'), 'utf8')) as Record<string, Outcome>;
const read = (name: string) => readFileSync(join(folder, `${name}.urdf`), 'utf8');

describe('a hostile URDF ends as written beside it:', () => {
  it('every file has an outcome', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.urdf'));
    expect(files.map((name) => name.slice(0, -5)).sort()).toEqual(Object.keys(outcomes).sort());
  });

  for (const [name, outcome] of Object.entries(outcomes)) {
    if ('error' in outcome)
      it(`${name} is refused`, () => {
        let message = '';
        try {
          robotFromUrdf(read(name), undefined, { urdfFile: `${name}.urdf` });
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          message = (error as Error).message;
        }
        expect(message).toContain(outcome.error);
        expect(message.startsWith(`${name}.urdf: `)).toBe(true);
        expect(message).toMatch(/; ./);
        expect(message).not.toContain('\n');
      });
    else
      it(`${name} is read`, () => {
        const robot = robotFromUrdf(read(name), undefined, { urdfFile: `${name}.urdf` });
        expect(robot.movable.map((j) => robot.joints[j].name)).toEqual(outcome.movable);
        expect(robot.joints.filter(({ kind }) => kind === 'fixed').map(({ name: joint }) => joint)).toEqual(
          outcome.fixed,
        );
        for (const expected of outcome.notes)
          expect(
            robot.notes.filter((note) => note.includes(expected)),
            expected,
          ).toHaveLength(1);
        expect(robot.notes, robot.notes.join('\n')).toHaveLength(outcome.notes.length);
      });
  }
});

describe('the meshes of a URDF', () => {
  it('of every format that is served are called showable, in any case', () => {
    for (const format of [...shownFormats, '.STL', '.Gltf']) {
      const urdf = `<robot name="r"><link name="a"><visual><geometry><mesh filename="m${format}"/></geometry></visual></link></robot>`;
      expect(robotFromUrdf(urdf, undefined, { urdfFile: 'f' }).notes).toEqual([]);
    }
    expect(shownFormats).toContain('.gltf');
  });

  it('are listed with their use and scale before the robot is read', () => {
    expect(meshReferences(read('mesh-places'), 'f')).toEqual([
      { uri: 'package://nowhere/a.STL', scale: [1, 1, 1], use: 'visual' },
      { uri: 'file:///nowhere/b.obj', scale: [1, 1, 1], use: 'visual' },
      { uri: '../c.Dae', scale: [1, 1, 1], use: 'visual' },
      { uri: 'd e.glb', scale: [1, 1, 1], use: 'visual' },
      { uri: 'x.step', scale: [0.001, 0.001, 0.001], use: 'collision' },
    ]);
    expect(meshReferences(read('odd-materials'), 'f')).toEqual([
      { uri: 'a.dae', scale: [1, 1, 1], use: 'visual' },
    ]);
  });

  it('become what a lookup gives for them, each use of its own', () => {
    const robot = robotFromUrdf(read('mesh-places'), undefined, {
      urdfFile: 'f',
      mesh: ({ uri, scale }, use) =>
        use === 'collision'
          ? [
              { kind: 'sphere', radius: 1 },
              { kind: 'sphere', radius: 2 },
            ]
          : uri === '../c.Dae'
            ? [{ kind: 'mesh', uri, scale, file: 'found' }]
            : undefined,
    });
    const [{ visuals, collisions }] = robot.links;
    expect(visuals.map(({ geometry }) => geometry.kind === 'mesh' && geometry.file)).toEqual([
      undefined,
      undefined,
      'found',
      undefined,
    ]);
    expect(collisions.map(({ geometry }) => geometry)).toEqual([
      { kind: 'sphere', radius: 1 },
      { kind: 'sphere', radius: 2 },
    ]);
  });
});
