import { type HardwareSpec, tripsOf } from '../../src/core/hardware.ts';
import type { HardwareMessage } from '../../src/stream/wire.ts';
import { h, icon, setAttribute, setClass, setHidden, setText } from '../dom.ts';
import { decimal, duration, figures } from '../format.ts';
import type { State } from '../state.ts';
import { type Card, card } from './card.ts';
import { Facts } from './facts.ts';

/** A report older than this is said to be old, s: five a second are usual. */
const STALE = 1;
/** From this share of what stops the robot on, a value is amber. */
const NEAR = 0.9;
/** Reasons for changed commands that are named. */
const MOST_LIMITS = 4;

interface Row {
  readonly root: HTMLElement;
  readonly temperature: HTMLElement;
  readonly voltage: HTMLElement;
  readonly bar: HTMLElement;
  readonly load: HTMLElement;
  readonly said: HTMLElement;
}

/** How the real robot is: what it may do, how its loop keeps time, and each motor's health. Only where there is one. */
export class HardwarePanel {
  readonly card: Card = card('Hardware', 'hardware');
  readonly #lifecycle = h('span', { class: 'chip' });
  readonly #name = h('span', { class: 'name muted' });
  readonly #fault = h('strong');
  readonly #since = h('span', { class: 'muted' });
  readonly #trouble = h('p', { class: 'trouble', role: 'alert' }, icon('stop'), this.#fault, this.#since);
  readonly #old = h('p', { class: 'said amber' });
  readonly #facts = new Facts();
  readonly #motors = h('div', { class: 'motors' });
  #rows = new Map<string, Row>();
  #shown: HardwareMessage | null = null;

  constructor() {
    this.card.readout.append(this.#lifecycle);
    this.card.body.append(this.#name, this.#trouble, this.#old, this.#motors, this.#facts.root);
    this.card.root.hidden = true;
  }

  update({ hardware, hardwareAt, robot, status, serverNow }: State): void {
    setHidden(this.card.root, hardware === null);
    if (!hardware) return;
    const age = (performance.now() - hardwareAt) / 1000;
    const quiet = age > STALE && !status?.replay && status?.activity !== 'ended';
    setHidden(this.#old, !quiet);
    if (quiet) setText(this.#old, `No word from the bridge for ${duration(age)}: what follows is old.`);
    const { fault, lifecycle } = hardware;
    setHidden(this.#trouble, fault === null);
    if (fault !== null) {
      setText(this.#fault, fault);
      setText(this.#since, `since ${duration(Math.max(0, serverNow - hardware.since))}`);
    }
    if (hardware === this.#shown) return;
    this.#shown = hardware;
    setText(this.#lifecycle, hardware.dryRun ? `${lifecycle}, dry run` : lifecycle);
    this.#lifecycle.dataset.state = fault !== null ? 'lost' : lifecycle === 'active' ? 'acting' : '';
    setText(this.#name, hardware.name);
    setAttribute(this.#name, 'title', hardware.name);
    const { rate, overruns, skipped, jitterMs, readMs } = hardware.loop;
    const wanted = robot?.hardware?.rate;
    const loop = this.#facts.set(
      'Loop',
      `${decimal(rate, 1)}${wanted === undefined ? '' : ` of ${wanted}`} Hz`,
    );
    const work = `Reading takes ${figures(readMs.p50)} ms (p99 ${figures(readMs.p99)} ms)`;
    const late = `${overruns} cycles took longer than the period, ${skipped} were left out for it`;
    setAttribute(loop, 'title', `${work}; ${late}`);
    setClass(loop, 'amber', overruns + skipped > 0 && wanted !== undefined && rate < NEAR * wanted);
    this.#facts.set('Jitter', `p99 ${figures(jitterMs.p99)} · max ${figures(jitterMs.max)} ms`);
    this.#limits(hardware);
    const { stop, clock } = hardware;
    const last = stop === null ? '–' : stop.stopped ? stop.how : `not verified: ${stop.how}`;
    this.#facts.set('Last stop', last, stop?.stopped === false);
    if (clock.robotOffset !== null) this.#facts.set('Its clock', `${figures(clock.robotOffset)} ms off ours`);
    this.#updateMotors(hardware, robot?.hardware);
  }

  #limits({ limited }: HardwareMessage): void {
    const reasons = Object.entries(limited).sort(([, a], [, b]) => b - a);
    const all = reasons.reduce((sum, [, count]) => sum + count, 0);
    const most = reasons.slice(0, MOST_LIMITS).map(([reason, count]) => `${reason} ${count}`);
    const rest = reasons.length - most.length;
    const words = `${most.join(', ')}${rest > 0 ? ` and ${rest} reasons more` : ''}`;
    const cell = this.#facts.set('Limited', all === 0 ? 'no command' : `${all}: ${words}`);
    setAttribute(cell, 'title', all === 0 ? 'Every command was sent as it came' : `By reason: ${words}`);
  }

  #updateMotors({ motors }: HardwareMessage, spec: HardwareSpec | undefined): void {
    if (motors.length !== this.#rows.size || motors.some(({ joint }) => !this.#rows.has(joint))) {
      this.#rows = new Map(motors.map(({ joint }) => [joint, row(joint)]));
      this.#motors.replaceChildren(...[...this.#rows.values()].map(({ root }) => root));
    }
    for (const motor of motors) {
      const bounds = spec && tripsOf(spec, motor.joint);
      const { temperature: hottest, minVoltage, maxVoltage, load: most } = bounds ?? {};
      const { temperature, voltage, bar, load, said } = this.#rows.get(motor.joint) as Row;
      setText(temperature, `${decimal(motor.temperature, 0)} °C`);
      setClass(temperature, 'amber', hottest !== undefined && motor.temperature >= NEAR * hottest);
      setText(voltage, `${decimal(motor.voltage, 1)} V`);
      const low = minVoltage !== undefined && motor.voltage !== null && motor.voltage <= minVoltage / NEAR;
      const high = maxVoltage !== undefined && motor.voltage >= NEAR * maxVoltage;
      setClass(voltage, 'amber', low && !high);
      const share = Math.min(1, Math.abs(motor.load ?? 0));
      bar.style.width = `${(50 * share).toFixed(1)}%`;
      bar.style.left = `${((motor.load ?? 0) < 0 ? 50 - 50 * share : 50).toFixed(1)}%`;
      setClass(bar, 'near', most !== undefined && share >= NEAR * most);
      setText(load, motor.load === null ? '– %' : `${decimal(100 * motor.load, 0)} %`);
      const words = [
        motor.error,
        motor.misses > 0 ? `${motor.misses} ${motor.misses === 1 ? 'answer' : 'answers'} missed` : '',
      ].filter((word) => word !== '');
      setText(said, words.join(' · '));
      setClass(said, 'red', motor.error !== '');
      setHidden(said, words.length === 0);
    }
  }
}

function row(joint: string): Row {
  const temperature = h('span');
  const voltage = h('span');
  const bar = h('i');
  const load = h('span');
  const said = h('span', { class: 'muted said' });
  const root = h(
    'div',
    { class: 'motor', 'aria-label': joint },
    h('span', { class: 'joint-name', title: joint }, joint),
    temperature,
    voltage,
    load,
    h('span', { class: 'bar', title: 'Load, share of the largest effort' }, bar),
    said,
  );
  return { root, temperature, voltage, bar, load, said };
}
