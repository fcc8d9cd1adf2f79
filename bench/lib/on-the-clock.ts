import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import protocol from '@foxglove/ws-protocol';
import { WebSocket } from 'ws';
import type { Rung, TickTiming, TimingReport } from '#src/core/telemetry';

const { FoxgloveClient } = protocol;

/** What `premotor eval --json` tells at its end. */
export interface EvaluationEnd {
  readonly returns: readonly number[];
  readonly score: number | null;
  readonly scores: readonly (number | null)[];
  readonly timing: readonly TimingReport[];
}

export interface Step {
  readonly trial: number;
  readonly step: number;
  readonly timing?: TickTiming;
  readonly planMs: number | null;
}

/** An evaluation in a process of its own. */
export interface RunningEvaluation {
  /** Resolves when it has ended. */
  readonly end: Promise<EvaluationEnd>;
  /** With --view: the page. */
  readonly page: Promise<string>;
  stop(): void;
}

export function evaluateRun(
  run: string,
  flags: readonly string[],
  onStep: (step: Step) => void,
): RunningEvaluation {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'eval', run, ...flags, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const page = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const url = /^page (\S+)/.exec(line)?.[1];
      if (url) resolve(url);
      else if (line.trim() !== '') process.stderr.write(`${line}\n`);
    });
  });
  let last: EvaluationEnd | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'step') onStep(event);
    else if (event.event === 'end') last = event;
  });
  const end = new Promise<EvaluationEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (last) resolve(last);
      else reject(new Error(`premotor eval ${run} ended with code ${code}`));
    });
  });
  return { end, page, stop: () => child.kill('SIGINT') };
}

/** A client that subscribes to everything and draws nothing. */
export function subscribe(page: string, onMessage: (topic: string) => void) {
  const client = new FoxgloveClient({
    ws: new WebSocket(page.replace(/^http/, 'ws'), [FoxgloveClient.SUPPORTED_SUBPROTOCOL]) as never,
  });
  const topics = new Map<number, string>();
  client.on('advertise', (channels) => {
    for (const { id, topic } of channels) topics.set(client.subscribe(id), topic);
  });
  client.on('message', ({ subscriptionId }) => onMessage(topics.get(subscriptionId) ?? ''));
  client.on('error', () => {});
  const services = new Promise<readonly { id: number; name: string }[]>((resolve) =>
    client.on('advertiseServices', resolve),
  );
  let calls = 0;
  return {
    async call(name: string): Promise<void> {
      const service = (await services).find((candidate) => candidate.name === name);
      if (!service) throw new Error(`the run has no service ${name}`);
      client.sendServiceCallRequest({
        ...{ serviceId: service.id, callId: ++calls, encoding: 'json', data: new TextEncoder().encode('{}') },
      });
    },
    close: () => client.close(),
  };
}

/** Rungs of all episodes together. */
export function rungsOf(reports: readonly TimingReport[]): Record<Rung, number> {
  const sum: Record<Rung, number> = { plan: 0, 'old-plan': 0, hold: 0, decay: 0, stop: 0 };
  for (const { rungs } of reports) for (const rung of Object.keys(sum) as Rung[]) sum[rung] += rungs[rung];
  return sum;
}

/** Steps and messages a second while episodes run: counted from the first to the last step of each. */
export class Rates {
  #seconds = 0;
  #steps = 0;
  #messages = 0;
  #waiting = 0;
  #trial = 0;
  #last = 0;

  step({ trial }: Step): void {
    const now = performance.now();
    if (trial === this.#trial) {
      this.#seconds += (now - this.#last) / 1000;
      this.#steps++;
      this.#messages += this.#waiting;
    }
    this.#trial = trial;
    this.#last = now;
    this.#waiting = 0;
  }

  /** The time since the last step does not count. */
  interrupt(): void {
    this.#trial = 0;
  }

  message(): void {
    this.#waiting++;
  }

  get steps(): number {
    return this.#steps / this.#seconds;
  }
  get messages(): number {
    return this.#messages / this.#seconds;
  }
}
