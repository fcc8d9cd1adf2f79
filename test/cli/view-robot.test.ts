import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { temporaryFolder } from '../runs/fixtures.ts';
import { start } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());

it('robots check --view serves the robot to be posed, beside its description, until Ctrl-C', async () => {
  const ops: string[] = [];
  const services: string[] = [];
  const running = start(['robots', 'check', 'cartpole', '--view', '--http-port', '0', '--json'], {
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
  expect(JSON.parse(stdout)).toMatchObject({ name: 'cartpole' });
  expect(ops).toContain('serverInfo');
  expect(services).toEqual(['/premotor/pose']);
});
