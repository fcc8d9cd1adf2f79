import type { RobotModel } from '../../src/core/robot.ts';
import {
  disagreementScale,
  disagreementUnit,
  forceScale,
  scaleColor,
  starving,
} from '../../src/stream/wire.ts';
import { h, setText } from '../dom.ts';
import { decimal, figures } from '../format.ts';
import type { Layer } from '../scene/stage.ts';
import type { State } from '../state.ts';
import { remember, remembered } from '../theme.ts';
import { type Card, card } from './card.ts';

/** The switches, in the order of their keys. */
export const layers: readonly {
  readonly layer: Layer;
  readonly name: string;
  readonly sample: string;
  /** Hidden until somebody asks for it. */
  readonly hidden?: true;
}[] = [
  { layer: 'plan', name: 'Plan of the tip', sample: 'plan' },
  { layer: 'imagined', name: 'Imagined futures', sample: 'fan' },
  { layer: 'trail', name: 'What happened', sample: 'happened' },
  { layer: 'collisions', name: 'Collision shapes', sample: 'collisions', hidden: true },
  { layer: 'forces', name: 'Contact forces', sample: 'forces', hidden: true },
  { layer: 'belief', name: 'Model’s belief', sample: 'belief' },
];

/** What the lines mean, each a switch; and the colour scale of the doubt. */
export class Legend {
  readonly card: Card = card('In the picture', 'legend');
  readonly #show: (layer: Layer, visible: boolean) => void;
  readonly #buttons: HTMLButtonElement[] = [];
  readonly #age = h('span', { class: 'muted' });
  readonly #apart = h('span', { class: 'muted' });
  readonly #unit = h('div', { class: 'what' });

  constructor(show: (layer: Layer, visible: boolean) => void) {
    this.#show = show;
    const gradient = `linear-gradient(90deg, ${[0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]
      .map(
        (share) =>
          `rgb(${scaleColor(share)
            .map((value) => Math.round(value * 255))
            .join(' ')})`,
      )
      .join(', ')})`;
    const list = h('div', { class: 'layers' });
    for (const [index, { layer, name, sample, hidden }] of layers.entries()) {
      const swatch = h('span', { class: `sample ${sample}` });
      if (sample === 'fan') swatch.style.background = gradient;
      const button = h(
        'button',
        { type: 'button', title: `Show or hide (${index + 1})`, click: () => this.toggle(index) },
        swatch,
        name,
        layer === 'plan' ? this.#age : layer === 'belief' ? this.#apart : null,
        h('kbd', {}, String(index + 1)),
      );
      const kept = remembered(`layer.${layer}`);
      button.setAttribute('aria-pressed', String(hidden ? kept === 'on' : kept !== 'off'));
      if (layer !== 'collisions') button.classList.add('run-only');
      this.#buttons.push(button);
      list.append(button);
    }
    list.append(h('div', { class: 'row run-only' }, h('span', { class: 'sample goal' }), 'Goal'));
    const { low, high } = disagreementScale;
    const ticks: Node[] = [];
    for (let value: number = low; value <= high * 1.01; value *= 10)
      ticks.push(h('span', {}, String(Number(value.toPrecision(2)))));
    const bar = h('span', { class: 'gradient' });
    bar.style.background = gradient;
    this.card.body.append(
      list,
      h('div', { class: 'scale run-only' }, bar, h('div', { class: 'ticks' }, ...ticks), this.#unit),
    );
  }

  /** Tells the scene what was chosen on an earlier visit. */
  apply(): void {
    for (const [index, { layer }] of layers.entries()) this.#show(layer, this.#shown(index));
  }

  toggle(index: number): void {
    const visible = !this.#shown(index);
    this.#buttons[index].setAttribute('aria-pressed', String(visible));
    remember(`layer.${layers[index].layer}`, visible ? 'on' : 'off');
    this.#show(layers[index].layer, visible);
  }

  setRobot(robot: RobotModel): void {
    const index = layers.findIndex(({ layer }) => layer === 'forces');
    const length = figures(1000 * forceScale(robot));
    this.#buttons[index].title = `Show or hide (${index + 1}); 1 N is ${length} mm long`;
    setText(this.#unit, `Ensemble disagreement [${disagreementUnit(robot)}]`);
  }

  /** How old the plan is that is drawn: the one that is acted on; and how far the robot's tip is from where it has it. */
  update({ timed, timing: { last }, belief }: State): void {
    const apart = belief?.tipError ?? null;
    setText(this.#apart, apart === null ? '' : `${figures(1000 * apart)} mm`);
    const age = last?.planAge ?? null;
    setText(
      this.#age,
      !timed || last === null || age === null || last.level >= starving ? '' : `${decimal(age, 0)} ms old`,
    );
  }

  #shown(index: number): boolean {
    return this.#buttons[index].getAttribute('aria-pressed') === 'true';
  }
}
