import { InputError } from '../core/errors.ts';
import { fromRollPitchYaw } from '../core/linalg.ts';
import type { Pose, Vec3 } from '../core/robot.ts';
import type { Element } from './xml.ts';

/** Larger numbers overflow where they are squared and summed; no robot has them. */
const largest = 1e12;

/** Reads typed values out of XML elements; what is wrong becomes an InputError with file, element and hint. */
export class Reader {
  readonly file: string;
  readonly #notes = new Set<string>();

  constructor(file: string) {
    this.file = file;
  }

  fail(where: string, what: string, hint: string): never {
    throw new InputError(`${this.file}: ${oneLine(where)}: ${oneLine(what)}; ${oneLine(hint)}`);
  }

  note(text: string): void {
    this.#notes.add(oneLine(text));
  }

  /** Each once, in order. */
  get notes(): string[] {
    return [...this.#notes];
  }

  all(parent: Element, tag: string): Element[] {
    return parent.children.filter((child) => child.tag === tag);
  }

  /** The only child element of that tag. */
  one(parent: Element, tag: string, where: string): Element | undefined {
    const found = this.all(parent, tag);
    if (found.length > 1) this.fail(where, `has ${found.length} <${tag}> elements`, 'keep one');
    return found[0];
  }

  /** A required, non-empty attribute. */
  text(element: Element, attribute: string, where: string): string {
    const value = element.attributes.get(attribute)?.trim();
    if (!value) this.fail(where, `<${element.tag}> lacks ${attribute}="…"`, 'add it');
    return value;
  }

  /** Finite numbers, as many as `count` (or one of its values) says; undefined when the attribute is absent. */
  numbers(
    element: Element,
    attribute: string,
    count: number | readonly number[],
    where: string,
  ): number[] | undefined {
    const text = element.attributes.get(attribute);
    if (text === undefined) return undefined;
    const counts = typeof count === 'number' ? [count] : count;
    const values = text.trim().split(/\s+/).map(toNumber);
    const amount = counts.join(' or ');
    if (!counts.includes(values.length) || !values.every(Number.isFinite))
      this.fail(
        where,
        `<${element.tag} ${attribute}="${text.slice(0, 60)}"> is not ${amount === '1' ? 'a finite number' : `${amount} finite numbers`}`,
        `write ${amount === '1' ? 'one number' : `${amount} numbers separated by spaces`}`,
      );
    if (values.some((value) => Math.abs(value) > largest))
      this.fail(
        where,
        `<${element.tag} ${attribute}="${text.slice(0, 60)}"> is beyond ${largest}`,
        'numbers are in SI units',
      );
    return values;
  }

  number(element: Element, attribute: string, where: string): number | undefined {
    return this.numbers(element, attribute, 1, where)?.[0];
  }

  /** A number that may be written as infinite; what no joint can reach (1e10 and more) is taken as infinite. */
  bound(element: Element, attribute: string, where: string): number | undefined {
    const text = element.attributes.get(attribute)?.trim();
    if (text === undefined) return undefined;
    const infinite = /^([-+]?)inf(inity)?$/i.exec(text);
    const value = infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : toNumber(text);
    if (Number.isNaN(value)) this.numbers(element, attribute, 1, where);
    return Math.abs(value) >= 1e10 ? Math.sign(value) * Infinity : value;
  }

  required(element: Element, attribute: string, where: string): number {
    const value = this.number(element, attribute, where);
    if (value === undefined) this.fail(where, `<${element.tag}> lacks ${attribute}="…"`, 'add it');
    return value;
  }

  positive(element: Element, attribute: string, where: string): number {
    const value = this.required(element, attribute, where);
    if (value <= 0) this.fail(where, `<${element.tag} ${attribute}="${value}">`, 'must be above 0');
    return value;
  }

  /** The pose of an `<origin xyz rpy>` child; the identity without one. */
  origin(parent: Element, where: string): Pose {
    const element = this.one(parent, 'origin', where);
    const position = (element && this.numbers(element, 'xyz', 3, where)) ?? [0, 0, 0];
    const [roll, pitch, yaw] = (element && this.numbers(element, 'rpy', 3, where)) ?? [0, 0, 0];
    return { position: position as unknown as Vec3, rotation: fromRollPitchYaw(roll, pitch, yaw) };
  }
}

function toNumber(word: string): number {
  return /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(word) ? +word : Number.NaN;
}

/** Names come from the file: none may break the line or drive the terminal. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const line = text.replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, ' ');
  return line.length > 600 ? `${line.slice(0, 600)}…` : line;
}
