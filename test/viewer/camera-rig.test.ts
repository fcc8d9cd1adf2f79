import { Vector3 } from 'three';
import { expect, test } from 'vitest';
import { CameraRig } from '#viewer/scene/camera-rig';
import { type Extent, emptyExtent } from '#viewer/scene/extent';

const size = { width: 1000, height: 600 };
const insets = { top: 96, right: 300, bottom: 150, left: 250 };
const origin = new Vector3();

/** As much of an element as the camera's controls ask for. */
function canvas(): HTMLElement & EventTarget {
  const look = {
    style: {},
    clientWidth: size.width,
    clientHeight: size.height,
    ownerDocument: new EventTarget(),
    getRootNode: () => new EventTarget(),
    getBoundingClientRect: () => ({ ...size, left: 0, top: 0 }),
  };
  return Object.assign(new EventTarget(), look) as never;
}

function boxOf(half: readonly [number, number, number], rest: Partial<Extent> = {}): Extent {
  return { ...emptyExtent, center: [0.4, -0.2, 0.5], half, radius: Math.hypot(...half), ...rest };
}

function rigOf(extent: Extent, element = canvas()): CameraRig {
  const rig = new CameraRig(element, () => {});
  rig.resize(size.width, size.height);
  rig.setInsets(insets);
  rig.setExtent(extent, origin);
  return rig;
}

/** Where a point of the world is in the picture, px from its upper left corner. */
function seen({ camera }: CameraRig, point: Vector3): { x: number; y: number } {
  camera.updateMatrixWorld();
  const { x, y } = point.clone().project(camera);
  return { x: ((x + 1) / 2) * size.width, y: ((1 - y) / 2) * size.height };
}

function corners({ center, half }: Extent): Vector3[] {
  return Array.from({ length: 8 }, (_, corner) => {
    const [x, y, z] = center.map((middle, k) => middle + (corner & (1 << k) ? half[k] : -half[k]));
    return new Vector3(x, y, z);
  });
}

test('the whole extent is seen in what panels leave free, and fills it, from wherever it is looked at', () => {
  const { width, height } = size;
  for (const half of [
    [1, 0.2, 0.1],
    [0.1, 0.3, 2],
    [30, 20, 10],
  ] as const) {
    const extent = boxOf(half);
    const rig = rigOf(extent);
    for (const direction of [null, [1, 0, 0.2], [-1, -2, 0.1], [0.3, 0.4, 2]] as const) {
      if (direction) {
        rig.camera.position.copy(rig.about).add(new Vector3(...direction).multiplyScalar(3));
        rig.frame();
        for (const now of [0, 1e4]) rig.update(now, undefined);
      }
      const points = corners(extent).map((corner) => seen(rig, corner));
      const middle = {
        x: (insets.left + width - insets.right) / 2,
        y: (insets.top + height - insets.bottom) / 2,
      };
      const across =
        Math.max(...points.map(({ x }) => Math.abs(x - middle.x))) / (width - insets.right - middle.x);
      const down =
        Math.max(...points.map(({ y }) => Math.abs(y - middle.y))) / (height - insets.bottom - middle.y);
      expect(Math.max(across, down)).toBeLessThan(1);
      expect(Math.max(across, down)).toBeGreaterThan(0.85);
    }
  }
});

test('nothing of a large or small extent is cut off, near or far', () => {
  for (const radius of [0.01, 1, 500]) {
    const { camera } = rigOf(boxOf([radius, radius, radius], { radius }));
    camera.updateMatrixWorld();
    const depth = (distance: number) =>
      new Vector3(0, 0, -distance).applyMatrix4(camera.matrixWorld).project(camera).z;
    expect(depth(1.01 * 0.02 * Math.min(1, radius))).toBeGreaterThan(-1);
    expect(depth(59 * radius)).toBeLessThan(1);
  }
});

test('what grows is framed until somebody moves the camera, and again with another robot', () => {
  const element = canvas();
  const rig = rigOf(boxOf([1, 1, 1]), element);
  const away = () => rig.camera.position.distanceTo(rig.about);
  const near = away();
  rig.setExtent(boxOf([2, 2, 2]), origin);
  expect(away()).toBeCloseTo(2 * near, 6);
  const wheel = { deltaY: -120, deltaMode: 0, clientX: 500, clientY: 300 };
  element.dispatchEvent(Object.assign(new Event('wheel'), wheel));
  rig.update(0, undefined);
  const chosen = rig.camera.position.clone();
  expect(chosen.distanceTo(rig.about)).toBeLessThan(2 * near);
  rig.setExtent(boxOf([4, 4, 4]), origin);
  rig.setInsets({ top: 0, right: 0, bottom: 0, left: 0 });
  expect(rig.camera.position.distanceTo(chosen)).toBe(0);
  rig.setInsets(insets);
  rig.release();
  rig.setExtent(boxOf([4, 4, 4]), origin);
  expect(away()).toBeCloseTo(4 * near, 6);
});

test('the camera goes along with what drives through more than fits, and does not climb with it', () => {
  const rig = rigOf(boxOf([1, 1, 1], { mobile: true, cut: true }));
  const offset = rig.camera.position.clone().sub(rig.about);
  const base = new Vector3(20, -5, 3);
  const subject = { base, tip: (out: Vector3) => out.copy(base) };
  let before = rig.about.distanceTo(base);
  for (let now = 20; now <= 8000; now += 20) {
    rig.update(now, subject);
    const left = rig.about.distanceTo(base);
    expect(left).toBeLessThanOrEqual(before);
    before = left;
  }
  expect(rig.about.x).toBeCloseTo(20, 3);
  expect(rig.about.y).toBeCloseTo(-5, 3);
  expect(rig.about.z).toBe(0.5);
  expect(rig.camera.position.clone().sub(rig.about).distanceTo(offset)).toBeLessThan(1e-3);
});

test('the camera slides along with a tip near the edge, and stays where it is for one that is nowhere', () => {
  const rig = rigOf(boxOf([1, 1, 1]));
  const tip = new Vector3(4, 0, 0.5);
  const subject = { base: origin, tip: (out: Vector3) => out.copy(tip) };
  const share = () => seen(rig, tip).x / (size.width / 2) - 1;
  expect(share()).toBeGreaterThan(0.62);
  for (let now = 20; now <= 8000; now += 20) rig.update(now, subject);
  expect(share()).toBeGreaterThan(0.6);
  expect(share()).toBeLessThan(0.63);
  const stands = rig.camera.position.clone();
  tip.set(Number.NaN, 0, 0);
  rig.update(8020, subject);
  tip.set(1e3, 0, 0.5);
  rig.update(8040, subject);
  expect(rig.camera.position.distanceTo(stands)).toBeLessThan(1e-2);
});
