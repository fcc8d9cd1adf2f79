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
}

/** Evaluated whatever the clock says: the warm start and a few more. */
const LEAST = 4;
/** Kernels work by panels of so many rows: batches are multiples of it where there is time. */
const PANEL = 12;

/**
 * Evaluates as many sequences as fit before a deadline: in batches sized by the time that earlier ones took, so that
 * none is begun that is not expected to end in time. What was not evaluated has no return. One for a planner's life:
 * it knows from the last plan how long a sequence takes.
 */
export class Pacer {
  /** Expected ms per sequence, over all robots of a call; grows at once, shrinks slowly. */
  #each = 0;

  /** Is there time for `count` sequences? */
  affords(count: number, { clock, at }: Deadline): boolean {
    return clock() + count * this.#each <= at;
  }

  /**
   * Returns [R, N] go to `returns`; tells how many of each robot's sequences [R, N, H, A] were evaluated, from the
   * first one on. @param urgent evaluates a few even after the deadline.
   */
  async evaluate(
    evaluate: Evaluate,
    { actions, candidates, robots }: Batch,
    deadline: Deadline,
    urgent: boolean,
    returns: Float64Array,
  ): Promise<number> {
    const length = actions.length / (robots * candidates);
    let done = 0;
    while (done < candidates) {
      const left = candidates - done;
      const count = Math.min(left, this.#batch(deadline, urgent && done === 0));
      if (count === 0) break;
      const part =
        robots === 1
          ? actions.subarray(done * length, (done + count) * length)
          : gather(actions, { robots, candidates, length }, done, count);
      const started = deadline.clock();
      const found = await evaluate(part, count);
      const each = (deadline.clock() - started) / count;
      // One pause of the machine must not cost the next plans all they could have tried.
      const known = this.#each === 0 ? each : Math.min(each, 3 * this.#each);
      this.#each = known > this.#each ? known : 0.7 * this.#each + 0.3 * known;
      for (let r = 0; r < robots; r++) {
        for (let n = 0; n < count; n++) returns[r * candidates + done + n] = found[r * count + n];
      }
      done += count;
    }
    return done;
  }

  /** Half of what still fits, so that the clock is read again before the end; all of it when that is little. */
  #batch({ clock, at }: Deadline, urgent: boolean): number {
    const least = urgent ? LEAST : 0;
    if (this.#each === 0) return LEAST;
    const fits = Math.max(0, Math.floor((at - clock()) / this.#each));
    const count = fits > 2 * PANEL ? Math.ceil(fits / 2) : fits;
    return Math.max(least, count > PANEL ? count - (count % PANEL) : count);
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
