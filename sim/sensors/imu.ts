import { channel } from '../../src/core/channel.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { frameOf, mount, turn, turnBack } from './frames.ts';
import type { Instrument } from './instrument.ts';
import { mountOf } from './mount.ts';
import type { Probe } from './probe.ts';
import { figuresOf, rounded } from './quality.ts';

/**
 * Specific force and angular velocity in the sensor's own frame; at rest it reads +g upwards, in free fall 0. The
 * acceleration is the change of the point's velocity over the latest simulation step; it counts as 0 at a reset.
 */
export function imuSensor(sensor: Extract<Sensor, { kind: 'imu' }>, probe: Probe): Instrument {
  const { name } = sensor;
  const { gravity, timestep } = probe;
  const frame = frameOf(sensor, 'link', sensor.link, probe, 'link');
  const offset = mountOf(sensor);
  const figures = figuresOf(sensor, ['acceleration', 'gyro']);
  const parent = new Float64Array(7);
  const pose = new Float64Array(7);
  const motion = new Float64Array(6);
  const arm = new Float64Array(3);
  const velocity = new Float64Array(3);
  const seen = new Float64Array(6);
  /** Velocity of the point after the latest step and its mean acceleration over it, world axes. */
  const memory = new Float64Array(6);

  const pointVelocity = () => {
    probe.pose(frame, parent);
    probe.motion(frame, motion);
    turn(parent, offset[0], offset[1], offset[2], arm, 0);
    velocity[0] = motion[0] + motion[4] * arm[2] - motion[5] * arm[1];
    velocity[1] = motion[1] + motion[5] * arm[0] - motion[3] * arm[2];
    velocity[2] = motion[2] + motion[3] * arm[1] - motion[4] * arm[0];
  };
  return {
    channels: [
      channel(`${name}.acceleration`, 'm/s²', { size: 3, target: 'absolute' }),
      channel(`${name}.gyro`, 'rad/s', { size: 3 }),
    ],
    size: 6,
    normals: figures.acceleration.noise > 0 || figures.gyro.noise > 0 ? 6 : 0,
    memory,
    reset() {
      pointVelocity();
      memory.set(velocity);
      memory.fill(0, 3);
    },
    follow() {
      pointVelocity();
      for (let k = 0; k < 3; k++) {
        memory[3 + k] = (velocity[k] - memory[k]) / timestep;
        memory[k] = velocity[k];
      }
    },
    measure(_step, normals, out) {
      probe.pose(frame, parent);
      probe.motion(frame, motion);
      mount(parent, offset, pose);
      turnBack(pose, memory[3] - gravity[0], memory[4] - gravity[1], memory[5] - gravity[2], seen, 0);
      turnBack(pose, motion[3], motion[4], motion[5], seen, 3);
      for (let k = 0; k < 6; k++) {
        const { noise, resolution } = k < 3 ? figures.acceleration : figures.gyro;
        out[k] = rounded(seen[k] + (noise && noise * normals[k]), resolution);
      }
    },
  };
}
