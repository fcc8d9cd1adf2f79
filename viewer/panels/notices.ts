import { h, type IconName, icon, setClass, setHidden, setIcon, setText } from '../dom.ts';
import { clock, decimal, duration } from '../format.ts';
import type { State } from '../state.ts';

/** A pose older than this is said to be old, s. */
const STALE = 0.25;

/** What is missing of a recording is said for so long, ms. */
const NOTE = 20_000;

interface Notice {
  readonly icon: IconName;
  readonly bad?: boolean;
  readonly title: string;
  readonly text: string;
  readonly progress?: number;
  readonly retry?: boolean;
}

/** What is happening when it is not simply acting, since when, and what one can do. Never over the robot's middle. */
export class Notices {
  readonly root: HTMLElement;
  readonly #icon = icon('wait');
  readonly #title = h('strong');
  readonly #text = h('p');
  readonly #bar = h('i');
  readonly #progress = h('div', { class: 'progress' }, this.#bar);
  readonly #retry: HTMLButtonElement;
  readonly #card: HTMLElement;
  readonly #staleText = h('span');
  readonly #stale = h('div', { class: 'stale card' }, icon('wait'), this.#staleText);

  constructor(retry: () => void) {
    this.#retry = h('button', { type: 'button', click: retry }, 'Try now');
    this.#card = h(
      'div',
      { class: 'notice card', role: 'status' },
      this.#icon,
      this.#title,
      this.#retry,
      this.#text,
      this.#progress,
    );
    this.root = h('div', { class: 'notices' }, this.#card, this.#stale);
  }

  update(state: State): void {
    const notice = noticeOf(state);
    setHidden(this.#card, notice === null);
    if (notice) {
      setIcon(this.#icon, notice.icon);
      setClass(this.#card, 'bad', notice.bad === true);
      setText(this.#title, notice.title);
      setText(this.#text, notice.text);
      setHidden(this.#retry, !notice.retry);
      setHidden(this.#progress, notice.progress === undefined);
      this.#bar.style.transform = `scaleX(${(notice.progress ?? 0).toFixed(3)})`;
    }
    const age = state.poseAge;
    setHidden(this.#stale, age === null || age <= STALE);
    if (age !== null && age > STALE) {
      const { chip } = state;
      setClass(this.#stale, 'bad', /^(acting|late|hold|decay|stop|lost)$/.test(chip));
      setText(this.#staleText, `pose from ${duration(age)} ago`);
    }
  }
}

function noticeOf(state: State): Notice | null {
  const since = duration(Math.max(0, (Date.now() - state.phaseSince) / 1000));
  if (state.refused) {
    return {
      icon: 'lost',
      bad: true,
      title: 'Another run answers here',
      text: 'It has its own link: open the one it printed in the terminal.',
      retry: true,
    };
  }
  if (state.phase !== 'open' && state.everConnected) {
    return {
      icon: 'lost',
      bad: true,
      title: `Lost the server ${since} ago`,
      text: `Since ${clock(state.phaseSince)}; trying again every second. Does the run still go on in its terminal?`,
      retry: true,
    };
  }
  if (state.phase !== 'open') {
    return {
      icon: 'wait',
      title: `Connecting for ${since}`,
      text: 'Waiting for the run to answer; trying again every second.',
    };
  }
  const { status, fit, run, hardware } = state;
  if (!status || status.activity === 'connected') {
    return { icon: 'wait', title: 'Connected', text: 'The run has not begun yet; it will say so by itself.' };
  }
  if (hardware && hardware.fault !== null) {
    const held = hardware.stop
      ? ` It ${hardware.stop.stopped ? 'was stopped' : 'may still move'}: ${hardware.stop.how}.`
      : '';
    const again = !status.replay && hardware.lifecycle !== 'finalized';
    return {
      icon: 'stop',
      bad: true,
      title: `The robot must not go on · ${duration(Math.max(0, state.serverNow - hardware.since))}`,
      text: `${hardware.fault}.${held}${again ? ' When the cause is gone, the next episode activates it again.' : ''}`,
    };
  }
  // A recording tells of then, and has controls of its own.
  if (status.replay && status.activity !== 'fitting' && status.activity !== 'learning') {
    const notes = state.replay?.notes ?? [];
    if (notes.length === 0 || performance.now() - state.replaySince > NOTE) return null;
    return { icon: 'warning', title: 'This recording is not whole', text: `${notes.join('. ')}.` };
  }
  const running = status.since + (performance.now() - state.statusAt) / 1000;
  if (status.activity === 'starting') {
    const text = run ? `${run.engine}; budget ${run.budget}.` : 'Preparing simulator and kernels.';
    return { icon: 'wait', title: `Starting for ${duration(running)}`, text };
  }
  if (status.activity === 'fitting' || status.activity === 'learning') {
    const known = fit?.running && fit.epochs > 0;
    const losses =
      known && fit.trainLoss !== null
        ? `Epoch ${fit.epoch} of ${fit.epochs} at most · loss ${decimal(fit.trainLoss, 2)}, held out ${decimal(fit.holdoutLoss, 2)} nats`
        : (status.detail ?? 'Preparing the data.');
    const after = status.trial === null ? '' : ` what trial ${status.trial} taught`;
    const title = `${status.activity === 'fitting' ? 'Fitting the model to' : 'Learning'}${after} · ${duration(running)}`;
    const paused = status.paused ? ' Pauses when it is done.' : '';
    return { icon: 'gear', title, text: losses + paused, progress: known ? fit.epoch / fit.epochs : 0 };
  }
  if (status.activity === 'paused' && status.detail !== null)
    return { icon: 'wait', title: 'The run waits for you', text: status.detail };
  if (status.activity === 'ended') {
    const where = run?.directory ? ` Everything is in ${run.directory}.` : '';
    return {
      icon: 'stop',
      title: `The run ${status.ended === 'interrupted' ? 'was interrupted' : 'is done'} · ${duration(running)} ago`,
      text: `The picture stays as it was; start another run in the terminal.${where}`,
    };
  }
  return null;
}
