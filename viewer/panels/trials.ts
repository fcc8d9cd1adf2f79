import type { TimingReport } from '../../src/core/telemetry.ts';
import type { TrialMessage } from '../../src/stream/wire.ts';
import { h, setAttribute, setText } from '../dom.ts';
import { capital, decimal, duration, figures } from '../format.ts';
import type { State } from '../state.ts';
import { type Card, card } from './card.ts';

/** One column a trial, or an episode of an evaluation: height is the return, colour and pattern how it ended. */
export class Trials {
  readonly card: Card = card('Return by trial', 'strip');
  readonly #list = h('ol', { class: 'trials' });
  readonly #high = h('span');
  readonly #low = h('span');
  readonly #now = h('li', { class: 'now' }, h('span'), h('i'));
  readonly #choose: (trial: number) => void;
  #noun: State['noun'] = 'trial';
  #revision = -1;
  #least = 0;
  #most = 1;

  /** @param choose told which trial somebody wants to see again, where that is possible */
  constructor(timeline: HTMLElement, choose: (trial: number) => void) {
    this.#choose = choose;
    this.card.body.append(
      h('div', { class: 'range', 'aria-hidden': 'true' }, this.#high, this.#low),
      this.#list,
    );
    this.card.root.append(timeline);
  }

  update(state: State): void {
    const running = state.steps.last?.return ?? null;
    const beyond = running !== null && (running > this.#most || running < this.#least);
    if (state.noun !== this.#noun) this.#rename(state.noun);
    if (state.trialsRevision !== this.#revision || beyond) {
      this.#revision = state.trialsRevision;
      this.#rebuild(state.trials, running);
    }
    this.#updateNow(state);
  }

  #rename(noun: State['noun']): void {
    this.#noun = noun;
    this.#revision = -1;
    const title = `Return by ${noun}`;
    setAttribute(this.card.root, 'aria-label', title);
    setText(this.card.header.firstElementChild as HTMLElement, title);
  }

  #rebuild(trials: readonly TrialMessage[], running: number | null): void {
    const returns = trials.map((trial) => trial.return).filter(Number.isFinite);
    this.#most = Math.max(0, ...returns);
    this.#least = Math.min(0, ...returns);
    // Room for a quarter more, so that a trial beyond all others does not rescale at every step.
    if (running !== null && running > this.#most) this.#most = 1.25 * running;
    if (running !== null && running < this.#least) this.#least = 1.25 * running;
    if (this.#most === this.#least) this.#most = this.#least + 1;
    setText(this.#high, figures(this.#most));
    setText(this.#low, figures(this.#least));
    const best = returns.length > 0 ? Math.max(...returns) : Number.NaN;
    this.#list.replaceChildren(...trials.map((trial) => this.#column(trial, trial.return === best)));
    this.#list.scrollLeft = this.#list.scrollWidth;
    if (trials.length === 0) {
      this.card.readout.textContent = `no ${this.#noun} has ended yet`;
      return;
    }
    const last = trials[trials.length - 1];
    this.card.readout.replaceChildren(
      'best ',
      h('b', {}, figures(best)),
      ' · last ',
      h('b', {}, figures(last.return)),
      last.score === null ? '' : ` (score ${decimal(last.score, 2)})`,
      ` · ${last.envSteps} steps in all`,
    );
  }

  #column(trial: TrialMessage, best: boolean): HTMLElement {
    const end = endOf(trial);
    const words = [
      `${capital(this.#noun)} ${trial.trial}: return ${figures(trial.return)}${best ? ', the best' : ''}`,
      trial.score === null ? null : `score ${decimal(trial.score, 2)}`,
      {
        random: 'random actions',
        terminated: 'the task ended it',
        success: 'success',
        time: 'ran its full time',
      }[end],
      this.#noun === 'episode'
        ? duration(trial.wallSeconds)
        : `${duration(trial.wallSeconds)}, ${duration(trial.fitSeconds)} of them fitting`,
      trial.planMs
        ? `planning ${decimal(trial.planMs.p50, 0)} ms (p99 ${decimal(trial.planMs.p99, 0)} ms), ${trial.late} late`
        : null,
      trial.timing ? timingOf(trial.timing) : null,
    ];
    const text = words.filter((word) => word !== null).join(' · ');
    const bar = h('i');
    bar.style.height = `${this.#height(trial.return)}%`;
    const column = h(
      'li',
      {
        ...{ title: text, 'aria-label': text, 'data-end': end, class: best ? 'best' : '' },
        click: () => this.#choose(trial.trial),
      },
      h('span', {}, figures(trial.return)),
      bar,
    );
    return column;
  }

  #updateNow({ status, steps, trials }: State): void {
    const ended = steps.last === null || (trials.at(-1)?.trial ?? 0) >= steps.last.trial;
    if (ended || status === null || status.activity === 'ended') {
      this.#now.remove();
      return;
    }
    if (this.#now.parentElement !== this.#list) this.#list.append(this.#now);
    const value = steps.last?.return ?? null;
    setText(this.#now.firstElementChild as HTMLElement, value === null ? '' : figures(value));
    (this.#now.lastElementChild as HTMLElement).style.height = `${value === null ? 0 : this.#height(value)}%`;
    this.#now.title = `The ${this.#noun} that is running: return so far`;
  }

  /** Of the room under the number, in %. */
  #height(value: number): number {
    const share = (value - this.#least) / (this.#most - this.#least);
    return Math.max(1, Math.min(1, share) * 74);
  }
}

function timingOf({ ticks, missed, starved, latenessMs }: TimingReport): string {
  const late = latenessMs && latenessMs.max > 0 ? `plans up to ${decimal(latenessMs.max, 0)} ms late, ` : '';
  return `${late}of ${ticks} ticks ${missed} missed, ${starved} starved`;
}

function endOf(trial: TrialMessage): 'random' | 'success' | 'terminated' | 'time' {
  if (trial.trial === 1 && trial.planMs === null) return 'random';
  if (trial.success) return 'success';
  return trial.terminated ? 'terminated' : 'time';
}
