import { expect, it } from 'vitest';
import { SimPlant } from '#sim/sim-plant';
import { excitation } from '#src/identify/excitation';
import { Replay } from '#src/identify/replay';
import { traceOf } from '#src/identify/trace';
import { loadRobot } from '#src/load/robot';

const so101 = await loadRobot('so101');
const delayed = { ...so101, simulation: { ...so101.simulation, latency: 0.013 } };
const commands = excitation(so101, { seconds: 3, rate: 50, seed: 4 });

/** Readings of the simulated plant at 50 Hz; the command goes out when a reading is there. */
function simulated() {
  const plant = new SimPlant({ robot: delayed, controlPeriod: 0.02 });
  const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
  return commands.map((sent, i) => {
    plant.read(reading);
    plant.write(Float32Array.from(sent));
    plant.advance();
    const time = 0.02 * i;
    return { time, sentAt: time, sent, position: reading.slice(0, 6), velocity: reading.slice(6, 12) };
  });
}

it('a replay goes where the plant went, latency and all', () => {
  const rows = simulated();
  const trace = traceOf(so101, rows, 'x');
  const window = {
    from: 0,
    to: 150,
    position: Array.from(rows[0].position),
    velocity: Array.from(rows[0].velocity),
  };
  const position = new Float64Array(150 * 6);
  const velocity = new Float64Array(150 * 6);
  new Replay({ robot: delayed, zero: [0, 0, 0, 0, 0, 0] }, trace).run(window, position, 0, velocity);
  for (const [i, row] of rows.entries())
    for (let d = 0; d < 6; d++) {
      expect(position[6 * i + d]).toBeCloseTo(row.position[d], 5);
      expect(velocity[6 * i + d]).toBeCloseTo(row.velocity[d], 4);
    }
});

it('what encoders read too much is taken off commands and put back on readings', () => {
  const rows = simulated();
  const zero = [0.02, -0.01, 0.03, 0, 0, 0];
  const shifted = (values: ArrayLike<number>) => Float64Array.from(values, (value, d) => value + zero[d]);
  const trace = traceOf(
    so101,
    rows.map((row) => ({ ...row, sent: shifted(row.sent), position: shifted(row.position) })),
    'x',
  );
  const position = new Float64Array(100 * 6);
  const window = {
    from: 0,
    to: 100,
    position: Array.from(shifted(rows[0].position)),
    velocity: [0, 0, 0, 0, 0, 0],
  };
  new Replay({ robot: delayed, zero }, trace).run(window, position);
  for (let d = 0; d < 6; d++) expect(position[99 * 6 + d]).toBeCloseTo(rows[99].position[d] + zero[d], 5);
});

it('a latency between two steps lies between those of the steps', () => {
  const trace = traceOf(so101, simulated(), 'x');
  const window = { from: 75, to: 80, position: so101.home, velocity: [0, 0, 0, 0, 0, 0] };
  const at = (latency: number) => {
    const out = new Float64Array(5 * 6);
    const robot = { ...so101, simulation: { ...so101.simulation, latency } };
    new Replay({ robot, zero: [0, 0, 0, 0, 0, 0] }, trace).run(window, out);
    return out[4 * 6];
  };
  const [early, middle, late] = [at(0.01), at(0.0104), at(0.011)];
  expect(Math.abs(late - early)).toBeGreaterThan(1e-6);
  expect((middle - early) / (late - early)).toBeCloseTo(0.4, 2);
});

it('an excitation stays within limits and rates, and begins and ends at home', () => {
  const long = excitation(so101, { seconds: 20, rate: 100, seed: 1, velocity: 1.2 });
  for (const [k, { joint }] of so101.actuators.entries()) {
    const { lower, upper } = so101.joints.find(({ name }) => name === joint) as {
      lower: number;
      upper: number;
    };
    const values = long.map((command) => command[k]);
    expect(Math.min(...values)).toBeGreaterThan(lower);
    expect(Math.max(...values)).toBeLessThan(upper);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.2);
    const fastest = Math.max(...values.slice(1).map((value, i) => Math.abs(value - values[i]) * 100));
    expect(fastest).toBeLessThan(1.2);
    expect(values[0]).toBeCloseTo(so101.home[k], 9);
    expect(values.at(-1)).toBeCloseTo(so101.home[k], 2);
  }
});
