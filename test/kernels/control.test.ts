import { describe, expect, it } from 'vitest';
import { close, enter, leave, open, WORD } from '#src/kernels/control';

const words = () => new Int32Array(new SharedArrayBuffer(64));

describe('taking part in a job', () => {
  it('is not possible before the first one', () => {
    const w = words();
    close(w);
    expect(enter(w)).toBe(false);
  });

  it('ends the job with the last who leaves, and only once', () => {
    const w = words();
    open(w);
    expect([enter(w), enter(w)]).toEqual([true, true]);
    expect(leave(w)).toBe(false);
    expect(enter(w)).toBe(true);
    expect([leave(w), leave(w)]).toEqual([false, true]);
    expect(enter(w)).toBe(false);
  });

  it('does not wait for a worker that never came', () => {
    const w = words();
    open(w);
    expect(enter(w)).toBe(true);
    expect(leave(w)).toBe(true);
    expect(enter(w)).toBe(false);
    open(w);
    expect(enter(w)).toBe(true);
    expect(Atomics.load(w, WORD.active)).toBe(1);
  });
});
