import { crc32 } from 'node:zlib';
import type { Transition } from '../core/index.ts';
import { InputError } from '../core/index.ts';

/**
 * `transitions.bin`: what the robot lived through, little-endian.
 *
 *   file   = magic (8 bytes) · frame of the header (JSON) · one frame per trial
 *   frame  = payload length (u32) · CRC-32 of the payload (u32) · payload
 *   rows   = the columns of the header, packed, one row per transition
 *
 * Header: `{ format, rowBytes, columns: [{ name, dtype, size }] }` with the columns episode (the trial, from 1) and
 * step (from 1 in the episode) first, then observation, action, reward, next, terminated.
 */
const magic = Buffer.from('PMTRANS\n');
const format = 1;
const itemBytes = { u8: 1, u32: 4, f32: 4, f64: 8 } as const;

interface Column {
  readonly name: string;
  readonly dtype: keyof typeof itemBytes;
  readonly size: number;
}

function columnsFor(observationSize: number, actionSize: number): Column[] {
  return [
    { name: 'episode', dtype: 'u32', size: 1 },
    { name: 'step', dtype: 'u32', size: 1 },
    { name: 'observation', dtype: 'f32', size: observationSize },
    { name: 'action', dtype: 'f32', size: actionSize },
    { name: 'reward', dtype: 'f64', size: 1 },
    { name: 'next', dtype: 'f32', size: observationSize },
    { name: 'terminated', dtype: 'u8', size: 1 },
  ];
}

function rowBytesOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { dtype, size }) => sum + itemBytes[dtype] * size, 0);
}

function frame(payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + payload.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  out.set(payload, 8);
  return out;
}

/** The bytes before the first trial. */
export function encodeTransitionHeader(observationSize: number, actionSize: number): Uint8Array {
  const columns = columnsFor(observationSize, actionSize);
  const header = JSON.stringify({ format, rowBytes: rowBytesOf(columns), columns });
  return Buffer.concat([magic, frame(Buffer.from(header))]);
}

/** One trial's frame. All transitions have the sizes of the first. */
export function encodeTransitions(trial: number, transitions: readonly Transition[]): Uint8Array {
  const { observation, action } = transitions[0];
  const rowBytes = rowBytesOf(columnsFor(observation.length, action.length));
  const payload = new Uint8Array(rowBytes * transitions.length);
  const view = new DataView(payload.buffer);
  let at = 0;
  const floats = (values: Float32Array) => {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  };
  for (const [i, row] of transitions.entries()) {
    view.setUint32(at, trial, true);
    view.setUint32(at + 4, i + 1, true);
    at += 8;
    floats(row.observation);
    floats(row.action);
    view.setFloat64(at, row.reward, true);
    at += 8;
    floats(row.next);
    view.setUint8(at++, row.terminated ? 1 : 0);
  }
  return frame(payload);
}

/** All transitions of all trials in order. An empty file holds none. @param where names the file in errors. */
export function decodeTransitions(bytes: Uint8Array, where: string): Transition[] {
  if (bytes.length === 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (at: number, what: string) =>
    new InputError(`${where} is damaged at byte ${at} (${what}): restore it from a copy or start a new run`);
  if (Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0)
    throw damaged(0, 'not a transitions file');
  let at: number = magic.length;
  const nextPayload = (): Uint8Array => {
    if (bytes.length - at < 8) throw damaged(at, 'a frame is cut off');
    const length = view.getUint32(at, true);
    if (length > bytes.length - at - 8) throw damaged(at, 'a frame is cut off');
    const payload = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(payload) !== view.getUint32(at + 4, true)) throw damaged(at, 'wrong checksum');
    at += 8 + length;
    return payload;
  };
  const [observationSize, actionSize] = readHeader(nextPayload(), () => damaged(at, 'unknown columns'));
  const rowBytes = rowBytesOf(columnsFor(observationSize, actionSize));
  const transitions: Transition[] = [];
  while (at < bytes.length) {
    const start = at;
    const payload = nextPayload();
    if (payload.length % rowBytes !== 0) throw damaged(start, 'a frame holds a broken row');
    const rows = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    let p = 0;
    const floats = (size: number) => {
      const values = new Float32Array(size);
      for (let i = 0; i < size; i++, p += 4) values[i] = rows.getFloat32(p, true);
      return values;
    };
    while (p < payload.length) {
      p += 8;
      const observation = floats(observationSize);
      const action = floats(actionSize);
      const reward = rows.getFloat64(p, true);
      p += 8;
      const next = floats(observationSize);
      const terminated = rows.getUint8(p++) !== 0;
      transitions.push({ observation, action, reward, next, terminated });
    }
  }
  return transitions;
}

/** The sizes of observation and action, when the header is exactly one that this format writes. */
function readHeader(payload: Uint8Array, damaged: () => InputError): [number, number] {
  let sizes: [number, number] = [0, 0];
  try {
    const { columns } = JSON.parse(Buffer.from(payload).toString()) as { columns: Column[] };
    sizes = [columns[2].size, columns[3].size];
  } catch {
    throw damaged();
  }
  const proper = sizes.every((size) => Number.isInteger(size) && size >= 0 && size <= 1e6);
  const expected = proper && encodeTransitionHeader(...sizes).subarray(magic.length + 8);
  if (!expected || Buffer.compare(payload, expected) !== 0) throw damaged();
  return sizes;
}
