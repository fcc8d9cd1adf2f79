import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { temporaryFolder } from '../runs/fixtures.ts';
import { start } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());

const massless = fileURLToPath(new URL('../robot/hostile/massless-meshes.urdf', import.meta.url));

it.each([
  ['cartpole', 'cartpole'],
  ['a robot that cannot be simulated', massless],
])('robots check --view serves %s to be posed, beside its description, until Ctrl-C', async (_, robot) => {
  const ops: string[] = [];
  const services: string[] = [];
  const running = start(['robots', 'check', robot, '--view', '--http-port', '0', '--json'], {
    env: { XDG_STATE_HOME: join(out.path, 'state') },
    onError: (text) => {
      const url = /^page (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m.exec(text)?.[1];
      if (!url) return;
      const socket = new WebSocket(url.replace('http', 'ws'), ['foxglove.websocket.v1']);
      socket.on('message', (data, binary) => {
        if (binary) return;
        const message = JSON.parse(data.toString());
        ops.push(message.op);
        if (message.op !== 'advertiseServices') return;
        services.push(...message.services.map(({ name }: { name: string }) => name));
        running.kill('SIGINT');
      });
    },
  });
  const { code, stdout } = await running.ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: robot === massless ? 'hostile' : robot });
  expect(ops).toContain('serverInfo');
  expect(services).toEqual(['/premotor/pose']);
});
