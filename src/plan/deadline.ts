import { CallTime } from './call-time.ts';
import type { Evaluate } from './planner.ts';

export interface Deadline {
  /** ms */
  readonly clock: () => number;
  readonly at: number;
}

/** Sequences [R, N, H, A]. */
export interface Batch {
  readonly actions: Float32Array;
  readonly candidates: number;
  readonly robots: number;
  /** Sequences that take as long as one of them. */
  readonly grain: number;
}

/** Evaluated whatever the clock says: the warm start and a few more. */
const LEAST = 4;

/**
 * Evaluates as many sequences as fit before a deadline: in batches sized by the time that earlier ones took, so that
 * hardly any is begun that does not end in time. What was not evaluated has no return. One for a planner's life:
 * it knows from the last plan how long a sequence takes.
 */
export class Pacer {
  readonly #time = new CallTime();

  /** Is there time for `count` sequences of every robot? */
  affords(count: number, { robots, grain }: Omit<Batch, 'actions'>, { clock, at }: Deadline): boolean {
    return clock() + this.#time.longest(Math.ceil((robots * count) / grain)) <= at;
  }

  /**
   * Returns [R, N] go to `returns`; tells how many of each robot's sequences [R, N, H, A] were evaluated, from the
   * first one on. @param urgent evaluates a few even after the deadline.
   */
  async evaluate(
    evaluate: Evaluate,
    { actions, candidates, robots, grain }: Batch,
    deadline: Deadline,
    urgent: boolean,
    returns: Float64Array,
  ): Promise<number> {
    const length = actions.length / (robots * candidates);
    let done = 0;
    while (done < candidates) {
      const left = candidates - done;
      const count = Math.min(left, this.#batch(deadline, { robots, grain }, urgent && done === 0));
      if (count === 0) break;
      const part =
        robots === 1
          ? actions.subarray(done * length, (done + count) * length)
          : gather(actions, { robots, candidates, length }, done, count);
      const started = deadline.clock();
      const found = await evaluate(part, count);
      this.#time.learn(Math.ceil((robots * count) / grain), deadline.clock() - started);
      for (let r = 0; r < robots; r++) {
        for (let n = 0; n < count; n++) returns[r * candidates + done + n] = found[r * count + n];
      }
      done += count;
    }
    return done;
  }

  /** Half of the grains that still fit, so that the clock is read again before the end; one at least where it is urgent. */
  #batch(
    { clock, at }: Deadline,
    { robots, grain }: Pick<Batch, 'robots' | 'grain'>,
    urgent: boolean,
  ): number {
    const least = urgent || !this.#time.known ? Math.max(LEAST, Math.floor(grain / robots)) : 0;
    if (!this.#time.known) return least;
    const fits = this.#time.fits(at - clock());
    const grains = Math.max(Math.ceil(fits / 2), Math.min(fits, Math.ceil(robots / grain)));
    return Math.max(least, Math.floor((grains * grain) / robots));
  }
}

/** Sequences `from` … `from + count − 1` of every robot [R, count, H, A]. */
function gather(
  actions: Float32Array,
  { robots, candidates, length }: { robots: number; candidates: number; length: number },
  from: number,
  count: number,
): Float32Array {
  const part = new Float32Array(robots * count * length);
  for (let r = 0; r < robots; r++) {
    const start = (r * candidates + from) * length;
    part.set(actions.subarray(start, start + count * length), r * count * length);
  }
  return part;
}
