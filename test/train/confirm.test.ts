import { describe, expect, it } from 'vitest';
import { CommandControl } from '#src/core/run-control';
import type { TelemetryEvent } from '#src/core/telemetry';
import { confirmed } from '#src/train/confirm';

function scene() {
  const control = new CommandControl();
  const events: TelemetryEvent[] = [];
  const state = { over: undefined as boolean | undefined };
  const begin = async () => {
    state.over = await confirmed({ control, telemetry: { emit: (event) => events.push(event) } });
  };
  return { control, events, state, begin };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a run that waits for a person before an episode', () => {
  it('asks, goes on when it is resumed, and forgets what was asked of an episode that had not begun', async () => {
    const { control, events, state, begin } = scene();
    const waiting = begin();
    await settle();
    expect(events).toEqual([{ type: 'activity', activity: 'paused', detail: expect.stringMatching(/^Put/) }]);
    for (const type of ['step', 'reset', 'pause'] as const) control.command({ type });
    await settle();
    expect(state.over).toBeUndefined();
    control.command({ type: 'resume' });
    await waiting;
    expect(state.over).toBe(true);
    expect(events.at(-1)).toEqual({ type: 'activity', activity: 'acting' });
    expect([control.paused, control.takeReset(), control.takeStep()]).toEqual([false, false, false]);
  });

  it('ends when it is stopped, while it asks or before', async () => {
    const { control, events, state, begin } = scene();
    const waiting = begin();
    control.command({ type: 'stop' });
    await waiting;
    expect(state.over).toBe(false);
    await begin();
    expect(state.over).toBe(false);
    expect(events).toHaveLength(1);
  });
});
