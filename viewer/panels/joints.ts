import type { RobotModel } from '../../src/core/robot.ts';
import { poseService } from '../../src/stream/wire.ts';
import { h, setHidden, setText } from '../dom.ts';
import { decimal } from '../format.ts';
import { type Card, card } from './card.ts';
import { type CallService, LatestCall } from './latest-call.ts';

/** What a slider of a joint without limits reaches to each side: rad, m. */
const TURN = Math.PI;
const SLIDE = 1;
const DIGITS = 3;

interface Row {
  readonly slider: HTMLInputElement;
  readonly field: HTMLInputElement;
}

/** A slider and a number for each joint that moves; joints that follow another show where they are. */
export class Joints {
  readonly root: HTMLElement;
  readonly card: Card = card('Joints', 'joints');
  readonly #poses: LatestCall;
  readonly #rows = h('div', { class: 'joint-rows' });
  readonly #said = h('p', { class: 'said red', role: 'alert' });
  #robot: RobotModel | undefined;
  #told = '';
  #joints: Row[] = [];
  #followers: { readonly joint: number; readonly value: HTMLElement }[] = [];
  /** Coordinates [D] that were asked for or told last. */
  #position: number[] = [];

  constructor(call: CallService) {
    this.#poses = new LatestCall(call, poseService);
    this.#said.hidden = true;
    const button = (label: string, title: string, position: (robot: RobotModel) => number[]) =>
      h(
        'button',
        { type: 'button', title, click: () => this.#robot && this.#goTo(position(this.#robot)) },
        label,
      );
    this.card.body.append(
      h(
        'div',
        { class: 'buttons' },
        button('Home', 'The rest pose', (robot) => [...robot.home]),
        button('Zero', 'Every joint at 0, or at its limit nearest to it', (robot) =>
          robot.movable.map((index) =>
            Math.min(robot.joints[index].upper, Math.max(robot.joints[index].lower, 0)),
          ),
        ),
      ),
      this.#rows,
      this.#said,
    );
    this.root = h('div', { class: 'column right' }, this.card.root);
  }

  setRobot(robot: RobotModel): void {
    const told = JSON.stringify(robot.joints);
    if (told === this.#told) return;
    this.#told = told;
    this.#robot = robot;
    this.#position = [...robot.home];
    this.#joints = [];
    this.#followers = [];
    this.#rows.replaceChildren(...robot.movable.map((index, d) => this.#row(robot, index, d)));
    for (const [index, { name, kind, mimic }] of robot.joints.entries()) {
      if (!mimic) continue;
      const value = h('b', { class: 'value' });
      const leader = robot.joints[mimic.joint]?.name ?? '';
      this.#followers.push({ joint: index, value });
      this.#rows.append(
        h(
          'div',
          { class: 'joint follower', title: `${decimal(mimic.multiplier, 3)} × ${leader}` },
          h('span', { class: 'name' }, `${name} follows ${leader}`),
          h('span', { class: 'field' }, value, ` ${unitOf(kind)}`),
        ),
      );
    }
    if (robot.movable.length === 0) this.#rows.append(h('p', { class: 'empty' }, 'No joint of it moves.'));
    this.#show();
  }

  /** Where the robot stands, as everybody sees it. */
  receive({ joints }: { readonly joints: readonly { readonly position: number }[] }): void {
    if (joints.length !== this.#position.length || this.#poses.busy) return;
    this.#position = joints.map(({ position }) => position);
    this.#show();
  }

  #row(robot: RobotModel, index: number, d: number): HTMLElement {
    const { name, kind, lower, upper } = robot.joints[index];
    const reach = kind === 'prismatic' ? SLIDE : TURN;
    const low = Number.isFinite(lower) ? lower : robot.home[d] - reach;
    const high = Number.isFinite(upper) ? upper : robot.home[d] + reach;
    const unit = unitOf(kind);
    const range = `${decimal(low, 2)} … ${decimal(high, 2)} ${unit}${Number.isFinite(upper) ? '' : ', turns or slides on'}`;
    const slider = h('input', {
      type: 'range',
      min: String(low),
      max: String(high),
      step: 'any',
      'aria-label': `${name}, ${range}`,
      title: range,
      input: () => this.#ask(d, Number(slider.value)),
    });
    const field = h('input', {
      type: 'text',
      inputmode: 'decimal',
      'aria-label': `${name} in ${unit}`,
      title: range,
      change: () => {
        const value = Number(field.value.replace('−', '-').replace(',', '.'));
        if (field.value.trim() !== '' && Number.isFinite(value)) this.#ask(d, value);
        else this.#show();
      },
      keydown: (event) => {
        if ((event as KeyboardEvent).key === 'Enter') field.blur();
      },
    });
    this.#joints.push({ slider, field });
    return h(
      'div',
      { class: 'joint' },
      h('span', { class: 'name', title: `${kind}, ${range}` }, name),
      h('span', { class: 'field' }, field, ` ${unit}`),
      slider,
    );
  }

  #goTo(position: number[]): void {
    this.#position = position;
    this.#show();
    void this.#send();
  }

  #ask(d: number, value: number): void {
    this.#position[d] = value;
    this.#show();
    void this.#send();
  }

  async #send(): Promise<void> {
    try {
      const held = await this.#poses.send({ position: [...this.#position] });
      if (held === undefined) return;
      this.#position = [...(held as { position: number[] }).position];
      setHidden(this.#said, true);
    } catch (error) {
      setText(this.#said, (error as Error).message);
      setHidden(this.#said, false);
    }
    this.#show();
  }

  #show(): void {
    for (const [d, { slider, field }] of this.#joints.entries()) {
      const value = this.#position[d];
      if (Number(slider.value) !== value) slider.value = String(value);
      const text = decimal(value, DIGITS);
      if (field !== document.activeElement && field.value !== text) field.value = text;
    }
    for (const { joint, value } of this.#followers) setText(value, decimal(this.#followed(joint), DIGITS));
  }

  /** Coordinate of a joint that may follow another. */
  #followed(joint: number): number {
    const { joints, movable } = this.#robot as RobotModel;
    const { mimic } = joints[joint];
    if (mimic) return mimic.multiplier * this.#followed(mimic.joint) + mimic.offset;
    return this.#position[movable.indexOf(joint)] ?? 0;
  }
}

function unitOf(kind: RobotModel['joints'][number]['kind']): string {
  return kind === 'prismatic' ? 'm' : 'rad';
}
