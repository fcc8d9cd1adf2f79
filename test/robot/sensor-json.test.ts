import { expect, test } from 'vitest';
import { robotFromUrdf } from '#src/robot/index';

const urdf = `<robot name="bench">
  <link name="base"/>
  <link name="arm"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="hinge" type="continuous"><parent link="base"/><child link="arm"/><axis xyz="0 0 1"/></joint>
</robot>`;

function sensorsOf(...sensors: unknown[]) {
  return robotFromUrdf(urdf, { sensors }, { urdfFile: 'bench.urdf', jsonFile: 'bench.json' }).sensors;
}

test('every kind of sensor is read from robot.json, angles as in a URDF', () => {
  const [encoder, hand, imu, touch, lidar] = sensorsOf(
    { kind: 'encoder', name: 'encoder', quality: { resolution: 0.0015, noise: { velocity: 0.1 } } },
    { kind: 'pose', name: 'hand', link: 'arm', point: [0, 0, 0.1], quality: { rate: 30, latency: 0.1 } },
    { kind: 'imu', name: 'imu', link: 'arm', pose: { xyz: [1, 2, 3], rpy: [0, 0, Math.PI] } },
    { kind: 'contact', name: 'touch', of: 'arm', against: 'cube' },
    { kind: 'lidar', name: 'lidar', link: 'base', rays: 360, from: -3, to: 3, range: 10 },
  );
  expect(encoder).toMatchObject({ joint: '*', quality: { resolution: 0.0015, noise: { velocity: 0.1 } } });
  expect(hand).toMatchObject({ link: 'arm', point: [0, 0, 0.1], quality: { rate: 30, latency: 0.1 } });
  if (imu.kind !== 'imu') throw new Error('not an IMU');
  expect(imu.pose.position).toEqual([1, 2, 3]);
  for (const [k, value] of [0, 0, 1, 0].entries()) expect(imu.pose.rotation[k]).toBeCloseTo(value, 12);
  expect(touch).toEqual({ kind: 'contact', name: 'touch', of: 'arm', against: 'cube' });
  expect(lidar).toMatchObject({ rays: 360, pose: { position: [0, 0, 0], rotation: [0, 0, 0, 1] } });
});

test.each<[string, object, RegExp]>([
  ['an unknown kind', { kind: 'sonar', name: 's' }, /sensors\.0\.kind.*encoder, pose, imu, contact, lidar/],
  ['an unknown key', { kind: 'imu', name: 's', lnk: 'arm', link: 'arm' }, /"lnk"; did you mean "link"/],
  [
    'an unknown key of a pose',
    { kind: 'imu', name: 's', link: 'arm', pose: { rpz: [0, 0, 0] } },
    /sensors\.0\.pose.*"rpz"; did you mean "rpy"/,
  ],
  ['noise below 0', { kind: 'imu', name: 's', link: 'arm', quality: { noise: -1 } }, /quality\.noise.*>=0/],
  [
    'half a ray',
    { kind: 'lidar', name: 's', link: 'arm', rays: 0.5, from: 0, to: 1, range: 1 },
    /sensors\.0\.rays/,
  ],
  ['an unknown link', { kind: 'imu', name: 's', link: 'am' }, /sensors\.0\.link.*"am".*did you mean "arm"/],
])('%s in robot.json is refused with its place', (_, sensor, message) => {
  expect(() => sensorsOf(sensor)).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
  );
});
