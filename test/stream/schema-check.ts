interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/**
 * Where a message is not what its schema says, in words; undefined where it is. Null is allowed wherever nothing is
 * required, and an object that names what it requires has no fields that it does not name.
 */
export function mismatch(schema: Schema, value: unknown, place: string): string | undefined {
  const { type, properties, required, items } = schema;
  if (schema.enum) return schema.enum.includes(value) ? undefined : `${place}: ${value}`;
  const kind = Array.isArray(value) ? 'array' : typeof value;
  const fits = type === undefined || type === kind || (type === 'integer' && Number.isInteger(value));
  if (!fits) return `${place}: ${JSON.stringify(value)} is no ${type}`;
  if (items) return first((value as unknown[]).map((item, i) => mismatch(items, item, `${place}[${i}]`)));
  if (!properties) return undefined;
  const fields = value as Record<string, unknown>;
  const lost = (required ?? []).filter((name) => fields[name] === undefined || fields[name] === null);
  if (lost.length > 0) return `${place} lacks ${lost}`;
  return first(
    Object.entries(fields).map(([name, field]) => {
      if (!properties[name]) return required ? `${place}.${name} is not in the schema` : undefined;
      return field === null ? undefined : mismatch(properties[name], field, `${place}.${name}`);
    }),
  );
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((item) => item !== undefined);
}
