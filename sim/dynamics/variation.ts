import { InputError, nearestName } from '../../src/core/errors.ts';
import type { Physics } from '../../src/core/plant.ts';

/** Factors of an episode's physics as numbers that can be saved. */
export class Variation {
  /** Friction of contacts, friction of joints, damping of joints, gain of servos, then mass of each name. */
  readonly factors: Float64Array;
  readonly #names: readonly string[];

  /** @param names of links, then of the world's bodies. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.factors = new Float64Array(4 + names.length).fill(1);
  }

  get contactFriction(): number {
    return this.factors[0];
  }
  get jointFriction(): number {
    return this.factors[1];
  }
  get jointDamping(): number {
    return this.factors[2];
  }
  get gain(): number {
    return this.factors[3];
  }
  /** Factor on the mass of the i-th name. */
  mass(i: number): number {
    return this.factors[4 + i];
  }

  set(physics: Physics = {}): void {
    const { contactFriction = 1, jointFriction = 1, jointDamping = 1, gain = 1, mass = {} } = physics;
    for (const [key, value] of Object.entries({ contactFriction, jointFriction, jointDamping, gain }))
      if (!(value >= 0 && value < Infinity))
        throw new InputError(`physics.${key} ${value} must be a finite factor, 0 or above`);
    for (const [name, value] of Object.entries(mass)) {
      if (!(value > 0 && value < Infinity))
        throw new InputError(`physics.mass.${name} ${value} must be a finite factor above 0`);
      if (name === '*' || this.#names.includes(name)) continue;
      const near = nearestName(name, this.#names);
      throw new InputError(
        `physics.mass: no link or body is called "${name}"; ${near ? `did you mean "${near}"?` : `there are ${this.#names.slice(0, 12).join(', ')}`}`,
      );
    }
    this.factors.set([contactFriction, jointFriction, jointDamping, gain]);
    const others = mass['*'] ?? 1;
    for (const [i, name] of this.#names.entries())
      this.factors[4 + i] = Object.hasOwn(mass, name) ? mass[name] : others;
  }
}
