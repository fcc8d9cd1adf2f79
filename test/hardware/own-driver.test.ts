import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadDriver } from '#src/hardware/drivers';
import { bundleTask, installTask } from '#src/load/bundle';
import { loadRobot } from '#src/load/robot';
import { driverConformance } from './driver-conformance.ts';

const folder = fileURLToPath(new URL('../../examples/own-driver/', import.meta.url));

/** What a request takes, in the board's own time, s. */
const REQUEST = 0.005;

/** The turret's board: two servos of 300 °/s, which take up their last goal when torque comes. Its time is its own. */
class Board {
  readonly joints = { pan: 0, tilt: 0 };
  readonly goals = { pan: 0, tilt: 0 };
  torque = 0;
  plugged = true;
  readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      if (!this.plugged) return response.destroy();
      this.pass(REQUEST);
      const body = text === '' ? {} : JSON.parse(text);
      if (request.url === '/go') Object.assign(this.goals, { pan: body.pan, tilt: body.tilt });
      if (request.url === '/torque') this.torque = body.torque;
      return response.end(JSON.stringify({ ...this.joints, torque: this.torque }));
    });
  }

  pass(seconds: number): void {
    const reach = this.torque * 300 * seconds;
    for (const joint of ['pan', 'tilt'] as const) {
      const away = this.goals[joint] - this.joints[joint];
      this.joints[joint] += Math.max(-reach, Math.min(reach, away));
    }
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
    positions: () => [board.joints.pan, board.joints.tilt].map((angle) => (angle * Math.PI) / 180),
    powered: () => [board.torque === 1, board.torque === 1],
    place([pan, tilt]) {
      Object.assign(board.joints, { pan: (pan * 180) / Math.PI, tilt: (tilt * 180) / Math.PI });
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
  it('is named by its robot.json, and short', async () => {
    const robot = await loadRobot(`${folder}turret.urdf`);
    expect(robot.hardware?.driver).toBe('./turret-driver.ts');
    expect((await exampleDriver()).name).toBe('turret');
    const lines = readFileSync(`${folder}turret-driver.ts`, 'utf8').split('\n');
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(70);
  });
});
