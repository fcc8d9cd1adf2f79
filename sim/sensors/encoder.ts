import { InputError, nearestName } from '../../src/core/errors.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import type { Instrument } from './instrument.ts';
import type { Probe } from './probe.ts';
import { figuresOf, named, rounded } from './quality.ts';

/**
 * Coordinates and rates of joints as their encoders tell them. An encoder that counts (its position has a resolution)
 * knows no rate; what it tells is the difference of its last two positions, noise included, over the time between them:
 * multiples of resolution / interval. The first rate after a reset is the true one, rounded to such a multiple.
 *
 * @param joints indices into `robot.movable` @param interval s, mean time between samples
 */
export function encoderSensor(
  sensor: Extract<Sensor, { kind: 'encoder' }>,
  probe: Probe,
  joints: readonly number[],
  interval: number,
): Instrument {
  const { position, velocity } = figuresOf(sensor, ['position', 'velocity']);
  const counts = position.resolution > 0 && !named(sensor, 'velocity');
  const size = joints.length;
  const offsets = channelOffsets(probe);
  const at = (joint: number, quantity: string) => {
    const { name } = probe.robot.joints[probe.robot.movable[joint]];
    const offset = offsets.get(`${name}.${quantity}`);
    if (offset === undefined)
      throw new InputError(
        `sensor ${sensor.name}: ${probe.robot.name} delivers no channel "${name}.${quantity}"; remove the encoder`,
      );
    return offset;
  };
  /** Step of the latest sample, then its positions. */
  const memory = new Float64Array(counts ? 1 + size : 0);
  return {
    channels: [],
    replaces: [...joints.map((j) => at(j, 'position')), ...joints.map((j) => at(j, 'velocity'))],
    size: 2 * size,
    normals: position.noise > 0 || velocity.noise > 0 ? 2 * size : 0,
    memory,
    measure(step, normals, out) {
      const elapsed = step === 0 ? interval : (step - memory[0]) * probe.timestep;
      for (let i = 0; i < size; i++) {
        const joint = joints[i];
        const noisy = probe.position[joint] + (position.noise && position.noise * normals[i]);
        out[i] = rounded(noisy, position.resolution);
        const rate = probe.velocity[joint];
        if (!counts)
          out[size + i] = rounded(
            rate + (velocity.noise && velocity.noise * normals[size + i]),
            velocity.resolution,
          );
        else {
          out[size + i] =
            step === 0 ? rounded(rate, position.resolution / interval) : (out[i] - memory[1 + i]) / elapsed;
          memory[1 + i] = out[i];
        }
      }
      if (counts) memory[0] = step;
    },
  };
}

/**
 * Which joints (indices into `robot.movable`) each encoder reads: its own, or with `*` all that no other encoder names.
 */
export function jointsOfEncoders(sensors: readonly Sensor[], probe: Probe): Map<Sensor, number[]> {
  const names = probe.robot.movable.map((j) => probe.robot.joints[j].name);
  const taken = new Map<number, string>();
  const out = new Map<Sensor, number[]>();
  const encoders = sensors.filter((sensor) => sensor.kind === 'encoder');
  const byName = [...encoders].sort((a, b) => Number(a.joint === '*') - Number(b.joint === '*'));
  for (const sensor of byName) {
    const own = names.indexOf(sensor.joint);
    if (sensor.joint !== '*' && own < 0) {
      const near = nearestName(sensor.joint, names);
      throw new InputError(
        `sensor ${sensor.name}: joint "${sensor.joint}" is no movable joint of ${probe.robot.name}; ${near ? `did you mean "${near}"?` : `there are ${names.join(', ')}`}`,
      );
    }
    const joints = sensor.joint === '*' ? names.map((_, j) => j).filter((j) => !taken.has(j)) : [own];
    for (const joint of joints) {
      const other = taken.get(joint);
      if (other !== undefined)
        throw new InputError(
          `sensor ${sensor.name}: joint ${names[joint]} has an encoder already (${other}); remove one`,
        );
      taken.set(joint, sensor.name);
    }
    if (joints.length === 0)
      throw new InputError(`sensor ${sensor.name}: no joint is left for it; remove it`);
    out.set(sensor, joints);
  }
  return out;
}

function channelOffsets(probe: Probe): Map<string, number> {
  const offsets = new Map<string, number>();
  let offset = 0;
  for (const { name, size } of probe.channels) {
    offsets.set(name, offset);
    offset += size;
  }
  return offsets;
}
