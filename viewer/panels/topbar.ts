import { h, type IconName, icon, setAttribute, setClass, setHidden, setIcon, setText } from '../dom.ts';
import { capital, decimal, duration } from '../format.ts';
import type { Chip, State } from '../state.ts';

const icons: Readonly<Record<Chip, IconName>> = {
  connecting: 'wait',
  lost: 'lost',
  starting: 'wait',
  acting: 'play',
  late: 'warning',
  hold: 'warning',
  decay: 'warning',
  stop: 'stop',
  fitting: 'gear',
  learning: 'gear',
  paused: 'pause',
  ended: 'stop',
  inspected: 'eye',
};

const meanings: Partial<Readonly<Record<Chip, string>>> = {
  late: 'The next plan is late: an older one is acted on',
  lost: 'No connection, or the robot must not go on',
  hold: 'No plan: the last action is held',
  decay: 'No plan: on the way to the robot’s safe command',
  stop: 'No plan: the robot was stopped',
};

/** From this share of the control period on, planning is close to being late. */
const NEAR = 0.8;

/** Who, where in the run, what is going on, how fast, and who watches. */
export class TopBar {
  readonly root: HTMLElement;
  readonly #name = h('span', { class: 'name' });
  readonly #place = h('span', { class: 'item' });
  readonly #chipIcon = icon('wait');
  readonly #chipWord = h('span');
  readonly #chip = h('span', { class: 'chip', role: 'status' }, this.#chipIcon, this.#chipWord);
  readonly #factor = h('span', { class: 'item optional', title: 'Robot seconds shown per second' });
  readonly #bar = h('i');
  readonly #planMs = h('span', { class: 'value' });
  readonly #age = h('span', { class: 'muted optional', title: 'Since the observation it was made from' });
  readonly #planning = h(
    'span',
    { class: 'planning', title: 'Planning time of the last step against the control period' },
    this.#planMs,
    h('span', { class: 'meter' }, this.#bar),
    this.#age,
  );
  readonly #clients = h('span', { class: 'item optional' });
  readonly #recordWord = h('span');
  readonly #record = h('span', { class: 'item record' }, h('i'), this.#recordWord);

  /** @param tools what the buttons do; those left out have none. */
  constructor(tools: { theme(): void; help(): void; frame: (() => void) | undefined }) {
    const tool = (name: IconName, label: string, click: () => void) =>
      h('button', { class: 'bare', type: 'button', title: label, 'aria-label': label, click }, icon(name));
    this.root = h(
      'div',
      { class: 'topbar' },
      this.#name,
      this.#place,
      this.#chip,
      this.#record,
      h('span', { class: 'space' }),
      this.#factor,
      this.#planning,
      this.#clients,
      h(
        'span',
        { class: 'tools' },
        tools.frame && tool('frame', 'Frame the robot (F)', tools.frame),
        tool('theme', 'Light or dark (T)', tools.theme),
        tool('help', 'Keys (?)', tools.help),
      ),
    );
  }

  update(state: State): void {
    const { run, status, robot } = state;
    const title = `${robot?.name ?? 'Premotor'}${run ? ` · ${run.task}` : ''}`;
    if (this.#name.dataset.title !== title) {
      this.#name.dataset.title = title;
      this.#name.title = title;
      this.#name.replaceChildren(robot?.name ?? 'Premotor', h('span', {}, run ? ` · ${run.task}` : ''));
    }
    setText(this.#place, placeOf(state));
    const { chip } = state;
    if (this.#chip.dataset.state !== chip) {
      this.#chip.dataset.state = chip;
      setIcon(this.#chipIcon, icons[chip]);
      setText(this.#chipWord, chip);
      this.#chip.title = meanings[chip] ?? '';
    }
    const open = state.phase === 'open' && status !== null;
    setHidden(this.#factor, !open || state.inspected);
    setHidden(this.#clients, !open);
    if (open) {
      const { realTimeFactor, clients } = status;
      setText(
        this.#factor,
        realTimeFactor === null ? '– × real time' : `${decimal(realTimeFactor, 2)} × real time`,
      );
      setText(this.#clients, `${clients} watching`);
      setAttribute(
        this.#clients,
        'title',
        status.dropped > 0
          ? `${status.dropped} messages dropped for slow viewers`
          : 'Pages and viewers connected',
      );
    }
    this.#updateRecord(state, open);
    this.#updatePlanning(state);
  }

  /** What is being recorded, or played. */
  #updateRecord({ status, replay }: State, open: boolean): void {
    const recording = status?.recording ?? null;
    const shown = open && (recording !== null || replay !== null);
    setHidden(this.#record, !shown);
    if (!shown) return;
    setClass(this.#record, 'played', replay !== null);
    setClass(this.#record, 'failed', recording?.failed != null);
    if (replay) {
      setText(this.#recordWord, 'recording');
      const began = new Date(1000 * replay.began).toLocaleString();
      setAttribute(this.#record, 'title', `Not live: ${replay.file} of ${began}`);
    } else if (recording) {
      const { file, seconds, bytes, dropped, failed } = recording;
      setText(this.#recordWord, failed === null ? 'rec' : 'not recorded');
      const left =
        dropped > 0 ? `; the disk is behind, ${dropped} messages for the picture were left out` : '';
      const size = `${decimal(bytes / 1e6, 1)} MB`;
      const words = `Recording to ${file}: ${duration(seconds)}, ${size}${left}`;
      setAttribute(this.#record, 'title', failed === null ? words : `Recording has stopped: ${failed}`);
    }
  }

  #updatePlanning(state: State): void {
    const { run, steps } = state;
    setHidden(this.#planning, run === null);
    if (!run) return;
    const period = run.controlPeriod * 1000;
    const ms = steps.last?.planMs ?? null;
    const share = ms === null ? 0 : ms / period;
    const { timing } = state;
    // Where plans may take longer than a period, being late shows in what is acted on.
    const late = state.timed ? state.rung !== null && state.rung !== 'plan' : share > 1;
    const word = late && ms !== null ? ' late' : '';
    const random = steps.last !== null && ms === null;
    setText(this.#planMs, random ? 'random, no plan' : `${decimal(ms, 0)} / ${decimal(period, 0)} ms${word}`);
    setClass(this.#planning, 'near', share >= NEAR && !late);
    setClass(this.#planning, 'late', late);
    setHidden(this.#age, !state.timed);
    if (state.timed) setText(this.#age, ageOf(timing.last?.planAge ?? null));
    this.#bar.style.transform = `scaleX(${Math.min(1, share).toFixed(3)})`;
  }
}

function placeOf({ run, status, noun }: State): string {
  if (!run || status?.trial === null || status?.trial === undefined) return '';
  const trial =
    status.trial > run.trials
      ? `After ${noun} ${run.trials}`
      : `${capital(noun)} ${status.trial} of ${run.trials}`;
  return status.step === null ? trial : `${trial} · step ${status.step} of ${run.episodeSteps}`;
}

/** In words, for a plan in force. */
function ageOf(planAge: number | null): string {
  return planAge === null ? 'no plan' : `plan ${decimal(planAge, 0)} ms old`;
}
