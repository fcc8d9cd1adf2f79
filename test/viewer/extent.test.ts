import { expect, test } from 'vitest';
import type { RobotModel } from '#src/core/robot';
import type { Marker, WorldBody, WorldSpec } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';
import { extentOf } from '#viewer/scene/extent';

const nothing = () => undefined;
const cartpole = await loadRobot('cartpole');

function body(kind: WorldBody['kind'], x: number, size: number): WorldBody {
  const pose = { position: [x, 0, 0], rotation: [0, 0, 0, 1] } as const;
  const shape = {
    geometry: { kind: 'box', size: [size, size, size] },
    pose: { ...pose, position: [0, 0, 0] },
  } as const;
  return { name: `${kind} ${x}`, kind, mass: 1, pose, shapes: [shape] };
}

const look = (robot: RobotModel, world: WorldSpec | null = null, markers: readonly Marker[] = []) =>
  extentOf(robot, world, markers, nothing);

test('what is near is framed with the robot, what is far or vast does not shrink it', () => {
  const alone = look(cartpole);
  const near = look(cartpole, { bodies: [body('free', alone.half[0] + 0.3, 0.2)] });
  expect(near.half[0]).toBeGreaterThan(alone.half[0]);
  const far = look(cartpole, { bodies: [body('free', 1e6, 1), body('fixed', 0, 1e5)] });
  expect(far.radius).toBeLessThan(3 * alone.radius);
  const track = look(cartpole, null, [{ kind: 'path', points: [-1e4, 0, 0, 1e4, 1e4, 0] }]);
  expect(track.radius).toBeLessThan(5 * alone.radius);
});

test('the ground is the one of the world, else where the robot stands', () => {
  expect(look(cartpole, { ground: { height: -3 } }).ground).toBe(-3);
  const { ground } = look(cartpole);
  expect(ground).toBeLessThan(0);
});

test('a robot that drives is framed as it stands, and followed when the world is larger than the picture', () => {
  const urdf = `<robot name="cart">
    <link name="world"/>
    <link name="chassis">
      <inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
      <visual><geometry><box size="0.5 0.3 0.2"/></geometry></visual>
    </link>
    <joint name="base" type="floating"><parent link="world"/><child link="chassis"/></joint>
  </robot>`;
  const cart = robotFromUrdf(urdf, undefined, { urdfFile: 'cart.urdf', jsonFile: 'robot.json' });
  const alone = look(cart);
  expect(alone).toMatchObject({ mobile: true, cut: false });
  expect(alone.half[0]).toBeCloseTo(0.25, 9);
  const slot: Marker = {
    kind: 'box',
    pose: { position: [2, 0, 0], rotation: [0, 0, 0, 1] },
    size: [1, 1, 0.1],
  };
  const parking = look(cart, null, [slot]);
  expect(parking.cut).toBe(false);
  expect(parking.center[0] + parking.half[0]).toBeCloseTo(2.5, 9);
  const elsewhere = look(cart, { bodies: [body('fixed', 1000, 1)] }, [slot]);
  expect(elsewhere).toEqual(parking);
  const lap = look(cart, null, [{ kind: 'path', points: [-50, 0, 0, 50, 0, 0, 0, 50, 0] }]);
  expect(lap.cut).toBe(true);
  expect(lap.center.slice(0, 2)).toEqual([0, 0]);
  expect(lap.radius).toBeLessThan(8 * alone.radius);
});

test('a robot without any shape has an extent too', () => {
  const bare = {
    ...cartpole,
    links: cartpole.links.map((link) => ({ ...link, visuals: [], collisions: [] })),
  };
  const { radius, center } = look(bare);
  expect(Number.isFinite(radius) && center.every(Number.isFinite)).toBe(true);
});
