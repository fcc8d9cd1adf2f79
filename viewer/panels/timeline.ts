import { type ReplayMessage, seekService } from '../../src/stream/wire.ts';
import { h, setAttribute, setHidden, setText } from '../dom.ts';
import { capital } from '../format.ts';
import type { State } from '../state.ts';
import { type CallService, LatestCall } from './latest-call.ts';

/** What a recording holds, and where in it one is: to be dragged. */
export class Timeline {
  readonly root: HTMLElement;
  readonly #seeks: LatestCall;
  readonly #now = h('output', {});
  readonly #total = h('span', { class: 'muted' });
  readonly #episodes = h('div', { class: 'episodes', 'aria-hidden': 'true' });
  readonly #slider: HTMLInputElement;
  #replay: ReplayMessage | null = null;
  #drawn = '';
  /** Where it is to go while nobody has answered, s. */
  #wanted: number | undefined;

  constructor(call: CallService) {
    this.#seeks = new LatestCall(call, seekService);
    this.#slider = h('input', {
      type: 'range',
      min: '0',
      step: 'any',
      'aria-label': 'Time in the recording, s',
      input: () => this.seek(Number(this.#slider.value)),
      // Keys are for the picture again.
      change: () => this.#slider.blur(),
    });
    const track = h('div', { class: 'track' }, this.#episodes, this.#slider);
    this.root = h('div', { class: 'timeline' }, this.#now, track, this.#total);
    this.root.hidden = true;
  }

  update({ replay, status, statusAt, noun }: State): void {
    setHidden(this.root, replay === null);
    if (!replay) return;
    this.#replay = replay;
    const drawn = JSON.stringify([replay.episodes, replay.duration, noun]);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#slider.max = String(replay.duration);
      setText(this.#total, clockOf(replay.duration));
      this.#episodes.replaceChildren(...replay.episodes.map((episode) => this.#block(episode, replay, noun)));
    }
    const told = status?.replay?.at ?? 0;
    const gone = status && !status.paused && status.speed !== 'max' ? status.speed : 0;
    const now =
      this.#wanted ?? Math.min(replay.duration, told + (gone * (performance.now() - statusAt)) / 1000);
    this.#slider.value = String(now);
    setText(this.#now, clockOf(now));
    setAttribute(this.#slider, 'aria-valuetext', `${clockOf(now)} of ${clockOf(replay.duration)}`);
  }

  /** Jumps to where an episode begins. */
  showTrial(trial: number): void {
    const episode = this.#replay?.episodes.find((other) => other.trial === trial);
    if (episode) this.seek(episode.from);
  }

  /** @param time s since the recording's beginning */
  seek(time: number): void {
    this.#wanted = time;
    void this.#send(time);
  }

  #block(
    { trial, from, to }: ReplayMessage['episodes'][number],
    { duration }: ReplayMessage,
    noun: string,
  ): HTMLElement {
    const block = h('i', { title: trial === null ? 'An episode' : `${capital(noun)} ${trial}` });
    block.style.left = `${(100 * from) / Math.max(1e-9, duration)}%`;
    block.style.width = `${(100 * (to - from)) / Math.max(1e-9, duration)}%`;
    return block;
  }

  async #send(time: number): Promise<void> {
    try {
      if ((await this.#seeks.send({ time })) === undefined) return;
    } catch {
      // The connection went; what is said of that is said elsewhere.
    }
    this.#wanted = undefined;
  }
}

/** `1:03.2` of s. */
function clockOf(seconds: number): string {
  const tenths = Math.round(10 * Math.max(0, seconds));
  const rest = String((tenths % 600) / 10);
  return `${Math.floor(tenths / 600)}:${rest.includes('.') ? rest.padStart(4, '0') : `${rest.padStart(2, '0')}.0`}`;
}
