import type { z } from 'zod';

/** A single setting: where it stands, what it takes, what it means. */
export interface SettingKey {
  readonly path: string;
  readonly schema: z.ZodType;
  /** What it takes, e.g. `whole number 2 … 10000`. */
  readonly type: string;
  /** undefined when there is none. */
  readonly default: unknown;
  readonly description: string;
}

/** The settings of a schema in order of declaration. A part that is not an object is a setting itself. */
export function settingKeys(schema: z.ZodType, prefix: string): SettingKey[] {
  return walk(schema, prefix, undefined);
}

function walk(schema: z.ZodType, path: string, given: unknown): SettingKey[] {
  const { inner, fallback, description } = unwrap(schema, given);
  if (inner.def.type === 'object') {
    const { shape } = inner as unknown as z.ZodObject<Record<string, z.ZodType>>;
    return Object.entries(shape).flatMap(([key, part]) =>
      walk(
        part,
        path === '' ? key : `${path}.${key}`,
        (fallback as Record<string, unknown> | undefined)?.[key],
      ),
    );
  }
  return [{ path, schema, type: typeText(inner), default: fallback, description: description ?? '' }];
}

interface Unwrapped {
  readonly inner: z.ZodType;
  readonly fallback: unknown;
  readonly description: string | undefined;
}

/** Goes through defaults, optionals and pipes to what a value must look like. */
function unwrap(schema: z.ZodType, given: unknown): Unwrapped {
  let inner = schema;
  let fallback = given;
  let { description } = schema;
  for (;;) {
    const def = inner.def as { type: string; innerType?: z.ZodType; in?: z.ZodType; defaultValue?: unknown };
    const next = def.innerType ?? (def.type === 'pipe' ? def.in : undefined);
    if (!next) return { inner, fallback, description };
    if (def.type === 'default' || def.type === 'prefault') fallback ??= def.defaultValue;
    inner = next;
    description ??= inner.description;
  }
}

function typeText(schema: z.ZodType): string {
  const { type } = schema.def;
  if (type === 'number') {
    const { minValue, maxValue, isInt } = schema as unknown as z.ZodNumber;
    return `${isInt ? 'whole number' : 'number'}${rangeText(minValue, maxValue)}`;
  }
  if (type === 'enum') return `one of ${(schema as unknown as z.ZodEnum).options.join(', ')}`;
  if (type === 'literal') return [...(schema as unknown as z.ZodLiteral).values].join(' or ');
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'text';
  if (type === 'array') {
    const { element } = schema as unknown as z.ZodArray<z.ZodType>;
    const { inner } = unwrap(element, undefined);
    if (inner.def.type === 'tuple') return `list of ${typeText(inner)}`;
    return `list of ${typeText(inner).replace('number', 'numbers')}`;
  }
  if (type === 'tuple') {
    const { items } = schema.def as unknown as { items: z.ZodType[] };
    return `[${items.map((item) => typeText(unwrap(item, undefined).inner)).join(', ')}]`;
  }
  return type;
}

function rangeText(min: number | null, max: number | null): string {
  const low = min !== null && min > Number.MIN_SAFE_INTEGER ? min : null;
  const high = max !== null && max < Number.MAX_SAFE_INTEGER ? max : null;
  if (low !== null && high !== null) return ` ${low} … ${high}`;
  if (low !== null) return ` of ${low} or more`;
  return high === null ? '' : ` of ${high} or less`;
}

/** Reads a value from the command line: what the type suggests, else JSON, else text. */
export function parseValue(key: SettingKey, text: string): unknown {
  if (key.type === 'text' || key.type.startsWith('one of')) return text;
  const json = key.type.startsWith('list of') && !text.trim().startsWith('[') ? `[${text}]` : text;
  try {
    return JSON.parse(json);
  } catch {
    // .5, 5. and +5 are numbers to a person.
    return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  }
}
