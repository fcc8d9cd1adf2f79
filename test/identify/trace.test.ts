import { describe, expect, it } from 'vitest';
import type { Exchange } from '#src/core/hardware';
import { localState } from '#src/identify/local-state';
import { traceOf, traceOfExchanges } from '#src/identify/trace';
import { loadRobot } from '#src/load/robot';
import { arm } from './arm.ts';
import { recordingOf } from './recording.ts';

const recorded = recordingOf(arm, { seconds: 3 });
const cut = (change: (exchange: Exchange, i: number) => Exchange) => recorded.map(change);
const silent = (exchange: Exchange): Exchange => ({ ...exchange, sentAt: Number.NaN });
const lost = (exchange: Exchange): Exchange => ({
  ...exchange,
  position: exchange.position.map(() => Number.NaN),
});

describe('a trace of exchanges', () => {
  it('has times, commands and positions of every cycle, in one piece where nothing is missing', () => {
    const trace = traceOfExchanges(arm, recorded, 'x');
    expect(trace.pieces).toEqual([{ from: 0, to: 300 }]);
    expect(trace.times[0]).toBe(0);
    expect(trace.sentAt[7] - trace.times[7]).toBeCloseTo(0.001, 9);
    expect(Array.from(trace.position.slice(30, 33))).toEqual(Array.from(recorded[10].position));
    expect(Array.from(trace.sent.slice(30, 33))).toEqual(Array.from(recorded[10].sent));
  });

  it('bridges single lost answers and unsent commands, and breaks at long gaps and silences', () => {
    const trace = traceOfExchanges(
      arm,
      cut((exchange, i) => {
        if (i % 40 === 5 && i < 150) return lost(exchange);
        if (i % 40 === 9) return silent(exchange);
        return (i > 90 && i < 110) || i > 250
          ? lost(exchange)
          : i > 180 && i < 230
            ? silent(exchange)
            : exchange;
      }),
      'x',
    );
    const spans = trace.pieces.map(({ from, to }) => [trace.times[from], trace.times[to - 1]]);
    expect(spans).toHaveLength(3);
    expect(spans[0][1]).toBeCloseTo(0.9, 1);
    // A command counts for 0.2 s after it was sent.
    expect(spans[1][1]).toBeCloseTo(2, 1);
    expect(spans[2][0]).toBeCloseTo(2.3, 1);
  });

  it('holds the last command where one was not sent', () => {
    const trace = traceOfExchanges(
      arm,
      cut((exchange, i) => (i === 50 ? silent(exchange) : exchange)),
      'x',
    );
    expect(Array.from(trace.sent.slice(150, 153))).toEqual(Array.from(recorded[49].sent));
    expect(trace.sentAt[50]).toBe(trace.sentAt[49]);
  });

  it('begins a piece anew where time goes back, as when two recordings are put together', () => {
    const trace = traceOfExchanges(arm, [...recorded, ...recorded], 'x');
    expect(trace.pieces).toHaveLength(2);
  });

  it.each([
    ['nothing at all', [], /x: holds no exchanges with a robot; record one with premotor run/],
    ['readings alone', recorded.map(silent), /x: nothing was sent to the robot in its 300 readings/],
    ['commands alone', recorded.map(lost), /x: nothing was sent/],
  ])('of %s is refused in a line', (_, exchanges, message) => {
    expect(() => traceOfExchanges(arm, exchanges, 'x')).toThrow(message);
  });

  it('of another robot is refused', async () => {
    const so101 = await loadRobot('so101');
    expect(() => traceOfExchanges(so101, recorded, 'x')).toThrow(
      'x: was recorded from a robot with 3 motors, so101 has 6; name the robot that was recorded by --robot',
    );
  });

  it('of a robot with joints that nothing drives is refused, for nobody saw them', async () => {
    const cartpole = await loadRobot('cartpole');
    expect(() => traceOfExchanges(cartpole, recorded, 'x')).toThrow(/joint .* has no actuator/);
  });
});

describe('the state at a reading', () => {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const time = 0.01 * i + (i % 3) * 1e-3;
    return {
      time,
      sentAt: time,
      sent: [0, 0, 0],
      position: [3 + 2 * time ** 3 - time, i === 20 ? Number.NaN : time, 0],
    };
  });
  const trace = traceOf(arm, rows, 'x');

  it('is exact where the motion is a cubic, for readings at any times', () => {
    for (const row of [0, 4, 20, 39]) {
      const t = trace.times[row];
      const state = localState(trace, trace.pieces[0], row, 0);
      expect(state?.position).toBeCloseTo(3 + 2 * t ** 3 - t, 9);
      expect(state?.velocity).toBeCloseTo(6 * t ** 2 - 1, 7);
    }
  });

  it('is known at a reading that was lost, and not where there are too few', () => {
    expect(localState(trace, trace.pieces[0], 20, 1)?.velocity).toBeCloseTo(1, 9);
    expect(localState(trace, { from: 0, to: 4 }, 2, 0)).toBeUndefined();
  });
});
