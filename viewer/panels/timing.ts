import type { Rung } from '../../src/core/telemetry.ts';
import { ladder } from '../../src/stream/wire.ts';
import { h, setAttribute, setClass, setHidden, setText } from '../dom.ts';
import { decimal, figures } from '../format.ts';
import type { FrameMeter } from '../frames.ts';
import type { State } from '../state.ts';
import type { Palette } from '../theme.ts';
import { MINUTE } from '../timing.ts';
import type { Card } from './card.ts';
import { Plot } from './plot.ts';

const words: Readonly<Record<Rung, string>> = {
  plan: 'plan in time',
  'old-plan': 'old plan',
  hold: 'hold',
  decay: 'decay',
  stop: 'stop',
};

/** Share of ticks that any machine misses now and then. */
const TOLERATED = 0.001;

/** ms between redrawings of a plot that only moves on. */
const MOVE = 500;

const ms = (value: number | null) => (value === null ? 'none' : `${decimal(value, value < 10 ? 1 : 0)} ms`);
/** The left end would stand in the corner of both axes. */
const ago = (value: number) => (value <= -MINUTE ? '' : value === 0 ? 'now' : `${decimal(value, 0)} s`);

/** Ticks of an episode, as the wire tells them while it runs and the trial's report when it has ended. */
interface Totals {
  readonly ticks: number;
  readonly missed: number;
  readonly starved: number;
  readonly rungs: Readonly<Record<Rung, number>>;
  readonly jitter: { readonly mean: number; readonly p99: number; readonly max: number };
  /** null where no tick acted on a plan that was made from an observation. */
  readonly planAge: unknown;
}

/** How honest the run is with time: what ticks acted on, how old it was, what came late; and the page's own frames. */
export class TimingPanel {
  readonly card: Card;
  readonly #frames: FrameMeter;
  readonly #plot: Plot;
  readonly #bar = h('div', { class: 'rungs' });
  readonly #keys = h('div', { class: 'keys' });
  readonly #parts = new Map<Rung, { bar: HTMLElement; key: HTMLElement; word: Text; share: HTMLElement }>();
  readonly #facts = h('dl', { class: 'facts paired' });
  readonly #cells = new Map<string, readonly [HTMLElement, HTMLElement]>();
  readonly #live = h('div', {}, this.#bar, this.#keys);
  readonly #shown: [(number | null)[], (number | null)[], (number | null)[]] = [[], [], []];
  #timed: boolean | undefined;
  #revision = -1;
  #drawn = -Infinity;
  #planless = false;

  constructor(palette: Palette, frames: FrameMeter) {
    this.#frames = frames;
    this.#plot = new Plot(
      { title: 'Timing', name: 'timing', group: 'premotor-minute', axis: ago, include: [0], empty: '' },
      palette,
    );
    this.card = this.#plot.card;
    for (const rung of ladder) {
      const look = { 'data-rung': rung };
      const share = h('b');
      const word = document.createTextNode('');
      const key = h('span', {}, h('i', look), word, share);
      const bar = h('i', look);
      this.#parts.set(rung, { bar, key, word, share });
      this.#bar.append(bar);
      this.#keys.append(key);
    }
    const cell = (name: string, title: string, wide = false) => {
      const pair = [h('dt', { title }, name), h('dd', { title })] as const;
      if (wide) pair[1].classList.add('wide');
      this.#cells.set(name, pair);
      this.#facts.append(...pair);
    };
    cell('Plan age', 'Since the observation that the plan in force was made from');
    cell('Delay', 'Planning delay that plans begin later by');
    cell('Lateness', 'How late the last few ticks began, at most');
    cell('Ticks', 'Of this episode');
    cell('Missed', 'Ticks that began more than 2 ms late');
    cell('Starved', 'Ticks without a valid plan: held, decaying or stopped');
    cell('Jitter', 'How far intervals between ticks are off the control period', true);
    cell('Display', 'Frames of this page, and those it had to do without in the last minute', true);
    this.card.body.prepend(this.#live);
    this.card.body.append(this.#facts);
  }

  setPalette(palette: Palette): void {
    this.#plot.setPalette(palette);
  }

  resize(): void {
    this.#plot.resize();
    this.#plot.wake();
  }

  dispose(): void {
    this.#plot.dispose();
  }

  update(state: State): void {
    const { run, timing, timed } = state;
    const { rate, dropped } = this.#frames;
    const frames = rate === null ? '–' : `${rate} frames/s`;
    this.#say('Display', `${frames} · ${dropped === 0 ? 'none' : dropped} dropped`);
    if (timed !== this.#timed) this.#layOut(state);
    this.#plot.setEmpty(
      timed
        ? 'No tick yet.'
        : run
          ? 'The simulator’s clock waits for every plan: nothing can be late.'
          : 'No run yet.',
    );
    if (!timed) return;
    const now = performance.now();
    if (timing.revision === this.#revision && now - this.#drawn < MOVE) return;
    const first = this.#shown[0].length === 0;
    this.#revision = timing.revision;
    this.#drawn = now;
    this.#fill(state);
    if (first !== (this.#shown[0].length === 0)) this.#drawLines();
    else this.#plot.redraw();
    this.#updateTotals(state);
  }

  /** The panel of a run that keeps time has more to say than that of one that does not. */
  #layOut({ timed, run }: State): void {
    this.#timed = timed;
    setClass(this.card.root, 'untimed', !timed);
    setHidden(this.#live, true);
    for (const name of this.#cells.keys()) {
      const clocked = name === 'Lateness' || name === 'Missed' || name === 'Jitter';
      this.#show(name, name === 'Display' || (timed && (run?.clock === 'wall' || !clocked)));
    }
    for (const column of this.#shown) column.length = 0;
    this.#plot.setLines([], [[]], [-MINUTE, 0]);
    this.#revision = -1;
    this.#drawn = -Infinity;
  }

  #drawLines(): void {
    const lateness = (value: number) => (value >= 1 ? `late ${ms(value)}` : '');
    this.#plot.setLines(
      [
        {
          name: 'Plan age',
          color: (palette) => palette.series[0],
          format: (value) => (this.#planless ? 'no plan' : `age ${ms(value)}`),
        },
        { name: 'Tick lateness', color: (palette) => palette.amber, format: lateness },
      ],
      this.#shown,
      [-MINUTE, 0],
    );
  }

  #fill({ timing, serverNow }: State): void {
    const [time, age, lateness] = this.#shown;
    for (const column of this.#shown) column.length = 0;
    for (const [i, sent] of timing.sent.entries()) {
      const at = sent - serverNow;
      if (at < -MINUTE || at > 0.5) continue;
      time.push(Math.min(0, at));
      age.push(timing.planAge[i]);
      lateness.push(timing.lateness[i]);
    }
    this.#planless = timing.last !== null && timing.last.planAge === null;
  }

  #updateTotals({ run, timing, trials }: State): void {
    const { last } = timing;
    if (!last) return;
    this.#say('Plan age', ms(last.planAge));
    this.#say('Delay', ms(last.delay));
    this.#say('Lateness', ms(last.lateness));
    const ended = trials.at(-1);
    const report = ended?.timing;
    const totals: Totals =
      ended && report && ended.trial >= last.trial
        ? { ...report, jitter: report.jitterMs, planAge: report.planAgeMs }
        : last;
    const { ticks, missed, starved, rungs, jitter } = totals;
    this.#say('Ticks', String(ticks));
    this.#say('Missed', `${missed} (${percent(missed, ticks)})`, missed > TOLERATED * ticks ? 'amber' : '');
    this.#say('Starved', `${starved} (${percent(starved, ticks)})`, starved > 0 ? 'amber' : '');
    const [mean, p99, max] = [jitter.mean, jitter.p99, jitter.max].map(figures);
    this.#say('Jitter', `mean ${mean} · p99 ${p99} · max ${max} ms`);
    setHidden(this.#live, run === null || ticks === 0);
    // The actions of a first trial were there before it began, all at random.
    const unplanned = totals.planAge === null && rungs.plan === ticks;
    setClass(this.#live, 'unplanned', unplanned);
    for (const [rung, { bar, key, word, share }] of this.#parts) {
      const part = rungs[rung] / Math.max(1, ticks);
      bar.style.flexGrow = String(part);
      setHidden(bar, rungs[rung] === 0);
      setHidden(key, rungs[rung] === 0);
      const text = unplanned ? 'nothing is planned: random actions' : `${words[rung]} `;
      if (word.data !== text) word.data = text;
      setHidden(share, unplanned);
      setText(share, percent(rungs[rung], ticks));
    }
    const told = ladder.filter((rung) => rungs[rung] > 0);
    const text = told.map((rung) => `${words[rung]} ${percent(rungs[rung], ticks)}`).join(', ');
    setAttribute(this.#bar, 'title', `What ticks acted on: ${unplanned ? 'random actions' : text}`);
  }

  #say(name: string, text: string, look = ''): void {
    const cell = this.#cells.get(name)?.[1];
    if (!cell) return;
    setText(cell, text);
    setClass(cell, 'amber', look === 'amber');
  }

  #show(name: string, shown: boolean): void {
    for (const cell of this.#cells.get(name) ?? []) setHidden(cell, !shown);
  }
}

/** Never rounded to none or all where it is not. */
function percent(count: number, of: number): string {
  const share = (100 * count) / Math.max(1, of);
  if (count === 0) return '0 %';
  if (count === of) return '100 %';
  if (share < 0.1) return '< 0.1 %';
  if (share > 99.9) return '> 99.9 %';
  return `${decimal(share, share < 10 || share > 99 ? 1 : 0)} %`;
}
