import { maximumSpeed, minimumSpeed, seekService, services } from '../../src/stream/wire.ts';
import { h, icon, setClass, setIcon, setText } from '../dom.ts';
import { decimal } from '../format.ts';
import type { State } from '../state.ts';
import { type Card, card } from './card.ts';
import type { CallService } from './latest-call.ts';

const speeds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 'max'] as const;

/** Pause, step, reset and speed. Buttons rest while nobody would hear them. */
export class Controls {
  readonly card: Card = card('Controls', 'controls');
  readonly #call: CallService;
  readonly #pauseIcon = icon('pause');
  readonly #pauseWord = h('span', {}, 'Pause');
  readonly #pause: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #reset: HTMLButtonElement;
  readonly #slower: HTMLButtonElement;
  readonly #faster: HTMLButtonElement;
  readonly #speed = h('output', { 'aria-label': 'Speed' });
  readonly #said = h('p', { class: 'said red', role: 'alert' });
  #state: State | undefined;

  constructor(call: CallService) {
    this.#call = call;
    const button = (label: string, click: () => void, ...content: (Node | string)[]) =>
      h('button', { type: 'button', title: label, 'aria-label': label, click }, ...content);
    const key = (name: string) => h('kbd', {}, name);
    this.#pause = button(
      'Pause or resume (Space)',
      () => this.togglePause(),
      this.#pauseIcon,
      this.#pauseWord,
      key('␣'),
    );
    this.#pause.classList.add('primary', 'pause');
    this.#step = button(
      'One control step, then pause (→)',
      () => this.step(),
      icon('step'),
      'Step',
      key('→'),
    );
    this.#reset = button(
      'Begin the episode anew (R)',
      () => this.reset(),
      icon('reset'),
      'Reset episode',
      key('R'),
    );
    this.#reset.style.gridColumn = '1 / -1';
    this.#slower = button('Slower ([)', () => this.changeSpeed(-1), icon('minus'));
    this.#faster = button('Faster (])', () => this.changeSpeed(1), icon('plus'));
    this.#said.hidden = true;
    this.card.body.append(
      h('div', { class: 'buttons' }, this.#pause, this.#step, this.#reset),
      h('div', { class: 'speed' }, this.#slower, this.#speed, this.#faster),
      this.#said,
    );
  }

  get #live(): boolean {
    const { phase, status } = this.#state ?? {};
    if (phase !== 'open' || !status) return false;
    return status.replay !== null || (status.activity !== 'ended' && status.activity !== 'inspected');
  }

  togglePause(): void {
    const paused = this.#state?.status?.paused;
    this.#send(paused ? services.resume : services.pause);
  }

  step(): void {
    this.#send(services.step);
  }

  /** One control step back, which only a recording can. */
  back(): void {
    if (this.#state?.status?.replay) this.#send(seekService, { steps: -1 });
  }

  reset(): void {
    this.#send(services.reset);
  }

  /** One notch slower or faster. */
  changeSpeed(notches: -1 | 1): void {
    const now = this.#state?.status?.speed ?? 1;
    const at = now === 'max' ? speeds.length - 1 : nearest(now);
    const next = speeds[Math.min(speeds.length - 1, Math.max(0, at + notches))];
    if (next !== now) this.#send(services.speed, { speed: next });
  }

  update(state: State): void {
    this.#state = state;
    const live = this.#live;
    const paused = state.status?.paused ?? false;
    for (const button of [this.#pause, this.#step, this.#reset]) button.disabled = !live;
    const speed = state.status?.speed ?? 1;
    this.#slower.disabled = !live || speed === minimumSpeed;
    this.#faster.disabled = !live || speed === 'max';
    setText(this.#speed, speed === 'max' ? 'unlimited' : `${decimal(speed, speed < 1 ? 2 : 0)} × speed`);
    setIcon(this.#pauseIcon, paused ? 'play' : 'pause');
    setText(this.#pauseWord, !paused ? 'Pause' : state.status?.replay ? 'Play' : 'Resume');
    setClass(this.#pause, 'primary', paused);
  }

  #send(service: string, request?: object): void {
    if (!this.#live) return;
    this.#call(service, request).then(
      () => {
        this.#said.hidden = true;
      },
      (error: Error) => {
        setText(this.#said, `${service.replace('/premotor/', '')}: ${error.message}`);
        this.#said.hidden = false;
      },
    );
  }
}

function nearest(speed: number): number {
  let best = 0;
  for (const [index, value] of speeds.entries()) {
    const rung = value === 'max' ? 4 * maximumSpeed : value;
    const old = speeds[best] as number;
    if (Math.abs(Math.log(rung / speed)) < Math.abs(Math.log(old / speed))) best = index;
  }
  return best;
}
