import { afterEach, describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import type { Exchange, ExplorationLimits, HardwareReport } from '#src/core/hardware';
import { HardwarePlant } from '#src/hardware/hardware-plant';
import { loadRobot } from '#src/load/robot';

const plants: HardwarePlant[] = [];
afterEach(async () => {
  for (const plant of plants.splice(0)) await plant.close();
});

/** A driver that stands at 0 and whose read fails after so many. */
const failing = (reads: number) => `
  export default { name: 'failing', calibrated: false, create: ({ robot }) => {
    const joints = robot.actuators.map(({ joint }) => joint);
    const none = () => new Float64Array(joints.length);
    const motors = joints.map((joint) => ({ joint, temperature: 30, voltage: 7, current: 0, load: 0, error: '', misses: 0 }));
    let reads = 0;
    return {
      watchdog: null,
      configure: async () => ({ description: '', serial: null, notes: [] }),
      read: async () => {
        if (++reads > ${reads}) throw new Error('the cable is off');
        return { position: none(), velocity: none(), effort: none(), age: none(), motors };
      },
      activate: async () => {}, write: async () => {}, close: async () => {},
      stop: async () => ({ stopped: true, how: 'it stands' }),
    };
  } };`;

async function open(reads: number, exploration?: ExplorationLimits) {
  const robot = await loadRobot('so101');
  const driverModule = `data:text/javascript,${encodeURIComponent(failing(reads))}`;
  const hardware = { ...robot.hardware!, exploration };
  const plant = await HardwarePlant.open({
    options: { robot, hardware, port: 'none', controlPeriod: 0.02, dryRun: false, driverModule },
  });
  plants.push(plant);
  return plant;
}

it.each([1, 20])(
  'a robot that is not active and fails after %i readings fails whoever waits for one',
  async (reads) => {
    const work = async () => {
      const plant = await open(reads);
      for (;;) await plant.advance();
    };
    const fault = await work().catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(RobotFault);
    expect((fault as Error).message).toContain('the cable is off');
  },
);

it('what is written is what its bridge was asked, and limits say what they changed', async () => {
  const plant = await open(Number.POSITIVE_INFINITY);
  const exchanges: Exchange[] = [];
  plant.observeHardware({ exchange: (exchange) => exchanges.push(exchange), report() {} });
  await plant.activate();
  const command = Float32Array.from(plant.spec.command.high, (high) => high + 0.3);
  for (let tick = 0; tick < 10; tick++) {
    plant.write(command);
    await plant.advance();
  }
  const last = exchanges.filter(({ asked }) => Number.isFinite(asked[0])).at(-1)!;
  expect([...last.asked]).toEqual([...command]);
  expect(last.limited).toContain('elbow_flex: position');
  expect(last.sent[2]).toBeLessThan(plant.spec.command.high[2]);
});

it.each([
  [true, 0.5],
  [false, 10],
])('explores: %s, so commands change by at most %d rad/s', async (exploring, most) => {
  const plant = await open(Number.POSITIVE_INFINITY, { velocity: 0.5 });
  const sent: number[] = [];
  plant.observeHardware({ exchange: (exchange) => sent.push(exchange.sent[0]), report() {} });
  plant.explore(exploring);
  await plant.activate();
  for (let tick = 0; tick < 10; tick++) {
    plant.write(Float32Array.from(plant.spec.command.low, () => 0.19));
    await plant.advance();
  }
  const steps = sent.slice(1).map((command, i) => Math.abs(command - sent[i]));
  const fastest = 100 * Math.max(...steps.filter(Number.isFinite));
  // A cycle that comes late counts as two.
  expect(fastest).toBeLessThan(2 * most + 1e-9);
  expect(fastest).toBeGreaterThan(0.4 * most);
});

describe('of a bridge that is killed', () => {
  const kill = async (plant: HardwarePlant) => {
    const reports: HardwareReport[] = [];
    plant.observeHardware({ exchange() {}, report: (report) => reports.push(report) });
    const ticks = async () => {
      for (;;) await plant.advance();
    };
    const fault = ticks().catch((error: Error) => error.message);
    process.kill(plant.bridge as number, 'SIGKILL');
    expect(await fault).toMatch(/^the bridge's process ended by SIGKILL: nobody watches the robot/);
    return reports.at(-1);
  };

  it('nobody says that it had stopped an active robot, whatever was verified before', async () => {
    const plant = await open(Number.POSITIVE_INFINITY);
    await plant.activate();
    expect((await plant.stop()).stopped).toBe(true);
    await plant.activate();
    expect(await kill(plant)).toMatchObject({
      lifecycle: 'finalized',
      fault: expect.stringMatching(/^the bridge's process ended by SIGKILL/),
      stop: { stopped: false, how: 'its bridge ended without having stopped it' },
    });
  });

  it('what it had stopped before stays so', async () => {
    const plant = await open(Number.POSITIVE_INFINITY);
    await plant.activate();
    await plant.stop();
    expect(await kill(plant)).toMatchObject({ lifecycle: 'finalized', stop: { stopped: true } });
  });
});
