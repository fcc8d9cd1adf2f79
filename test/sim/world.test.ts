import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import type { EpisodeStart } from '#src/core/plant';
import type { WorldBody, WorldSpec } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { reading } from './scene.ts';

const controlPeriod = 0.04;
const pose = { position: [5, 0, 0.1], rotation: [0, 0, 0, 1] } as const;
const ball = { geometry: { kind: 'sphere', radius: 0.1 }, pose } as const;
const body = { name: 'thing', kind: 'fixed', shapes: [ball], pose } as const;

/** Parts of a body or world as a task without types might give them. */
const wrongBodies: Record<string, [object, RegExp]> = {
  'a kind of no body': [{ kind: 'static' }, /^body thing: kind: /],
  'no shapes': [{ shapes: undefined }, /^body thing: shapes: /],
  'a shape that is none': [
    { shapes: [{ geometry: { kind: 'cone', radius: 1 }, pose }] },
    /^body thing: shapes\.0\.geometry/,
  ],
  'a box without a size': [
    { shapes: [{ geometry: { kind: 'box' }, pose }] },
    /^body thing: shapes\.0\.geometry\.size/,
  ],
  'a box with a negative size': [
    { shapes: [{ geometry: { kind: 'box', size: [-1, 1, 1] }, pose }] },
    /^body thing: shapes\.0\.geometry\.size\.0/,
  ],
  'a radius that is no number': [
    { shapes: [{ geometry: { kind: 'sphere', radius: Number.NaN }, pose }] },
    /^body thing: shapes\.0\.geometry\.radius/,
  ],
  'a triangle without its corner': [
    {
      shapes: [
        {
          geometry: {
            kind: 'convex',
            vertices: [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1],
            triangles: [0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 4],
          },
          pose,
        },
      ],
    },
    /^body thing: shapes\.0\.geometry/,
  ],
  'no pose': [{ pose: undefined }, /^body thing: pose: /],
  'a position that is no number': [
    { pose: { position: [Number.NaN, 0, 0], rotation: [0, 0, 0, 1] } },
    /^body thing: pose\.position\.0/,
  ],
  'a rotation of length 0': [
    { pose: { position: [0, 0, 0], rotation: [0, 0, 0, 0] } },
    /^body thing: pose\.rotation: .*length 1/,
  ],
  'a shape turned by no rotation': [
    { shapes: [{ ...ball, pose: { position: [0, 0, 0], rotation: [0, 0, 1, 1] } }] },
    /^body thing: shapes\.0\.pose\.rotation: .*length 1/,
  ],
  'negative friction': [{ surface: { friction: -1, restitution: 0 } }, /^body thing: surface\.friction: /],
  'a surface that gives more than it takes': [
    { surface: { friction: 1, restitution: 2 } },
    /^body thing: surface\.restitution: /,
  ],
  'an axis that is none': [{ freedom: ['x', 'zz'] }, /^body thing: freedom\.1: /],
  'drag that drives': [{ drag: { linear: -1, angular: 0 } }, /^body thing: drag\.linear: /],
  'a key that is none': [{ colour: 'red' }, /^body thing: .*colour/],
  'no name': [{ name: '' }, /^body 0: name: /],
  'the name of the ground': [{ name: 'ground' }, /^body ground: .*rename/],
  'the name of a link': [{ name: 'tip' }, /^body tip: .*rename/],
};
const wrongWorlds: Record<string, [object, RegExp]> = {
  'gravity of two numbers': [{ gravity: [0, 0] }, /^world: gravity/],
  'gravity that is no number': [{ gravity: [0, 0, Number.NaN] }, /^world: gravity\.2/],
  'a ground without height': [{ ground: {} }, /^world: ground\.height/],
  'two bodies of one name': [{ bodies: [body, body] }, /^body thing: .*rename/],
  'a sensor of no kind': [{ sensors: [{ kind: 'sonar', name: 'ping' }] }, /^sensor ping: .*sonar/],
  'a sensor that tells of last year': [
    {
      sensors: [{ kind: 'pose', name: 'p', link: 'thing', point: [0, 0, 0], quality: { latency: 3e7 } }],
      bodies: [body],
    },
    /^sensor p: quality\.latency/,
  ],
};

describe.each(['cartpole', 'car'])('a world of %s', (name) => {
  const make = async (world: object) =>
    createSimPlant({ robot: await loadRobot(name), controlPeriod, world: world as WorldSpec });
  const firstLink = async () => (await loadRobot(name)).links[0].name;

  it.each(Object.entries(wrongBodies))(
    'that has a body with %s is refused, and the body is named',
    async (_, [wrong, message]) => {
      const named = 'name' in wrong && wrong.name === 'tip' ? { name: await firstLink() } : wrong;
      const error = await make({ bodies: [{ ...body, ...named }] }).catch((reason) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect(error.message.replace(await firstLink(), 'tip')).toMatch(message);
      expect(error.message).not.toContain('\n');
    },
  );

  it.each(Object.entries(wrongWorlds))('that has %s is refused', async (_, [wrong, message]) => {
    const error = await make(wrong).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(message);
  });

  it('may call its bodies what objects of JavaScript have built in', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty'];
    const bodies = names.map(
      (each, i): WorldBody => ({ ...body, name: each, pose: { ...pose, position: [5 + i, 0, 1] } }),
    );
    const plant = await make({ bodies });
    const { robot } = plant.spec;
    const start: EpisodeStart = { position: robot.home, velocity: robot.home.map(() => 0) };
    plant.reset({ ...start, physics: { mass: {} } });
    plant.advance();
    for (const values of Object.values(reading(plant))) expect(values.every(Number.isFinite)).toBe(true);
    plant.close();
  });

  it('keeps its state when a reset is refused', async () => {
    const plant = await make({ bodies: [body] });
    const { robot } = plant.spec;
    const start = { position: robot.home, velocity: robot.home.map(() => 0) };
    plant.advance();
    const before = plant.save();
    const nowhere = { position: [Number.NaN, 0, 0], rotation: [0, 0, 0, 1] } as const;
    const elsewhere = { position: robot.home.map((q) => q + 0.1), velocity: start.velocity };
    const refused: Partial<EpisodeStart>[] = [
      { bodies: { thing: nowhere } },
      { bodies: { thong: pose } },
      { physics: { latency: 9 } },
      { physics: { gain: Number.NaN } },
      { physics: { mass: { thong: 1 } } },
    ];
    for (const wrong of refused) {
      expect(() => plant.reset({ ...elsewhere, ...wrong })).toThrow(InputError);
      expect(plant.save()).toEqual(before);
    }
    plant.close();
  });
});
