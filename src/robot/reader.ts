import { InputError } from '../core/errors.ts';
import { fromRollPitchYaw } from '../core/linalg.ts';
import type { Pose, Vec3 } from '../core/robot.ts';
import type { Element } from './xml.ts';

/** Reads typed values out of XML elements; what is wrong becomes an InputError with file, element and hint. */
export class Reader {
  readonly file: string;
  readonly notes: string[] = [];

  constructor(file: string) {
    this.file = file;
  }

  fail(where: string, what: string, hint: string): never {
    throw new InputError(`${this.file}: ${where}: ${what}; ${hint}`);
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
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

  /** Finite numbers, exactly `count`; undefined when the attribute is absent. */
  numbers(element: Element, attribute: string, count: number, where: string): number[] | undefined {
    const text = element.attributes.get(attribute);
    if (text === undefined) return undefined;
    const words = text.trim().split(/\s+/);
    const values = words.map((word) => (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(word) ? +word : NaN));
    if (values.length !== count || !values.every(Number.isFinite))
      this.fail(
        where,
        `<${element.tag} ${attribute}="${text.slice(0, 60)}"> is not ${count === 1 ? 'a finite number' : `${count} finite numbers`}`,
        `write ${count === 1 ? 'one number' : `${count} numbers separated by spaces`}`,
      );
    return values;
  }

  number(element: Element, attribute: string, where: string): number | undefined {
    return this.numbers(element, attribute, 1, where)?.[0];
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
