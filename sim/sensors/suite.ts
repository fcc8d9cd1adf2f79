import type { Channel } from '../../src/core/channel.ts';
import { InputError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import type { Sensor } from '../../src/core/sensor.ts';
import { contactSensor } from './contact.ts';
import { Delivery } from './delivery.ts';
import { encoderSensor, jointsOfEncoders } from './encoder.ts';
import { imuSensor } from './imu.ts';
import type { Instrument } from './instrument.ts';
import { lidarSensor } from './lidar.ts';
import { poseSensor } from './pose.ts';
import type { Probe } from './probe.ts';
import { isDue, type Timing, timingOf } from './quality.ts';

interface Mounted {
  readonly instrument: Instrument;
  readonly timing: Timing;
  readonly delivery: Delivery;
  /** Key of its noise, and the stream for the present episode. */
  readonly stream: string;
  random: Random;
  readonly normals: Float64Array;
  readonly sample: Float64Array;
  /** Where its values go in a reading [size]. */
  readonly target: readonly number[];
}

/**
 * All sensors of a plant. Noise is keyed by seed, `sensor/<name>`, episode and the number of the sample: it depends on
 * neither threads nor what was measured before. Throws InputError for a sensor that cannot be.
 */
export class SensorSuite {
  /** What the sensors add to a reading, after the plant's own channels. */
  readonly channels: readonly Channel[];
  /** Numbers that `save` writes. */
  readonly saved: number;
  readonly #mounted: readonly Mounted[];
  readonly #memories: readonly Float64Array[];
  #step = 0;
  #seed = 0;
  #episode = 0;

  constructor(sensors: readonly Sensor[], probe: Probe, controlPeriod: number) {
    const stepsPerPeriod = Math.round(controlPeriod / probe.timestep);
    const encoders = jointsOfEncoders(sensors, probe);
    const own = probe.channels.reduce((sum, { size }) => sum + size, 0);
    const channels: Channel[] = [];
    let offset = own;
    this.#mounted = sensors.map((sensor) => {
      const timing = timingOf(sensor, probe.timestep, stepsPerPeriod);
      const instrument = instrumentOf(sensor, probe, encoders.get(sensor) ?? [], timing, stepsPerPeriod);
      channels.push(...instrument.channels);
      const target = instrument.replaces ?? Array.from({ length: instrument.size }, (_, i) => offset + i);
      if (!instrument.replaces) offset += instrument.size;
      const stream = `sensor/${sensor.name}`;
      return {
        instrument,
        timing,
        delivery: new Delivery(timing, instrument.size),
        stream,
        random: new Random(0, stream),
        normals: new Float64Array(instrument.normals),
        sample: new Float64Array(instrument.size),
        target,
      };
    });
    this.channels = channels;
    checkNames(sensors, [...probe.channels, ...channels]);
    this.#memories = this.#mounted.flatMap(({ instrument, delivery }) => [
      instrument.memory,
      delivery.memory,
    ]);
    this.saved = this.#memories.reduce((sum, { length }) => sum + length, 3);
  }

  /** Begins an episode, of which the probe already shows the start. */
  reset(noise: { readonly seed: number; readonly episode: number } = { seed: 0, episode: 0 }): void {
    this.#step = 0;
    this.#key(noise.seed, noise.episode);
    for (const mounted of this.#mounted) {
      mounted.instrument.memory.fill(0);
      mounted.delivery.reset();
      mounted.instrument.reset?.();
      this.#measure(mounted);
    }
  }

  /** To be called after every simulation step. */
  sample(): void {
    this.#step++;
    for (const mounted of this.#mounted) {
      mounted.instrument.follow?.();
      if (isDue(mounted.timing, this.#step)) this.#measure(mounted);
    }
  }

  /** Writes what the sensors say now into a reading that already holds the plant's own values. */
  read(out: Float32Array): void {
    for (const { delivery, target } of this.#mounted) {
      const at = delivery.arrived(this.#step);
      for (let i = 0; i < target.length; i++) out[target[i]] = delivery.memory[at + i];
    }
  }

  /** Writes all that changes into `out` at `offset` [saved]. */
  save(out: Float64Array, offset = 0): void {
    out[offset] = this.#step;
    out[offset + 1] = this.#seed;
    out[offset + 2] = this.#episode;
    let at = offset + 3;
    for (const memory of this.#memories) {
      out.set(memory, at);
      at += memory.length;
    }
  }

  restore(saved: Float64Array, offset = 0): void {
    this.#step = saved[offset];
    this.#key(saved[offset + 1], saved[offset + 2]);
    let at = offset + 3;
    for (const memory of this.#memories) {
      memory.set(saved.subarray(at, at + memory.length));
      at += memory.length;
    }
  }

  #key(seed: number, episode: number): void {
    if (this.#seed === seed && this.#episode === episode) return;
    this.#seed = seed;
    this.#episode = episode;
    for (const mounted of this.#mounted) mounted.random = new Random(seed, mounted.stream, episode);
  }

  #measure({ instrument, delivery, random, normals, sample }: Mounted): void {
    // A block of the stream has four words, two of them make two normals.
    if (normals.length > 0) random.seek(delivery.count * Math.ceil(normals.length / 4)).fillNormal(normals);
    instrument.measure(this.#step, normals, sample);
    delivery.push(this.#step, sample);
  }
}

function instrumentOf(
  sensor: Sensor,
  probe: Probe,
  joints: readonly number[],
  timing: Timing,
  stepsPerPeriod: number,
): Instrument {
  switch (sensor.kind) {
    case 'encoder':
      return encoderSensor(sensor, probe, joints, timing.interval * probe.timestep);
    case 'pose':
      return poseSensor(sensor, probe);
    case 'imu':
      return imuSensor(sensor, probe);
    case 'contact':
      return contactSensor(sensor, probe, stepsPerPeriod);
    case 'lidar':
      return lidarSensor(sensor, probe);
    default: {
      // A task of the user's own may say anything.
      const { name, kind } = sensor as { name: string; kind: string };
      throw new InputError(
        `sensor ${name}: kind "${kind}" is none; there are encoder, pose, imu, contact, lidar`,
      );
    }
  }
}

function checkNames(sensors: readonly Sensor[], channels: readonly Channel[]): void {
  const twice = (names: readonly string[]) => names.find((name, i) => names.indexOf(name) < i);
  const sensor = twice(sensors.map(({ name }) => name));
  if (sensor !== undefined) throw new InputError(`two sensors are called "${sensor}"; rename one`);
  const channel = twice(channels.map(({ name }) => name));
  if (channel !== undefined)
    throw new InputError(`two channels are called "${channel}"; rename the sensor that adds one`);
}
