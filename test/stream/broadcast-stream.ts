import type { WorldSpec } from '#src/core/task';
import type { Rung } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Broadcast } from '#src/stream/broadcast';
import { Control } from '#src/stream/control';
import { Hub } from '#src/stream/hub';
import { topicSpecs } from '#src/stream/schemas';
import { FakeClock } from './fake-clock.ts';
import { armScript, cartpoleScript, description, type Script, stepEvents, timedEvents } from './fixture.ts';
import { type Heard, listen } from './listening.ts';

interface Received extends Heard {
  /** Wall ms since the beginning. */
  readonly at: number;
}

export const cartpole = cartpoleScript(await loadRobot('cartpole'));
export const arm = armScript(await loadRobot('arm7'));

/** A hub that a broadcast tells of a run, for clients that read everything at once. */
export function stream(script: Script, world?: WorldSpec) {
  const clock = new FakeClock();
  const begin = clock.now();
  const hub = new Hub(clock);
  const control = new Control(() => {});
  const broadcast = new Broadcast(hub, clock, script.robot, world, control);
  const received: Received[] = [];
  let frames = 0;
  const of = (topic: string) => received.filter((item) => item.topic === topic);
  return {
    ...{ clock, hub, broadcast, of },
    newest: (topic: string) => (of(topic).at(-1) as Received).message,
    listen: () =>
      listen(
        hub,
        topicSpecs,
        (heard) => received.push({ ...heard, at: clock.now() - begin }),
        () => frames++,
      ),
    frames: () => frames,
  };
}

/** Runs steps as a paced loop does: burst after burst, each some ms after its tick. */
export function act(
  parts: ReturnType<typeof stream>,
  script: Script,
  steps: number,
  delay = (_step: number) => 0,
): void {
  parts.broadcast.emit({ type: 'start', run: description(script) });
  parts.broadcast.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
  parts.broadcast.emit({ type: 'activity', activity: 'acting' });
  for (let step = 1; step <= steps; step++) {
    const wait = delay(step);
    parts.clock.advance(wait);
    for (const event of stepEvents(script, 1, 2, step)) parts.broadcast.emit(event);
    parts.clock.advance(Math.max(0, script.controlPeriod * 1000 - wait));
  }
}

/** Ticks of a run on the wall clock, each with its rung; plan age and lateness as told. */
export function tick(
  parts: ReturnType<typeof stream>,
  steps: readonly (readonly [Rung, number | null, number, number?])[],
  epoch = 1,
): void {
  for (const [index, [rung, planAge, lateness, skipped]] of steps.entries()) {
    const timing = { rung, planAge, lateness, ...(skipped && { skipped }), delay: 30 };
    for (const event of timedEvents(cartpole, epoch, 2, index + 1, timing)) parts.broadcast.emit(event);
    parts.clock.advance(40);
  }
}
