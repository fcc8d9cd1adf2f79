import { h } from '../dom.ts';
import { decimal, figures } from '../format.ts';
import type { FrameMeter } from '../frames.ts';
import type { State } from '../state.ts';
import type { Palette } from '../theme.ts';
import { type Line, Plot } from './plot.ts';
import { TimingPanel } from './timing.ts';

const seconds = (value: number) => `${decimal(value, value % 1 === 0 ? 0 : 1)} s`;
const epochs = (value: number) => (value === 0 ? '0' : `epoch ${decimal(value, 0)}`);

/** The right column: reward, actions, planning time over the trial; real time; losses over the last fit. */
export class Plots {
  readonly root = h('div', { class: 'column right' });
  readonly #reward: Plot;
  readonly #actions: Plot;
  readonly #planning: Plot;
  readonly #losses: Plot;
  readonly #timing: TimingPanel;
  readonly #all: readonly Plot[];
  readonly #period: (number | null)[] = [];
  #revision = -1;
  #fitRevision = -1;
  #shape = '';
  /** Actions as shares of their range, in %; as they come where the range is not told. */
  #shares: (number | null)[][] = [];

  constructor(palette: Palette, frames: FrameMeter) {
    const time = { group: 'premotor-time', axis: seconds, empty: 'No step yet.' };
    this.#reward = new Plot({ title: 'Reward', name: 'reward', ...time, include: [0] }, palette);
    this.#actions = new Plot({ title: 'Action', name: 'actions', ...time }, palette);
    this.#planning = new Plot({ title: 'Planning', name: 'plan-time', ...time, include: [0] }, palette);
    this.#losses = new Plot(
      {
        title: 'Model fit',
        name: 'losses',
        group: 'premotor-fit',
        axis: epochs,
        empty: 'No model was fitted yet.',
      },
      palette,
    );
    this.#all = [this.#reward, this.#actions, this.#planning, this.#losses];
    this.#timing = new TimingPanel(palette, frames);
    this.root.append(...this.#all.map((plot) => plot.card.root));
    this.root.insertBefore(this.#timing.card.root, this.#losses.card.root);
  }

  setPalette(palette: Palette): void {
    for (const plot of this.#all) plot.setPalette(palette);
    this.#timing.setPalette(palette);
  }

  resize(): void {
    for (const plot of this.#all) {
      plot.resize();
      plot.wake();
    }
    this.#timing.resize();
  }

  dispose(): void {
    for (const plot of this.#all) plot.dispose();
    this.#timing.dispose();
  }

  /** Draws what changed; to be called 15 times a second. */
  update(state: State): void {
    const { steps, losses, run } = state;
    this.#timing.update(state);
    if (run && steps.revision !== this.#revision) {
      this.#revision = steps.revision;
      const shape = `${steps.time.length} ${steps.actions.length} ${[...steps.terms.keys()]} ${run.controlPeriod}`;
      if (shape !== this.#shape) {
        this.#shape = shape;
        this.#layOut(state);
      }
      this.#fillShares(state);
      for (const plot of [this.#reward, this.#actions, this.#planning]) plot.redraw();
    }
    if (losses.revision !== this.#fitRevision) {
      this.#fitRevision = losses.revision;
      this.#losses.setLines(
        [loss('Train', (palette) => palette.series[0]), loss('Holdout', (palette) => palette.series[1])],
        [losses.epoch, losses.train, losses.holdout],
        [0, Math.max(5, losses.epoch.at(-1) ?? 0)],
      );
    }
  }

  #layOut({ run, robot, steps }: State): void {
    if (!run) return;
    const range: [number, number] = [0, Math.max(run.controlPeriod, steps.time.at(-1) ?? 1)];
    const terms = [...steps.terms];
    this.#reward.setLines(
      [
        line(
          'Reward',
          (palette) => palette.series[0],
          (value) => `${figures(value)} a step`,
        ),
        ...terms.map(([name], index) => ({
          ...line(
            name,
            (palette) => palette.series[(index + 1) % palette.series.length],
            () => '',
          ),
          width: 1,
        })),
      ],
      [steps.time, steps.reward, ...terms.map(([, column]) => column)],
      range,
    );
    this.#period.length = steps.time.length;
    this.#period.fill(run.controlPeriod * 1000);
    this.#planning.setLines(
      [
        line(
          'Planning',
          (palette) => palette.series[0],
          (value) => `${decimal(value, 0)} ms`,
        ),
        {
          ...line(
            'Control period',
            (palette) => palette.amber,
            () => '',
          ),
          dash: [4, 4],
          width: 1,
        },
      ],
      [steps.time, steps.planMs, this.#period],
      range,
      [0, run.controlPeriod * 1100],
    );
    const names = robot?.actuators.map(({ joint }) => joint) ?? [];
    const bounded = run.action !== undefined;
    this.#shares = steps.actions.map(() => new Array(steps.time.length).fill(null));
    this.#actions.setLines(
      steps.actions.map((_, index) =>
        line(
          names.length === steps.actions.length ? names[index] : `action ${index + 1}`,
          (palette) => palette.series[index % palette.series.length],
          (value) => (bounded ? `${decimal(value, 0)} % of maximum` : `${figures(value)} (task's own unit)`),
        ),
      ),
      [steps.time, ...this.#shares],
      range,
      bounded ? [-100, 100] : [],
    );
  }

  #fillShares({ run, steps }: State): void {
    for (const [a, column] of steps.actions.entries()) {
      const low = run?.action?.low[a] ?? -100;
      const high = run?.action?.high[a] ?? 100;
      const shares = this.#shares[a];
      for (let i = 0; i < column.length; i++) {
        const value = column[i];
        shares[i] = value === null ? null : ((2 * value - low - high) / (high - low)) * 100;
      }
    }
  }
}

function line(name: string, color: (palette: Palette) => string, format: (value: number) => string): Line {
  return { name, color, format };
}

function loss(name: string, color: (palette: Palette) => string): Line {
  return line(name, color, (value) => `${decimal(value, 2)} nats`);
}
