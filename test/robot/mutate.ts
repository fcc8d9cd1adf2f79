import type { Random } from '#src/core/random';

/** Values that a file should not have where numbers, names or lists of numbers are expected. */
const values = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '0 0 0',
  '1 2',
  '1 2 3 4',
  'nan',
  'inf',
  '-inf',
  '1e308',
  '1e-320',
  '1e12',
  '-1e9',
  '1e9 1e9 1e9',
  '3.1415926 -1.5707963 100',
  'fixed',
  'planar',
  'floating',
  'continuous',
  'prismatic',
  '__proto__',
  '*',
  '<',
  '&amp;',
  '&bad;',
  '\u0000',
  'x'.repeat(5000),
  '9'.repeat(400),
];

/** A file with one to three random changes; the same for the same random numbers. */
export function mutate(text: string, random: Random): string {
  const count = pick([1, 1, 1, 2, 3], random);
  let changed = text;
  for (let i = 0; i < count; i++) changed = pick(changes, random)(changed, random);
  return changed;
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.min(items.length - 1, Math.floor(items.length * random.uniform()))];
}

const changes: readonly ((text: string, random: Random) => string)[] = [
  function attributeValue(text, random) {
    const attributes = spans(text, /="[^"]*"/g);
    if (attributes.length === 0) return text;
    const [from, to] = pick(attributes, random);
    const [otherFrom, otherTo] = pick(attributes, random);
    const value = random.uniform() < 0.3 ? text.slice(otherFrom + 2, otherTo - 1) : pick(values, random);
    return `${text.slice(0, from)}="${value}"${text.slice(to)}`;
  },
  function attributeDropped(text, random) {
    return without(text, spans(text, /\s[\w:]+="[^"]*"/g), random);
  },
  function elementDropped(text, random) {
    return without(text, elements(text), random);
  },
  function elementDoubled(text, random) {
    const all = elements(text);
    if (all.length === 0) return text;
    const [from, to] = pick(all, random);
    return text.slice(0, to) + text.slice(from, to) + text.slice(to);
  },
  function elementMoved(text, random) {
    const all = elements(text);
    if (all.length === 0) return text;
    const [from, to] = pick(all, random);
    const [, place] = pick(all, random);
    return text.slice(0, place) + text.slice(from, to) + text.slice(place);
  },
  function tagSwapped(text, random) {
    const all = elements(text);
    if (all.length === 0) return text;
    const [from, to] = pick(all, random);
    const [other] = pick(all, random);
    const [, tag] = /^<([\w:]+)/.exec(text.slice(from, to)) as RegExpExecArray;
    const [, name] = /^<([\w:]+)/.exec(text.slice(other)) as RegExpExecArray;
    const inside = text
      .slice(from, to)
      .replace(/^<[\w:]+/, `<${name}`)
      .replace(new RegExp(`</${tag}(\\s*)>$`), `</${name}$1>`);
    return text.slice(0, from) + inside + text.slice(to);
  },
  function numberChanged(text, random) {
    const numbers = spans(text, /-?\d+\.?\d*(?=[\s"])/g);
    if (numbers.length === 0) return text;
    const [from, to] = pick(numbers, random);
    const factor = pick([-1, 0, 1e-9, 1e3, 1e9, 1e200], random);
    return text.slice(0, from) + String(Number(text.slice(from, to)) * factor) + text.slice(to);
  },
  function truncated(text, random) {
    return text.slice(0, Math.floor(text.length * random.uniform()));
  },
  function bytes(text, random) {
    const raw = Buffer.from(text);
    const count = 1 + Math.floor(6 * random.uniform());
    for (let i = 0; i < count; i++)
      raw[Math.floor(raw.length * random.uniform())] = Math.floor(256 * random.uniform());
    return raw.toString('utf8');
  },
];

function spans(text: string, pattern: RegExp): [number, number][] {
  return [...text.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length]);
}

function without(text: string, all: readonly [number, number][], random: Random): string {
  if (all.length === 0) return text;
  const [from, to] = pick(all, random);
  return text.slice(0, from) + text.slice(to);
}

/** Where the elements inside the root begin and end. */
function elements(text: string): [number, number][] {
  const found: [number, number][] = [];
  const open: number[] = [];
  for (const tag of text.matchAll(/<!--[\s\S]*?-->|<(\/?)[\w:]+[^<>]*?(\/?)>/g)) {
    if (tag[0].startsWith('<!--')) continue;
    const end = tag.index + tag[0].length;
    if (tag[1]) {
      const from = open.pop();
      if (from !== undefined && open.length > 0) found.push([from, end]);
    } else if (tag[2]) found.push([tag.index, end]);
    else open.push(tag.index);
  }
  return found;
}
