import { channel } from '../../src/core/channel.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { frameOf, mount, multiply } from './frames.ts';
import type { Instrument } from './instrument.ts';
import type { Probe } from './probe.ts';
import { figuresOf, rounded } from './quality.ts';

/**
 * Position and rotation of a point, world frame. Noise turns the rotation by a normal angle about each axis. Of the two
 * quaternions of a rotation the one nearer to the sample before is delivered, the first with w ≥ 0.
 */
export function poseSensor(sensor: Extract<Sensor, { kind: 'pose' }>, probe: Probe): Instrument {
  const { name, point } = sensor;
  const frame = frameOf(sensor, 'link', sensor.link, probe, 'link or body');
  if (point.length !== 3 || !point.every(Number.isFinite))
    throw new InputError(`sensor ${name}: point must be three finite numbers, m`);
  const { position, rotation } = figuresOf(sensor, ['position', 'rotation']);
  const offset = Float64Array.of(...point, 0, 0, 0, 1);
  const parent = new Float64Array(7);
  const pose = new Float64Array(7);
  const error = new Float64Array(4);
  /** The quaternion of the sample before. */
  const memory = new Float64Array(4);
  return {
    channels: [
      channel(`${name}.position`, 'm', { size: 3 }),
      channel(`${name}.rotation`, '-', { size: 4, low: -1, high: 1 }),
    ],
    size: 7,
    normals: position.noise > 0 || rotation.noise > 0 ? 6 : 0,
    memory,
    reset: () => memory.set([0, 0, 0, 1]),
    measure(_step, normals, out) {
      probe.pose(frame, parent);
      mount(parent, offset, pose);
      for (let k = 0; k < 3; k++)
        out[k] = rounded(pose[k] + (position.noise && position.noise * normals[k]), position.resolution);
      if (rotation.noise > 0) {
        const x = rotation.noise * normals[3];
        const y = rotation.noise * normals[4];
        const z = rotation.noise * normals[5];
        const angle = Math.sqrt(x * x + y * y + z * z);
        const s = angle > 0 ? Math.sin(angle / 2) / angle : 0.5;
        error[0] = s * x;
        error[1] = s * y;
        error[2] = s * z;
        error[3] = Math.cos(angle / 2);
        multiply(error, 0, pose, 3, pose, 3);
      }
      let near = 0;
      for (let k = 0; k < 4; k++) near += pose[3 + k] * memory[k];
      for (let k = 0; k < 4; k++) {
        memory[k] = near < 0 ? -pose[3 + k] : pose[3 + k];
        out[3 + k] = rounded(memory[k], rotation.resolution);
      }
    },
  };
}
