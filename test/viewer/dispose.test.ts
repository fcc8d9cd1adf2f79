import { type BufferGeometry, Line, Mesh, type Object3D } from 'three';
import { expect, test } from 'vitest';
import type { Marker } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { Goals } from '#viewer/scene/goals';
import { MeshLibrary } from '#viewer/scene/meshes';
import { RobotView } from '#viewer/scene/robot-view';
import { Solids } from '#viewer/scene/solids';

/** Geometries below an object that have not been given back. */
function watch(root: Object3D, alive: Set<BufferGeometry>): void {
  root.traverse((object) => {
    if (!(object instanceof Mesh || object instanceof Line)) return;
    const { geometry } = object;
    alive.add(geometry);
    geometry.addEventListener('dispose', () => alive.delete(geometry));
  });
}

test('goals give back what the goals before them were made of', () => {
  const pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
  const markers: Marker[] = [
    { kind: 'sphere', position: [0, 0, 0], radius: 1 },
    { kind: 'ring', position: [0, 0, 0], radius: 1 },
    { kind: 'box', pose, size: [1, 1, 1] },
    { kind: 'path', points: [0, 0, 0, 1, 1, 1] },
  ];
  const goals = new Goals();
  const alive = new Set<BufferGeometry>();
  for (let episode = 0; episode < 5; episode++) {
    goals.set(markers);
    watch(goals, alive);
    // A sphere, a ring, a box with its edges, a path.
    expect(alive.size).toBe(5);
  }
  goals.dispose();
  expect(alive.size).toBe(0);
});

test('a ring faces along its normal', () => {
  const goals = new Goals();
  for (const normal of [[0, 0, 1], [1, 0, 0], [0, -3, 4], undefined] as const) {
    goals.set([{ kind: 'ring', position: [1, 2, 3], radius: 1, normal }]);
    const [ring] = goals.children;
    ring.updateMatrix();
    const axis = ring.matrix.elements.slice(8, 11);
    const [x, y, z] = normal ?? [0, 1, 0];
    const size = Math.hypot(x, y, z);
    for (const [k, value] of [x, y, z].entries()) expect(axis[k]).toBeCloseTo(value / size, 9);
  }
});

test('a robot gives back all its shapes', async () => {
  for (const name of ['cartpole', 'arm7']) {
    const library = new MeshLibrary('ws://127.0.0.1:1/');
    const solids = new Solids(false, library, () => {});
    const view = new RobotView(await loadRobot(name), solids, () => {});
    const alive = new Set<BufferGeometry>();
    watch(view, alive);
    expect(alive.size).toBeGreaterThan(4);
    solids.dispose();
    library.dispose();
    expect(alive.size).toBe(0);
  }
});
