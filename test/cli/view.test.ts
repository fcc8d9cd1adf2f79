import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { temporaryFolder } from '../runs/fixtures.ts';
import { fixture, type JsonEvent, start } from './premotor.ts';

const out = temporaryFolder();
afterAll(() => out.remove());

it('with --view the page is served, the learned controller keeps acting, and Ctrl-C ends it', async () => {
  const events: JsonEvent[] = [];
  const answers: string[] = [];
  const running = start(
    ['train', fixture('tiny.ts'), '--trials', '2', '--view', '--http-port', '0', '--json', '--out', out.path],
    {
      env: { XDG_STATE_HOME: join(out.path, 'state') },
      onEvent: (event) => {
        events.push(event);
        // Two episodes behind the last trial.
        if (event.event === 'step' && event.trial === 4 && event.step === 12) running.kill('SIGINT');
      },
      onError: async (text) => {
        const url = /^page (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m.exec(text)?.[1];
        if (!url) return;
        answers.push(
          String((await fetch(url)).status),
          String((await fetch(url.replace(/token=\w/, 'token=-'))).status),
        );
        const socket = new WebSocket(url.replace('http', 'ws'), ['foxglove.websocket.v1']);
        socket.on('error', (error) => answers.push(error.message));
        socket.once('message', (data) => answers.push(JSON.parse(data.toString()).op));
      },
    },
  );
  const { code } = await running.ended;
  // All trials are done and saved: nothing was cut short.
  expect(code).toBe(0);
  expect(answers).toEqual(['200', expect.stringMatching(/^40[13]$/), 'serverInfo']);
  expect(events[0]).toMatchObject({ event: 'start', budget: 'realtime (4 × 1)' });
  expect(events.filter(({ event }) => event === 'trial')).toHaveLength(2);
  const [run] = readdirSync(out.path).filter((name) => name.startsWith('tiny'));
  expect(readFileSync(join(out.path, run, 'trials.jsonl'), 'utf8').split('\n')).toHaveLength(3);
});
