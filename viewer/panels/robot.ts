import type { RobotModel } from '../../src/core/robot.ts';
import { h } from '../dom.ts';
import { figures } from '../format.ts';
import type { LogLine } from '../state.ts';
import { type Card, card } from './card.ts';

function driven({ wheels }: NonNullable<RobotModel['vehicle']>): number {
  return wheels.filter((wheel) => wheel.driven).length;
}

/** What a robot consists of, and what was ignored or guessed when it was read. */
export class RobotPanel {
  readonly card: Card = card('Robot', 'robot');
  readonly #facts = h('dl', { class: 'facts' });
  readonly #notes = h('ul', { class: 'log notes' });
  #robot: RobotModel | undefined;

  constructor() {
    this.card.body.append(this.#facts, this.#notes);
  }

  setRobot(robot: RobotModel): void {
    this.#robot = robot;
    const mass = robot.links.reduce((sum, { inertial }) => sum + (inertial?.mass ?? 0), 0);
    const fact = (name: string, value: string) => [h('dt', {}, name), h('dd', {}, value)];
    this.#facts.replaceChildren(
      ...fact('Links', String(robot.links.length)),
      ...fact('Joints that move', String(robot.movable.length)),
      ...fact('Driven', robot.vehicle ? `${driven(robot.vehicle)} wheels` : String(robot.actuators.length)),
      ...fact('Mass', `${figures(mass)} kg`),
    );
  }

  /** @param log what the page itself has to say */
  update(log: readonly LogLine[]): void {
    const notes = [...log.map(({ text }) => text), ...(this.#robot?.notes ?? [])];
    if (notes.length === this.#notes.childElementCount) return;
    this.#notes.replaceChildren(...notes.map((note) => h('li', { class: 'muted' }, note)));
  }
}
