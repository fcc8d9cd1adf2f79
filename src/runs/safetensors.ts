import type { Tensor } from '../core/index.ts';
import { InputError } from '../core/index.ts';

/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes of header length, a JSON header,
 * then the tensors' bytes without gaps, little-endian. Reading trusts nothing: any byte string either yields tensors
 * or an `InputError`.
 */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly meta: Readonly<Record<string, string>>;
}

type Elements = Tensor['data'];
const headerLimit = 100_000_000;
const itemSize: Readonly<Record<string, number>> = { F32: 4, F64: 8, U32: 4 };

function dtypeOf(data: Elements): string {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Float64Array ? 'F64' : 'U32';
}

/** Equal content yields equal bytes: tensors are ordered by item size, then by name. */
export function encodeSafetensors({ tensors, meta }: SafetensorsContent): Uint8Array {
  const entries = Object.entries(tensors)
    .map(([name, { shape, data }]) => ({ name, shape, data, dtype: dtypeOf(data) }))
    .sort((a, b) => itemSize[b.dtype] - itemSize[a.dtype] || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = [];
  const sortedMeta = Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sortedMeta.length > 0) header.push(['__metadata__', Object.fromEntries(sortedMeta)]);
  let offset = 0;
  for (const { name, shape, data, dtype } of entries) {
    const count = shape.reduce((product, size) => product * size, 1);
    if (name === '__metadata__' || count !== data.length) {
      throw new Error(`tensor "${name}": shape [${shape}] does not fit ${data.length} values`);
    }
    header.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  // Padded with spaces, as the format allows, so that the tensors start at a multiple of 8.
  let text = JSON.stringify(Object.fromEntries(header));
  const bare = Buffer.byteLength(text);
  text += ' '.repeat((8 - (bare % 8)) % 8);
  const head = Buffer.from(text);
  const out = new Uint8Array(8 + head.length + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true);
  out.set(head, 8);
  let at = 8 + head.length;
  for (const { data } of entries) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

/** @param where names the file in errors. */
export function decodeSafetensors(bytes: Uint8Array, where: string): SafetensorsContent {
  const fail = (what: string): never => {
    throw new InputError(`${where} is not a readable safetensors file: ${what}`);
  };
  if (bytes.length < 8) fail('it is shorter than its header length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(headerLimit) || declared > BigInt(bytes.length - 8)) fail('its header is cut off');
  const dataStart = 8 + Number(declared);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    fail('its header is not JSON');
  }
  if (!isRecord(parsed)) return fail('its header is not an object');
  const tensors: Record<string, Tensor> = Object.create(null);
  const meta: Record<string, string> = Object.create(null);
  const ranges: [number, number][] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (!isRecord(value)) return fail(`"${name}" is not an object`);
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') return fail(`metadata "${key}" is not text`);
        meta[key] = text;
      }
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = value;
    if (typeof dtype !== 'string' || !Object.hasOwn(itemSize, dtype)) {
      return fail(`"${name}" has a type other than F32, F64 and U32`);
    }
    if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize)) {
      return fail(`"${name}" has no proper shape`);
    }
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
      return fail(`"${name}" has no proper offsets`);
    }
    const [begin, end] = offsets as [number, number];
    const size = (shape as number[]).reduce((product, n) => product * n, itemSize[dtype]);
    if (end > bytes.length - dataStart) return fail(`"${name}" lies past the end of the file`);
    if (end - begin !== size) return fail(`"${name}" does not have the size of its shape`);
    ranges.push([begin, end]);
    // Copied: the file's bytes may be unaligned, and the tensor must not keep the whole file alive.
    const raw = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)).buffer;
    const data =
      dtype === 'F32'
        ? new Float32Array(raw)
        : dtype === 'F64'
          ? new Float64Array(raw)
          : new Uint32Array(raw);
    tensors[name] = { shape: shape as number[], data };
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let expected = 0;
  for (const [begin, end] of ranges) {
    if (begin !== expected) fail('its tensors overlap or leave gaps');
    expected = end;
  }
  if (expected !== bytes.length - dataStart) fail('it has bytes that belong to no tensor');
  return { tensors, meta };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
