import { expect, it } from 'vitest';
import { SimPlant } from '#sim/sim-plant';
import { CommandLimiter } from '#src/control/command-limiter';
import { SafetyTrips } from '#src/control/safety-trips';
import type { Exchange } from '#src/core/hardware';
import { Bridge } from '#src/hardware/bridge/bridge';
import { defaultCalibration } from '#src/hardware/calibration';
import { EmulatedBus } from '#src/hardware/emulator/emulated-bus';
import { emulatedServos } from '#src/hardware/emulator/emulated-servos';
import { PlantMotors } from '#src/hardware/emulator/plant-motors';
import { PathGuard } from '#src/hardware/path-guard';
import { loopback } from '#src/hardware/port';
import { ServoDriver } from '#src/hardware/servo-driver';
import { servoFamilies } from '#src/hardware/servo-families';
import { excitation } from '#src/identify/excitation';
import { loadRobot } from '#src/load/robot';
import { VirtualClock } from '../hardware/virtual-clock.ts';
import { altered } from './arm.ts';
import { factors, identified } from './identified.ts';

const so101 = await loadRobot('so101');
const seconds = 9;

/** What the bridge tells of an altered SO-101 on an emulated servo bus under a multi-sine, in virtual time. */
async function emulated(): Promise<Exchange[]> {
  const hardware = so101.hardware!;
  const clock = new VirtualClock();
  const calibration = defaultCalibration(so101);
  const { servos, mounts } = emulatedServos(so101, hardware, calibration);
  const truth = altered(so101, { friction: 1.6, gains: 0.8 });
  const plant = new SimPlant({ robot: truth, controlPeriod: 0.001 });
  const motors = new PlantMotors({ plant, mounts, period: 0.001 });
  const bus = new EmulatedBus({ family: 'feetech', servos, motors, clock });
  const options = { robot: so101, hardware, port: 'emulated', calibration };
  const driver = new ServoDriver(servoFamilies.find(({ name }) => name === 'feetech')!, options, {
    clock,
    async open(address) {
      const [near, far] = loopback(address);
      bus.attach(far);
      bus.start();
      return near;
    },
  });
  const commands = excitation(so101, { seconds: seconds - 1, rate: 50, seed: 3 });
  const exchanges: Exchange[] = [];
  let beat = 0;
  let active = false;
  let next = 0;
  const bridge = new Bridge(
    { ...options, controlPeriod: 0.02, dryRun: false },
    {
      ...{ driver, clock, unix: () => 1e12 + 1000 * clock.now(), origin: 0 },
      safety: {
        limiter: new CommandLimiter(so101, hardware),
        trips: new SafetyTrips(so101, hardware),
        guard: new PathGuard(so101, hardware),
      },
      tell(message) {
        if (message.type === 'exchange' && active) exchanges.push(message.exchange);
        if (message.type !== 'tick' || !active || next >= commands.length) return;
        bridge.command(commands[next++], ++beat);
      },
    },
  );
  const pulse = () => {
    bridge.heartbeat(++beat);
    clock.at(clock.now() + 0.025, pulse);
  };
  pulse();
  await clock.run(bridge.configure());
  await clock.run(bridge.activate());
  active = true;
  await clock.pass(seconds);
  return exchanges;
}

it('a bridge tells enough of an emulated SO-101 on its servo bus to find its friction and gains', async () => {
  const coarse = { ...so101, simulation: { ...so101.simulation, timestep: 0.002 } };
  const exchanges = await emulated();
  const result = await identified(exchanges, ['friction', 'gains', 'latency'], coarse, 0.1);
  for (const factor of factors(result, 'gains')) expect(Math.abs(factor / 0.8 - 1)).toBeLessThan(0.03);
  for (const factor of factors(result, 'friction')) expect(Math.abs(factor / 1.6 - 1)).toBeLessThan(0.12);
  // The write's way over the bus, and what the reading is older than its time.
  expect(result.robot.simulation.latency).toBeGreaterThan(0.0005);
  expect(result.robot.simulation.latency).toBeLessThan(0.005);
  expect(result.after[1].position).toBeLessThan(0.3 * result.before[1].position);
});
