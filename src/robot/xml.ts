import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { InputError } from '../core/errors.ts';

/** One XML element: attributes and child elements by tag, in document order. Text is dropped: URDF has none. */
export interface Element {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
}

const maxCharacters = 20_000_000;
const maxDepth = 64;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: maxDepth,
  onDangerousProperty: (name) => name, // elements go into lists, attributes into maps
});

/**
 * The root element of an XML document. Hostile input ends in an InputError that names `file`: document types (and so
 * every kind of entity) are refused, depth and size are bounded.
 */
export function parseXml(source: string, file: string): Element {
  const text = source.replace(/^\uFEFF/, '');
  const fail = (what: string, hint: string): never => {
    throw new InputError(`${file}: ${what}; ${hint}`);
  };
  if (text.length > maxCharacters)
    fail(`larger than ${maxCharacters / 1e6} million characters`, 'a URDF holds no meshes, only their names');
  if (text.trim() === '') fail('the file is empty', 'expected a <robot> element');
  if (/<!DOCTYPE|<!ENTITY/i.test(text))
    fail('has a document type declaration', 'remove <!DOCTYPE …>, entities are not read');
  let nodes: unknown;
  try {
    const valid = XMLValidator.validate(text);
    if (valid !== true) fail(malformed(valid.err), 'is the file complete?');
    nodes = parser.parse(text);
  } catch (error) {
    if (error instanceof InputError) throw error;
    fail(`cannot be read as XML: ${oneLine((error as Error).message)}`, 'is it a URDF?');
  }
  const roots = elements(nodes);
  if (roots.length !== 1) fail(`has ${roots.length} root elements`, 'expected one <robot> element');
  return roots[0];
}

function malformed({ msg, line, col }: { msg: string; line: number; col: number }): string {
  const unclosed = /^Invalid '\[(.*)\]' found/s.exec(msg);
  if (unclosed)
    return `not well-formed XML: ${oneLine(unclosed[1])
      .trim()
      .replace(/"([^"]*)"/g, '<$1>')} not closed`;
  const column = col === undefined ? '' : `, column ${col}`;
  return `not well-formed XML at line ${line}${column}: ${oneLine(msg)}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/\.$/, '');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

/** The parser's ordered form is [{ tag: [children], ':@': { attributes } }, …]. */
function elements(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  const found: Element[] = [];
  for (const node of nodes as Record<string, unknown>[]) {
    const tag = Object.keys(node).find((key) => key !== ':@');
    if (tag === undefined || tag === '#text') continue;
    const attributes = new Map(
      Object.entries((node[':@'] ?? {}) as Record<string, string>).map(([key, value]) => [
        key,
        decode(value),
      ]),
    );
    found.push({ tag, attributes, children: elements(node[tag]) });
  }
  return found;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The entities that XML itself defines; there are no others, as document types are refused. */
function decode(value: string): string {
  return value.replace(
    /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g,
    (whole, name, decimal, hex) => {
      if (name) return entities[name];
      const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
