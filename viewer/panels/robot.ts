import type { RobotModel } from '../../src/core/robot.ts';
import { h } from '../dom.ts';
import { figures } from '../format.ts';
import type { LogLine } from '../state.ts';
import { type Card, card } from './card.ts';
import { Facts } from './facts.ts';

function driven({ wheels }: NonNullable<RobotModel['vehicle']>): number {
  return wheels.filter((wheel) => wheel.driven).length;
}

/** What a robot consists of, and what was ignored or guessed when it was read. */
export class RobotPanel {
  readonly card: Card = card('Robot', 'robot');
  readonly #facts = new Facts();
  readonly #notes = h('ul', { class: 'log notes' });
  #robot: RobotModel | undefined;

  constructor() {
    this.card.body.append(this.#facts.root, this.#notes);
  }

  setRobot(robot: RobotModel): void {
    this.#robot = robot;
    const mass = robot.links.reduce((sum, { inertial }) => sum + (inertial?.mass ?? 0), 0);
    const { links, movable, vehicle, actuators } = robot;
    this.#facts.set('Links', String(links.length));
    this.#facts.set('Joints that move', String(movable.length));
    this.#facts.set('Driven', vehicle ? `${driven(vehicle)} wheels` : String(actuators.length));
    this.#facts.set('Mass', `${figures(mass)} kg`);
  }

  /** @param log what the page itself has to say */
  update(log: readonly LogLine[]): void {
    const notes = [...log.map(({ text }) => text), ...(this.#robot?.notes ?? [])];
    if (notes.length === this.#notes.childElementCount) return;
    this.#notes.replaceChildren(...notes.map((note) => h('li', { class: 'muted' }, note)));
  }
}
