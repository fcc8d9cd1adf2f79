import { channel } from '../../src/core/channel.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { frameOf } from './frames.ts';
import type { Instrument } from './instrument.ts';
import type { Probe } from './probe.ts';
import { figuresOf, rounded } from './quality.ts';

/**
 * Net force of contacts on a link or body, world axes: the mean over the last control period (since the reset, when that
 * is less; 0 at the reset).
 */
export function contactSensor(
  sensor: Extract<Sensor, { kind: 'contact' }>,
  probe: Probe,
  stepsPerPeriod: number,
): Instrument {
  const { name } = sensor;
  const of = frameOf(sensor, 'of', sensor.of, probe, 'link or body');
  const against =
    sensor.against === undefined
      ? undefined
      : frameOf(sensor, 'against', sensor.against, probe, 'link, body or ground');
  if (of === against) throw new InputError(`sensor ${name}: ${sensor.of} does not touch itself`);
  const { force } = figuresOf(sensor, ['force']);
  /** Steps followed, then the force of each of the last `stepsPerPeriod` steps. */
  const memory = new Float64Array(1 + 3 * stepsPerPeriod);
  let slot = 0;
  const add = (a: number, b: number, fx: number, fy: number, fz: number) => {
    const other = a === of ? b : a;
    if ((a !== of && b !== of) || (against !== undefined && other !== against)) return;
    const sign = b === of ? 1 : -1;
    memory[slot] += sign * fx;
    memory[slot + 1] += sign * fy;
    memory[slot + 2] += sign * fz;
  };
  return {
    channels: [channel(`${name}.force`, 'N', { size: 3, target: 'absolute' })],
    size: 3,
    normals: force.noise > 0 ? 3 : 0,
    memory,
    reset: () => memory.fill(0),
    follow() {
      slot = 1 + 3 * (memory[0] % stepsPerPeriod);
      memory.fill(0, slot, slot + 3);
      probe.eachContact(add);
      memory[0]++;
    },
    measure(_step, normals, out) {
      const steps = Math.max(1, Math.min(memory[0], stepsPerPeriod));
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (let at = 1 + k; at < memory.length; at += 3) sum += memory[at];
        out[k] = rounded(sum / steps + (force.noise && force.noise * normals[k]), force.resolution);
      }
    },
  };
}
