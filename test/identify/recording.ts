import { SimPlant } from '#sim/sim-plant';
import type { Exchange } from '#src/core/hardware';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { excitation } from '#src/identify/excitation';
import { coordinatesOf } from '#src/robot/index';

export interface RecordingOptions {
  readonly seconds: number;
  readonly seed?: number;
  /** Standard deviation of the encoders' noise, rad; default 0.0005. */
  readonly noise?: number;
  /** rad; default that of 12 bits. */
  readonly resolution?: number;
  /** Joints that stay at home. */
  readonly still?: readonly string[];
  readonly commands?: readonly Float64Array[];
}

/**
 * What a bridge of 100 Hz would tell of a robot under a multi-sine: cycles 9 … 11 ms apart, readings 1 ms after their
 * beginning, commands 1 ms after those, positions noisy and rounded, rates not told. `truth.simulation.latency` is the
 * latency from sending on.
 */
export function recordingOf(truth: RobotModel, options: RecordingOptions): Exchange[] {
  const { seconds, seed = 0, noise = 0.0005, resolution = (2 * Math.PI) / 4096, still = [] } = options;
  const commands = options.commands ?? excitation(truth, { seconds, rate: 100, seed });
  const plant = new SimPlant({ robot: truth, controlPeriod: 0.001 });
  plant.reset({ position: truth.home, velocity: truth.home.map(() => 0) });
  const random = new Random(seed, 'recording');
  const coordinate = coordinatesOf(truth);
  const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  const write = Float32Array.from(coordinate, (d) => truth.home[d]);
  const none = () => new Float64Array(coordinate.length).fill(Number.NaN);
  const exchanges: Exchange[] = [];
  let clock = 0;
  const until = (ms: number) => {
    for (; clock < ms; clock++) plant.advance();
  };
  let began = 0;
  for (const [cycle, command] of commands.entries()) {
    until(began + 1);
    plant.read(reading);
    const position = Float64Array.from(
      coordinate,
      (d) => Math.round((reading[d] + random.normal(0, noise)) / resolution) * resolution,
    );
    const sent = command.map((value, k) =>
      still.includes(truth.actuators[k].joint) ? truth.home[coordinate[k]] : value,
    );
    until(began + 2);
    write.set(sent);
    plant.write(write);
    exchanges.push({
      cycle,
      began: 5e6 + began,
      readAt: 5e6 + began + 1,
      sentAt: 5e6 + began + 2,
      position,
      velocity: none(),
      effort: none(),
      asked: sent,
      sent,
      limited: [],
    });
    began += 9 + random.integer(3);
  }
  plant.close();
  return exchanges;
}
