import { crc32 } from 'node:zlib';
import type { Checkpoint } from '../core/index.ts';
import { InputError } from '../core/index.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const checksumKey = 'premotor.crc32';

/** A checkpoint as safetensors whose metadata carry a CRC-32 of all tensors and of the other metadata. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { [checksumKey]: _, ...meta } = checkpoint.meta;
  return encodeSafetensors({
    tensors: checkpoint.tensors,
    meta: { ...meta, [checksumKey]: checksum({ tensors: checkpoint.tensors, meta }) },
  });
}

/** @param where names the file in errors. */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { tensors, meta } = decodeSafetensors(bytes, where);
  const { [checksumKey]: expected, ...rest } = meta;
  if (expected !== checksum({ tensors, meta: rest })) {
    throw new InputError(`${where} is damaged (wrong checksum): restore it from a copy or start a new run`);
  }
  return { tensors, meta: rest };
}

function checksum({ tensors, meta }: Checkpoint): string {
  let sum = crc32(
    JSON.stringify([
      Object.entries(meta).sort(byName),
      Object.entries(tensors)
        .map(([name, { shape }]): [string, readonly number[]] => [name, shape])
        .sort(byName),
    ]),
  );
  for (const [, { data }] of Object.entries(tensors).sort(byName)) {
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, '0');
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
