import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RobotFault } from '#src/core/errors';
import { loadDriver } from '#src/hardware/drivers';
import { bundleTask, installTask } from '#src/load/bundle';
import { loadRobot } from '#src/load/robot';
import { driverConformance } from './driver-conformance.ts';

const folder = fileURLToPath(new URL('../../examples/own-driver/', import.meta.url));

/** What a request takes, in the board's own time, s. */
const REQUEST = 0.005;

/** The turret's board: two servos of 5 rad/s, which take up their last goal when torque comes. Its time is its own. */
class Board {
  angles: readonly number[] = [0, 0];
  goals: readonly number[] = [0, 0];
  torque = false;
  plugged = true;
  /** Takes no goals; answers nothing to this. */
  deaf = false;
  broken: string | undefined;
  readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      if (!this.plugged || request.url === this.broken) return response.destroy();
      this.pass(REQUEST);
      const body = text === '' ? {} : JSON.parse(text);
      if (request.url === '/go' && !this.deaf) this.goals = body.goals;
      if (request.url === '/torque') this.torque = body.torque;
      const { angles, goals, torque } = this;
      return response.end(JSON.stringify({ angles, goals, torque }));
    });
  }

  pass(seconds: number): void {
    const reach = this.torque ? 5 * seconds : 0;
    const step = (away: number) => Math.max(-reach, Math.min(reach, away));
    this.angles = this.angles.map((angle, j) => angle + step(this.goals[j] - angle));
  }

  async serve(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

async function exampleDriver() {
  return loadDriver(
    await installTask(await bundleTask(`${folder}turret-driver.ts`, 'turret-driver.ts'), 'it'),
  );
}

driverConformance('of the example', async () => {
  const board = new Board();
  const robot = await loadRobot(`${folder}turret.urdf`);
  const module = await exampleDriver();
  const driver = module.create({ robot, hardware: robot.hardware!, port: await board.serve() });
  return {
    driver,
    joints: robot.actuators.map(({ joint }) => joint),
    poses: [
      [0.3, -0.2],
      [-0.6, 0.7],
    ],
    tolerance: 0.01,
    travel: 0.4,
    run: (promise) => promise,
    async pass(seconds) {
      // Requests that are under way go on meanwhile.
      for (let passed = 0; passed < seconds; passed += REQUEST) {
        board.pass(REQUEST);
        await new Promise(setImmediate);
      }
    },
    positions: () => board.angles,
    powered: () => [board.torque, board.torque],
    place(positions) {
      board.angles = positions;
    },
    ignoreGoals(ignored) {
      board.deaf = ignored;
    },
    unplug(out) {
      board.plugged = !out;
    },
    async close() {
      board.server.closeAllConnections();
      await new Promise((resolve) => board.server.close(resolve));
    },
  };
});

describe('the example driver', () => {
  it('is named by its robot.json, shown on the page, and short', async () => {
    const robot = await loadRobot(`${folder}turret.urdf`);
    expect(robot.hardware?.driver).toBe('./turret-driver.ts');
    expect((await exampleDriver()).name).toBe('turret');
    const whole = readFileSync(`${folder}turret-driver.ts`, 'utf8');
    const page = readFileSync(new URL('../../docs/drivers.md', import.meta.url), 'utf8');
    expect(page).toContain(`\n\`\`\`ts\n${whole}\`\`\`\n`);
    const source = whole.replace(/\/\*[\s\S]*?\*\//g, '');
    const lines = source.split('\n').filter((line) => !/^\s*(\/\/.*)?$/.test(line));
    expect(lines.length).toBeLessThanOrEqual(60);
  });

  it.each(['/go', '/torque'])('takes no commands after an activation that failed at %s', async (path) => {
    const board = new Board();
    const robot = await loadRobot(`${folder}turret.urdf`);
    const options = { robot, hardware: robot.hardware!, port: await board.serve() };
    const driver = (await exampleDriver()).create(options);
    await driver.configure();
    board.broken = path;
    await expect(driver.activate(new Float64Array(2))).rejects.toThrow(RobotFault);
    board.broken = undefined;
    await expect(driver.write(Float64Array.of(0.2, 0.2))).rejects.toThrow('the turret is activating');
    expect([board.goals, board.torque]).toEqual([[0, 0], false]);
    await driver.activate(new Float64Array(2));
    await driver.write(Float64Array.of(0.2, 0.2));
    expect([board.goals, board.torque]).toEqual([[0.2, 0.2], true]);
    board.server.closeAllConnections();
    await new Promise((resolve) => board.server.close(resolve));
  });
});
