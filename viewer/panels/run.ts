import { h, setText } from '../dom.ts';
import { clock, decimal } from '../format.ts';
import type { State } from '../state.ts';
import { isTimed } from '../timing.ts';
import { type Card, card } from './card.ts';

/** What runs here, how good the last model is, and what the run said. */
export class RunPanel {
  readonly card: Card = card('Run', 'run');
  readonly #facts = h('dl', { class: 'facts' });
  readonly #log = h('ul', { class: 'log' });
  readonly #values = new Map<string, HTMLElement>();
  #logRevision = -1;

  constructor() {
    this.card.body.append(this.#facts, this.#log);
  }

  update({ run, server, fit, log, logRevision }: State): void {
    if (run) {
      this.#fact('Agent', `${run.agent}, ${run.planner}${run.model === 'true' ? ' on the true model' : ''}`);
      this.#fact('Budget', run.budget);
      if (isTimed(run)) {
        const clock = run.clock === 'wall' ? 'the wall’s' : 'the simulator’s';
        this.#fact('Clock', run.delayMs > 0 ? `${clock}, ${decimal(run.delayMs, 0)} ms delay` : clock);
      }
      this.#fact('Engine', run.engine);
      this.#fact('Seed', String(run.seed));
    }
    if (server) this.#fact('Server', server.name);
    const report = fit?.report;
    if (report) {
      this.#fact('Fitted to', `${report.samples} steps`);
      this.#fact('Held out', `${decimal(report.holdoutNll, 2)} nats`);
      const far = report.openLoop.at(-1);
      if (far) this.#fact('Open loop', `${decimal(far.error, 2)} σ after ${far.steps} steps`);
    }
    if (logRevision !== this.#logRevision) {
      this.#logRevision = logRevision;
      this.#log.replaceChildren(
        ...log.slice(-6).map(({ at, level, text }) => {
          const color = level === 'error' ? 'red' : level === 'warning' ? 'amber' : 'muted';
          const word = level === 'info' ? '' : `${level}: `;
          return h('li', { class: color, title: clock(at) }, `${word}${text}`);
        }),
      );
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  #fact(name: string, value: string): void {
    let cell = this.#values.get(name);
    if (!cell) {
      cell = h('dd');
      this.#values.set(name, cell);
      this.#facts.append(h('dt', {}, name), cell);
    }
    setText(cell, value);
  }
}
