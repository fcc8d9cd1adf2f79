import { channel } from '../../src/core/channel.ts';
import { InputError } from '../../src/core/errors.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { frameOf, mount } from './frames.ts';
import type { Instrument } from './instrument.ts';
import { mountOf } from './mount.ts';
import type { Probe } from './probe.ts';
import { figuresOf, rounded } from './quality.ts';
import { fanOf, fixedTogether, RayScene } from './ray-scene.ts';

const mostRays = 10000;

/**
 * Distances in a plane, to what collides: links, bodies of the world and the ground. All beams of a sample are of one
 * moment. Noise and rounding keep to 0 … `range`; a beam that hits nothing reads `range` exactly.
 */
export function lidarSensor(sensor: Extract<Sensor, { kind: 'lidar' }>, probe: Probe): Instrument {
  const { name, rays, from, to, range } = sensor;
  const frame = frameOf(sensor, 'link', sensor.link, probe, 'link');
  if (!(Number.isInteger(rays) && rays >= 1 && rays <= mostRays))
    throw new InputError(`sensor ${name}: rays ${rays} must be a whole number in 1 … ${mostRays}`);
  if (!(range > 0 && range < Infinity))
    throw new InputError(`sensor ${name}: range ${range} m must be above 0 and finite`);
  if (!(Number.isFinite(from) && to >= from && to - from <= 2 * Math.PI + 1e-9))
    throw new InputError(
      `sensor ${name}: angles from ${from} to ${to} rad must rise, by one turn at most; for a full circle of n rays let "to" be from + 2π (1 − 1/n)`,
    );
  const offset = mountOf(sensor);
  const { ranges } = figuresOf(sensor, ['ranges']);
  const scene = new RayScene(probe, fixedTogether(probe.robot, frame));
  const parent = new Float64Array(7);
  const pose = new Float64Array(7);
  const fan = fanOf(rays, from, to);
  return {
    channels: [channel(`${name}.ranges`, 'm', { size: rays, low: 0, high: range })],
    size: rays,
    normals: ranges.noise > 0 ? rays : 0,
    memory: new Float64Array(),
    measure(_step, normals, out) {
      probe.pose(frame, parent);
      mount(parent, offset, pose);
      scene.place();
      scene.scan(pose, fan, range, out);
      for (let i = 0; i < rays; i++) {
        if (out[i] === range) continue;
        const seen = rounded(out[i] + (ranges.noise && ranges.noise * normals[i]), ranges.resolution);
        out[i] = Math.min(range, Math.max(0, seen));
      }
    },
  };
}
