import { expect, test } from 'vitest';
import { InputError } from '#src/core/errors';
import { loadRobot } from '#src/load/robot';
import { Inspection } from '#src/stream/inspection';
import { inspectionServices } from '#src/stream/schemas';
import { poseService } from '#src/stream/wire';

const robot = await loadRobot('cartpole');
const [slider, hinge] = robot.movable.map((index) => robot.joints[index]);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('a pose is held within the limits of the joints, and shown', () => {
  const shown: (readonly number[])[] = [];
  const inspection = new Inspection(robot, (position) => shown.push(position));
  const held = inspection.call(poseService, encode({ position: [99, 0.3] }));
  expect(held).toEqual({ position: [slider.upper, 0.3] });
  inspection.call(poseService, encode({ position: [-99, 700] }));
  expect(shown).toEqual([
    [slider.upper, 0.3],
    [slider.lower, Math.min(700, hinge.upper)],
  ]);
});

test.each([
  [{}],
  [{ position: 1 }],
  [{ position: [1] }],
  [{ position: [1, 2, 3] }],
  [{ position: [1, null] }],
  [{ position: [1, '2'] }],
  [[]],
])('%j is refused, and nothing moves', (request) => {
  const inspection = new Inspection(robot, () => expect.unreachable());
  expect(() => inspection.call(poseService, encode(request))).toThrow(InputError);
});

test('there is no run to pause', () => {
  const inspection = new Inspection(robot, () => expect.unreachable());
  expect(() => inspection.call('/premotor/pause', encode({}))).toThrow('nothing runs here');
  expect(inspectionServices.map(({ name }) => name)).toEqual([poseService]);
});
