import { nearestName } from '../core/errors.ts';
import { norm, scale } from '../core/linalg.ts';
import type { Joint, Vec3 } from '../core/robot.ts';
import type { Reader } from './reader.ts';
import type { Element } from './xml.ts';

/** `mimic` as the URDF has it, its joint by name. */
export interface Follows {
  readonly joint: string;
  readonly multiplier: number;
  readonly offset: number;
}

/** A joint as the URDF has it: planar and floating ones are still whole, mimics unresolved. */
export type UrdfJoint = Omit<Joint, 'kind' | 'mimic'> & {
  readonly kind: Joint['kind'] | 'planar' | 'floating';
  readonly follows?: Follows;
};

const kinds = ['fixed', 'revolute', 'continuous', 'prismatic', 'planar', 'floating'] as const;

export function readJoint(reader: Reader, element: Element, links: ReadonlyMap<string, number>): UrdfJoint {
  const name = reader.text(element, 'name', 'a joint');
  const where = `joint "${name}"`;
  const kind = readKind(reader, element, where);
  const dynamics = reader.one(element, 'dynamics', where);
  const viscous = (key: 'damping' | 'friction') => {
    const value = (dynamics && reader.number(dynamics, key, where)) ?? 0;
    if (value < 0) reader.fail(where, `<dynamics ${key}="${value}">`, 'must not be negative');
    return value;
  };
  return {
    name,
    kind,
    parent: readEnd(reader, element, 'parent', links, where),
    child: readEnd(reader, element, 'child', links, where),
    origin: reader.origin(element, where),
    axis: readAxis(reader, element, kind, where),
    ...readLimits(reader, element, kind, where),
    damping: viscous('damping'),
    friction: viscous('friction'),
    armature: 0,
    follows: readMimic(reader, element, kind, where),
  };
}

function readKind(reader: Reader, element: Element, where: string): UrdfJoint['kind'] {
  const type = reader.text(element, 'type', where);
  const kind = kinds.find((known) => known === type);
  if (kind) return kind;
  return reader.fail(
    where,
    `type "${type}" is not known`,
    `use ${nearestName(type, kinds) ?? `${kinds.slice(0, -1).join(', ')} or floating`}`,
  );
}

function readEnd(
  reader: Reader,
  element: Element,
  tag: 'parent' | 'child',
  links: ReadonlyMap<string, number>,
  where: string,
): number {
  const end = reader.one(element, tag, where);
  if (!end) reader.fail(where, `lacks <${tag} link="…"/>`, 'add it');
  const link = reader.text(end, 'link', where);
  const index = links.get(link);
  if (index !== undefined) return index;
  const near = nearestName(link, links.keys());
  return reader.fail(
    where,
    `<${tag}> names the unknown link "${link}"`,
    near ? `did you mean "${near}"?` : 'define that link',
  );
}

/** A unit vector; a joint that does not turn or slide about it gets x. */
function readAxis(reader: Reader, element: Element, kind: UrdfJoint['kind'], where: string): Vec3 {
  const child = reader.one(element, 'axis', where);
  const axis = (child && reader.numbers(child, 'xyz', 3, where)) ?? [1, 0, 0];
  if (kind === 'fixed' || kind === 'floating') return [1, 0, 0];
  const length = norm(axis as unknown as Vec3);
  if (length < 1e-9) reader.fail(where, '<axis> has no length', 'give it a direction, e.g. xyz="0 0 1"');
  if (Math.abs(length - 1) > 1e-3)
    reader.note(`${where}: <axis> has length ${Number(length.toPrecision(4))}, only its direction counts`);
  return scale(axis as unknown as Vec3, 1 / length);
}

function readLimits(
  reader: Reader,
  element: Element,
  kind: UrdfJoint['kind'],
  where: string,
): Pick<Joint, 'lower' | 'upper' | 'maxVelocity' | 'maxEffort'> {
  const limit = reader.one(element, 'limit', where);
  const value = (key: string) => limit && reader.bound(limit, key, where);
  const maximum = (key: string) => {
    const given = value(key) ?? Infinity;
    if (given < 0) reader.fail(where, `<limit ${key}="${given}">`, 'must not be negative');
    return given;
  };
  const rest = { maxVelocity: maximum('velocity'), maxEffort: maximum('effort') };
  const lower = value('lower');
  const upper = value('upper');
  if (kind !== 'revolute' && kind !== 'prismatic') {
    if ((kind === 'planar' || kind === 'floating') && limit)
      reader.note(`ignored <limit> of the ${kind} ${where}`);
    else if (kind === 'continuous' && [lower, upper].some((end) => end !== undefined && Number.isFinite(end)))
      reader.note(`ignored lower and upper of the continuous ${where}`);
    return { lower: -Infinity, upper: Infinity, ...rest };
  }
  if (!limit)
    reader.fail(
      where,
      'lacks <limit>',
      `add <limit lower upper effort velocity>${kind === 'revolute' ? ', or make it continuous' : ''}`,
    );
  const missing = [lower === undefined ? ['lower'] : [], upper === undefined ? ['upper'] : []].flat();
  if (missing.length > 0)
    reader.note(`${where}: <limit> lacks ${missing.join(' and ')}, which URDF takes as 0`);
  const range = { lower: lower ?? 0, upper: upper ?? 0 };
  if (range.lower > range.upper)
    reader.fail(where, `lower ${range.lower} is above upper ${range.upper}`, 'swap them');
  return { ...range, ...rest };
}

function readMimic(
  reader: Reader,
  element: Element,
  kind: UrdfJoint['kind'],
  where: string,
): Follows | undefined {
  const mimic = reader.one(element, 'mimic', where);
  if (!mimic) return undefined;
  const joint = reader.text(mimic, 'joint', where);
  const multiplier = reader.number(mimic, 'multiplier', where) ?? 1;
  const offset = reader.number(mimic, 'offset', where) ?? 0;
  if (kind === 'planar' || kind === 'floating')
    reader.fail(where, `a ${kind} joint cannot follow another`, 'remove <mimic>');
  if (kind !== 'fixed') return { joint, multiplier, offset };
  reader.note(`ignored <mimic> of the fixed ${where}`);
  return undefined;
}
