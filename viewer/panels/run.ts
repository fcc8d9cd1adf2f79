import { h } from '../dom.ts';
import { clock, decimal } from '../format.ts';
import type { State } from '../state.ts';
import { isTimed } from '../timing.ts';
import { type Card, card } from './card.ts';
import { Facts } from './facts.ts';

/** What runs here, how good the last model is, and what the run said. */
export class RunPanel {
  readonly card: Card = card('Run', 'run');
  readonly #facts = new Facts();
  readonly #log = h('ul', { class: 'log' });
  #logRevision = -1;

  constructor() {
    this.card.body.append(this.#facts.root, this.#log);
  }

  update({ run, server, fit, log, logRevision }: State): void {
    if (run) {
      this.#facts.set(
        'Agent',
        `${run.agent}, ${run.planner}${run.model === 'true' ? ' on the true model' : ''}`,
      );
      if (run.budget) this.#facts.set('Budget', run.budget);
      if (isTimed(run)) {
        const clock = run.clock === 'wall' ? 'the wall’s' : 'the simulator’s';
        this.#facts.set('Clock', run.delayMs > 0 ? `${clock}, ${decimal(run.delayMs, 0)} ms delay` : clock);
      }
      if (run.engine) {
        this.#facts.set('Engine', run.engine);
        this.#facts.set('Seed', String(run.seed));
      }
    }
    if (server) this.#facts.set('Server', server.name);
    const report = fit?.report;
    if (report) {
      this.#facts.set('Fitted to', `${report.samples} steps`);
      this.#facts.set('Held out', `${decimal(report.holdoutNll, 2)} nats`);
      const far = report.openLoop.at(-1);
      if (far) this.#facts.set('Open loop', `${decimal(far.error, 2)} σ after ${far.steps} steps`);
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
}
