/**
 * What rays cost: µs for one ray at one shape of each kind, and for a planar lidar's whole scan.
 *
 *   npm run bench sensors -- --write
 */
import { parseArgs } from 'node:util';
import { fanOf, type Probe, RayScene } from '#sim/sensors/index';
import { identityPose } from '#src/core/linalg';
import { Random } from '#src/core/random';
import type { Geometry, Shape, Vec3 } from '#src/core/robot';
import { nobody } from '../test/sim/scene.ts';
import { type Row, writeResults } from './lib/results.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

/** A world of fixed shapes around a robot without any. */
function sceneOf(shapes: readonly Shape[]): RayScene {
  const probe: Probe = {
    robot: nobody,
    world: { bodies: [{ name: 'all', kind: 'fixed', shapes, pose: identityPose }] },
    gravity: [0, 0, -9.81],
    timestep: 0.001,
    channels: [],
    position: new Float64Array(),
    velocity: new Float64Array(),
    pose: (_, out) => out.set([0, 0, 0, 0, 0, 0, 1]),
    motion: (_, out) => out.fill(0),
    eachContact: () => {},
  };
  return new RayScene(probe);
}

/** Least mean time, µs, of `run` over a few rounds. */
function microseconds(run: () => void, times: number): number {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const started = performance.now();
    for (let i = 0; i < times; i++) run();
    best = Math.min(best, ((performance.now() - started) * 1000) / times);
  }
  return best;
}

function place(geometry: Geometry, x: number, y: number): Shape {
  return { geometry, pose: { position: [x, y, 0], rotation: [0, 0, 0.6, 0.8] } };
}

const corners: number[] = [];
for (const x of [-1, 1])
  for (const y of [-1, 1]) for (const z of [-1, 1]) corners.push(0.3 * x, 0.3 * y, 0.3 * z);
const cube: Geometry = {
  kind: 'convex',
  vertices: corners,
  triangles: [
    0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1, 2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7,
    3,
  ],
};
const solids: readonly Geometry[] = [
  { kind: 'box', size: [0.6, 0.6, 0.6] },
  { kind: 'sphere', radius: 0.4 },
  { kind: 'cylinder', radius: 0.3, length: 0.8 },
  { kind: 'capsule', radius: 0.3, length: 0.5 },
  cube,
];

const rows: Row[] = [];
const random = new Random(1, 'bench');
const directions = Array.from({ length: 256 }, (): Vec3 => {
  const angle = random.uniform(-0.4, 0.4);
  return [Math.cos(angle), Math.sin(angle), 0];
});
for (const geometry of solids) {
  const scene = sceneOf([place(geometry, 2, 0)]);
  let i = 0;
  let sum = 0;
  const time = microseconds(() => {
    sum += scene.cast([0, 0, 0], directions[i++ & 255], 10);
  }, 100_000);
  if (!(sum > 0)) throw new Error('nothing was cast');
  rows.push({ what: `one ray, one ${geometry.kind}`, microseconds: Number(time.toPrecision(2)) });
}

const walls = [
  place({ kind: 'box', size: [0.2, 12, 1] }, 6, 0),
  place({ kind: 'box', size: [0.2, 12, 1] }, -6, 0),
  place({ kind: 'box', size: [12, 0.2, 1] }, 0, 6),
  place({ kind: 'box', size: [12, 0.2, 1] }, 0, -6),
];
const pose = Float64Array.of(0, 0, 0, 0, 0, 0, 1);
for (const obstacles of [0, 20, 200])
  for (const beams of [360, 1080]) {
    const shapes = Array.from({ length: obstacles }, (_, i) =>
      place(solids[i % solids.length], random.uniform(-5, 5), random.uniform(1, 5) * (i % 2 ? 1 : -1)),
    );
    const scene = sceneOf([...walls, ...shapes]);
    const fan = fanOf(beams, -Math.PI, Math.PI);
    const out = new Float64Array(beams);
    const time = microseconds(() => {
      scene.place();
      scene.scan(pose, fan, 10, out);
    }, 300);
    rows.push({
      what: `${beams} beams, 4 walls, ${obstacles} obstacles`,
      microseconds: Number(time.toPrecision(2)),
    });
  }
console.table(rows);
if (values.write) writeResults('sensors', rows, ['what'], 'npm run bench sensors -- --write');
