import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import type { Geometry, RobotModel } from '#src/core/robot';
import { meshVolume } from '#src/load/hull';
import { readMeshList } from '#src/load/mesh-list';
import { loadRobot, robotsWithMeshes, shippedFolder } from '#src/load/robot';
import { premotor } from '../cli/premotor.ts';
import { temporaryFolder } from '../runs/fixtures.ts';
import { assets } from './assets.ts';
import { binaryStl, box, prism } from './solids.ts';

const temporary = temporaryFolder();
const before = { ...process.env };
let cache: string;
let count = 0;
beforeEach(() => {
  cache = join(temporary.path, `cache-${count++}`);
  process.env.PREMOTOR_CACHE = cache;
  for (const name of ['PREMOTOR_ASSETS', 'PREMOTOR_ROS_PATH', 'ROS_PACKAGE_PATH']) delete process.env[name];
});
afterEach(() => {
  process.env = { ...before };
});
afterAll(() => temporary.remove());

const kinds = (shapes: readonly { geometry: Geometry }[]) => shapes.map(({ geometry }) => geometry.kind);
const link = (robot: RobotModel, name: string) => {
  const found = robot.links.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no link ${name}`);
  return found;
};

function write(name: string, content: string | Uint8Array): string {
  const path = join(temporary.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const urdf = (collision: string, visual = collision) => `<robot name="mine"><link name="a">
  <visual><geometry><mesh filename="${visual}"/></geometry></visual>
  <collision><origin xyz="0 0 1"/><geometry><mesh filename="${collision}" scale="2 1 1"/></geometry></collision>
</link></robot>`;

describe("a URDF of one's own", () => {
  it('is shown by its meshes and touches by their convex pieces, scaled and in place', async () => {
    const ell = prism(
      [
        [0, 0],
        [1, 0],
        [1, 0.2],
        [0.2, 0.2],
        [0.2, 1],
        [0, 1],
      ],
      0.1,
    );
    const mesh = write('own/ell.stl', binaryStl(ell));
    const robot = await loadRobot(write('own/own.urdf', urdf('ell.stl')));
    expect(robot.notes).toEqual([]);
    const { visuals, collisions } = robot.links[0];
    expect(visuals[0].geometry).toEqual({ kind: 'mesh', uri: 'ell.stl', file: mesh, scale: [1, 1, 1] });
    expect(kinds(collisions)).toEqual(['convex', 'convex']);
    const xs = collisions.flatMap(({ geometry, pose }) => {
      expect(pose.position).toEqual([0, 0, 1]);
      return geometry.kind === 'convex' ? geometry.vertices.filter((_, i) => i % 3 === 0) : [];
    });
    expect(Math.max(...xs)).toBeCloseTo(2, 6);
  });

  it('keeps its meshes out of contact when asked to', async () => {
    const file = write('plain/own.urdf', urdf('box.stl'));
    write('plain/box.stl', binaryStl(box([1, 1, 1])));
    const robot = await loadRobot(file, { colliders: 'primitives' });
    expect(kinds(robot.links[0].collisions)).toEqual(['mesh']);
  });

  it('loads without a mesh that is missing, of another format or broken, and says which and why', async () => {
    write('bad/broken.stl', Buffer.from('what is this? '.repeat(10)));
    write('bad/shown.dae', '<COLLADA/>');
    const notes = async (collision: string) =>
      (await loadRobot(write('bad/own.urdf', urdf(collision)))).notes;
    expect(await notes('gone.stl')).toContain('mesh "gone.stl": no such file');
    expect(await notes('package://nowhere/a.stl')).toContainEqual(
      expect.stringMatching(/^mesh "package:\/\/nowhere\/a\.stl": package nowhere was not found/),
    );
    expect(await notes('broken.stl')).toContainEqual(
      expect.stringMatching(/^mesh "broken\.stl": announces \d+ triangles but has room for 1$/),
    );
    expect(await notes('shown.dae')).toContainEqual(
      expect.stringMatching(/^mesh "shown\.dae": is for show only/),
    );
  });

  describe('with a moving link that states no mass', () => {
    const swinging = (content: string) => `<robot name="mine"><link name="a"/><link name="b">${content}</link>
      <joint name="j" type="revolute"><parent link="a"/><child link="b"/><limit lower="-1" upper="1" effort="5" velocity="3"/></joint></robot>`;
    const shape = (use: string, file: string) =>
      `<${use}><geometry><mesh filename="${file}" scale="0.1 0.1 0.1"/></geometry></${use}>`;
    const massOf = async (content: string, options = {}) => {
      const robot = await loadRobot(write('weighed/own.urdf', swinging(content)), options);
      return { mass: link(robot, 'b').inertial?.mass, notes: robot.notes };
    };
    const corners = box([1, 2, 3]);
    write('weighed/box.stl', binaryStl(corners));
    // Its last side is missing: two triangles of three corners of three numbers.
    write('weighed/open.stl', binaryStl(corners.slice(0, -18)));
    write('weighed/box.glb', 'glTF');
    write('weighed/broken.stl', 'what is this?');
    const guessed = (which: string) => `guessed the mass of link "b": 6 kg, its ${which} at 1000 kg/m³`;

    it('it is weighed by what is shown of it, and that is said', async () => {
      const { mass, notes } = await massOf(shape('visual', 'box.stl'));
      expect(mass).toBeCloseTo(6, 6);
      expect(notes).toEqual([guessed('visual shapes')]);
    });

    it('it is weighed by what is shown where the collision mesh is missing or no one can read it', async () => {
      for (const [file, note] of [
        ['gone.stl', 'mesh "gone.stl": no such file'],
        ['box.glb', 'mesh "box.glb": is for show only; give STL, OBJ or primitives to touch'],
      ]) {
        const { mass, notes } = await massOf(shape('visual', 'box.stl') + shape('collision', file));
        expect(mass).toBeCloseTo(6, 6);
        expect(notes).toEqual([guessed('visual shapes'), note]);
      }
    });

    it('its collision mesh weighs the same whether it touches or not', async () => {
      for (const colliders of ['meshes', 'primitives'] as const) {
        const { mass, notes } = await massOf(shape('collision', 'box.stl'), { colliders });
        expect(mass).toBeCloseTo(6, 6);
        expect(notes).toEqual([guessed('shapes')]);
      }
    });

    it('a mesh that is not closed is weighed by its hull, and that is said', async () => {
      const { mass, notes } = await massOf(shape('visual', 'open.stl'));
      expect(mass).toBeCloseTo(6, 6);
      expect(notes).toContain('mesh "open.stl": is not closed: its convex hull is weighed');
    });

    it('it loads without a mass where no mesh can be weighed, says why, and can be looked at', async () => {
      for (const [file, why] of [
        ['gone.stl', 'no such file'],
        ['box.glb', 'cannot be weighed: .glb is neither STL nor OBJ'],
        ['broken.stl', 'is too short for an STL (13 bytes)'],
      ]) {
        const { mass, notes } = await massOf(shape('visual', file));
        expect(mass).toBeUndefined();
        expect(notes).toEqual([
          'cannot be simulated: link "b" has no mass, and none can be computed from its meshes, so joint "j" moves none; give it an <inertial> with a mass above 0',
          `mesh "${file}": ${why}`,
        ]);
      }
      const { code, stdout } = await premotor([
        'robots',
        'check',
        write('weighed/own.urdf', swinging(shape('visual', 'gone.stl'))),
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain('\nnote: cannot be simulated: link "b" has no mass');
      const trained = await premotor(['train', 'reach', '--robot', join(temporary.path, 'weighed/own.urdf')]);
      expect(trained.code).toBe(2);
      expect(trained.stderr.trim().split('\n')).toHaveLength(1);
      expect(trained.stderr).toContain(
        'cannot be simulated: link "b" has no mass, and none can be computed from its meshes',
      );
    });
  });

  it('finds packages by options and by the environment', async () => {
    const mesh = write('packages/thing/meshes/box.stl', binaryStl(box([1, 1, 1])));
    const file = write('elsewhere/own.urdf', urdf('package://thing/meshes/box.stl'));
    const shown = async (options = {}) => {
      const { geometry } = (await loadRobot(file, options)).links[0].visuals[0];
      return geometry.kind === 'mesh' ? geometry.file : geometry.kind;
    };
    expect(await shown()).toBeUndefined();
    expect(await shown({ packages: { thing: join(temporary.path, 'packages/thing') } })).toBe(mesh);
    expect(await shown({ searchPath: [join(temporary.path, 'packages')] })).toBe(mesh);
    process.env.PREMOTOR_ROS_PATH = join(temporary.path, 'packages');
    expect(await shown()).toBe(mesh);
  });

  it('remembers pieces by the content of the file, and makes damaged ones anew', async () => {
    const file = write('kept/own.urdf', urdf('box.stl'));
    write('kept/box.stl', binaryStl(box([1, 1, 1])));
    const first = await loadRobot(file);
    const entries = () => readdirSync(join(cache, 'colliders'));
    expect(entries().length).toBe(1);
    const entry = join(cache, 'colliders', entries()[0]);
    expect(await loadRobot(file)).toEqual(first);
    writeFileSync(entry, readFileSync(entry, 'utf8').replace('"convex"', '"concave"'));
    expect(await loadRobot(file)).toEqual(first);
    writeFileSync(entry, '{"pieces":[],"notes":["kept"]}');
    expect((await loadRobot(file)).notes).toContain('mesh "box.stl": kept');
    write('kept/box.stl', binaryStl(box([1, 1, 2])));
    expect(kinds((await loadRobot(file)).links[0].collisions)).toEqual(['convex']);
    expect(entries().length).toBe(2);
  });
});

describe('meshes.json of a shipped robot', () => {
  it('is there for so101 and panda, names a pinned commit, and places only files it lists on links there are', async () => {
    expect(await robotsWithMeshes()).toEqual(['panda', 'so101']);
    for (const [name, files] of [
      ['so101', 13],
      ['panda', 10],
    ] as const) {
      const list = await readMeshList(shippedFolder(name));
      const robot = await loadRobot(name);
      expect(list?.base).toMatch(
        /^https:\/\/raw\.githubusercontent\.com\/[\w-]+\/[\w-]+\/[0-9a-f]{40}\/.*\/$/,
      );
      expect(list?.files.length).toBe(files);
      const paths = list?.files.map(({ path }) => path);
      for (const shape of list?.shapes ?? []) {
        expect(paths).toContain(shape.file);
        expect(robot.links.map(({ name }) => name)).toContain(shape.link);
      }
    }
    expect(await readMeshList(shippedFolder('arm7'))).toBeUndefined();
  });

  it('leaves the robot to its primitives until they are fetched', async () => {
    const robot = await loadRobot('so101');
    expect(new Set(robot.links.flatMap(({ visuals }) => kinds(visuals)))).toEqual(
      new Set(['box', 'cylinder']),
    );
    const error = await loadRobot('so101', { colliders: 'meshes' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(
      'so101: its meshes are not here; premotor robots fetch so101 brings them',
    );
  });
});

describe.skipIf(!existsSync(join(assets, 'robots/so101/assets')))(
  "the makers' meshes (skipped where PREMOTOR_ASSETS or ../shared/assets has none)",
  () => {
    it.each(['so101', 'panda'])('%s: are taken from PREMOTOR_ASSETS, hash by hash', async (name) => {
      for (const folder of [assets, join(assets, 'robots'), join(assets, 'robots', name)]) {
        process.env.PREMOTOR_ASSETS = folder;
        const { stdout, code } = await premotor(['robots', 'fetch', name]);
        expect(stdout).toMatch(
          new RegExp(`^${name}: 1[03] meshes \\(Apache-2\\.0\\) are in .*, nothing to fetch`),
        );
        expect(code).toBe(0);
      }
      const primitives = await (() => {
        delete process.env.PREMOTOR_ASSETS;
        return loadRobot(name);
      })();
      process.env.PREMOTOR_ASSETS = assets;
      const shown = await loadRobot(name);
      expect(shown.links.map(({ collisions }) => collisions)).toEqual(
        primitives.links.map(({ collisions }) => collisions),
      );
      for (const [i, { visuals }] of shown.links.entries())
        expect(new Set(kinds(visuals))).toEqual(new Set(primitives.links[i].visuals.length ? ['mesh'] : []));
    });

    it('are refused, and not shown, when a byte is wrong', async () => {
      cpSync(join(assets, 'robots/panda/meshes'), join(temporary.path, 'given/panda/meshes'), {
        recursive: true,
      });
      process.env.PREMOTOR_ASSETS = join(temporary.path, 'given');
      expect(kinds(link(await loadRobot('panda'), 'panda_link3').visuals)).toEqual(['mesh']);
      const file = join(temporary.path, 'given/panda/meshes/collision/link3.stl');
      const bytes = readFileSync(file);
      bytes[1000] ^= 1;
      writeFileSync(file, bytes);
      expect(kinds(link(await loadRobot('panda'), 'panda_link3').visuals)).not.toContain('mesh');
      const { stderr, code } = await premotor(['robots', 'fetch', 'panda']);
      expect(stderr).toContain('link3.stl is missing or has another SHA-256');
      expect(code).toBe(2);
    });

    it('panda touches by one hull a link, its fingers by their boxes', async () => {
      process.env.PREMOTOR_ASSETS = assets;
      const robot = await loadRobot('panda', { colliders: 'meshes' });
      for (const { name, collisions } of robot.links) {
        if (/finger/.test(name)) expect(kinds(collisions)).toEqual(['box', 'box', 'box', 'box']);
        else if (!/8|tcp/.test(name)) expect(kinds(collisions)).toEqual(['convex']);
      }
    });

    it("so101's moving jaw, a hollow fork, becomes some pieces of at most 64 vertices that nearly fit it", async () => {
      const jaw = join(assets, 'robots/so101/assets/moving_jaw_so101_v1.stl');
      const [{ collisions }] = (
        await loadRobot(write('jaw/own.urdf', urdf(jaw).replace('scale="2 1 1"', '')))
      ).links;
      expect(collisions.length).toBeGreaterThan(3);
      let volume = 0;
      for (const { geometry } of collisions) {
        if (geometry.kind !== 'convex') throw new Error(geometry.kind);
        expect(geometry.vertices.length).toBeLessThanOrEqual(3 * 64);
        volume += meshVolume(geometry.vertices, geometry.triangles);
      }
      // The mesh holds 20.7 cm³, its hull 47.8.
      expect(volume).toBeGreaterThan(20e-6);
      expect(volume).toBeLessThan(27e-6);
    });
  },
);

describe('premotor robots', () => {
  it('says of each robot whether its meshes are there', async () => {
    const { stdout } = await premotor(['robots']);
    expect(stdout).toContain('13 meshes, 16.1 MB: premotor robots fetch so101 brings them');
    expect(stdout).toContain('10 meshes, 0.12 MB: premotor robots fetch panda brings them');
    const rows = JSON.parse((await premotor(['robots', '--json'])).stdout) as {
      name: string;
      meshes: unknown;
    }[];
    expect(rows.find(({ name }) => name === 'arm7')?.meshes).toBeNull();
    expect(rows.find(({ name }) => name === 'panda')?.meshes).toEqual({
      files: 10,
      bytes: 117440,
      folder: null,
    });
  });

  it('fetch knows which robots have meshes', async () => {
    expect((await premotor(['robots', 'fetch', 'arm7'])).stderr).toContain('fetched for panda, so101');
    expect((await premotor(['robots', 'fetch', 'pand'])).stderr).toContain('did you mean "panda"');
    process.env.PREMOTOR_ASSETS = temporary.path;
    expect((await premotor(['robots', 'fetch', 'panda'])).stderr).toContain(
      'has no panda/meshes/collision/finger.stl',
    );
  });
});
