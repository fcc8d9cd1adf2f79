import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '#src/core/errors';
import { decodeCheckpoint, encodeCheckpoint } from '#src/runs/checkpoint';
import { decodeSafetensors, encodeSafetensors } from '#src/runs/safetensors';

/** A file put together by hand after the format's description. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = Buffer.from(header);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(head.length));
  return new Uint8Array(Buffer.concat([size, head, data]));
}

const tensor = fc
  .tuple(fc.array(fc.nat(4), { maxLength: 3 }), fc.constantFrom(Float32Array, Float64Array, Uint32Array))
  .chain(([shape, Type]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return fc
      .array(Type === Uint32Array ? fc.nat() : fc.double(), { minLength: count, maxLength: count })
      .map((values) => ({ shape, data: Type.from(values) }));
  });
const content = fc.record({
  tensors: fc.dictionary(
    fc.string().filter((name) => name !== '__metadata__'),
    tensor,
    { maxKeys: 5 },
  ),
  meta: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
});

describe('safetensors', () => {
  it('writes the published layout', () => {
    const bytes = encodeSafetensors({
      tensors: { a: { shape: [1, 2], data: new Float32Array([1, -2]) } },
      meta: { k: 'v' },
    });
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(Buffer.from(bytes)).toEqual(
      Buffer.from(file(padded, new Uint8Array([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]))),
    );
  });

  it('gives back what was written, bit for bit', () => {
    fc.assert(
      fc.property(content, ({ tensors, meta }) => {
        const read = decodeSafetensors(encodeSafetensors({ tensors, meta }), 'x');
        expect(Object.fromEntries(Object.entries(read.meta))).toEqual(
          Object.fromEntries(Object.entries(meta)),
        );
        expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { shape, data }] of Object.entries(tensors)) {
          expect(read.tensors[name].shape).toEqual(shape);
          expect(read.tensors[name].data).toEqual(data);
        }
      }),
    );
  });

  it('reads a slice of a larger buffer', () => {
    const bytes = encodeSafetensors({
      tensors: { a: { shape: [2], data: new Float32Array([1, 2]) } },
      meta: {},
    });
    const part = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(decodeSafetensors(part, 'x').tensors.a.data).toEqual(new Float32Array([1, 2]));
  });

  it('writes the same bytes whatever the order of the tensors', () => {
    const a = { shape: [1], data: new Float32Array([1]) };
    const b = { shape: [1], data: new Float64Array([2]) };
    expect(encodeSafetensors({ tensors: { a, b }, meta: {} })).toEqual(
      encodeSafetensors({ tensors: { b, a }, meta: {} }),
    );
  });

  it('answers any bytes with tensors or an InputError', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => file(text)),
      fc
        .tuple(content, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
        .map(([value, edits, cut]) => {
          const bytes = encodeSafetensors(value);
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
        }),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          decodeSafetensors(bytes, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 2000 },
    );
  });

  const entry = (offsets: string, shape = '[2]', dtype = 'F32') =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  it.each([
    ['a header longer than the file', new Uint8Array([255, 255, 255, 255, 255, 255, 255, 127, 123])],
    ['an array as header', file('[]')],
    ['data behind the end', file(`{"a":${entry('[0,8]')}}`, new Uint8Array(4))],
    ['a size that is not its shape', file(`{"a":${entry('[0,4]')}}`, new Uint8Array(4))],
    ['overlapping tensors', file(`{"a":${entry('[0,8]')},"b":${entry('[4,12]')}}`, new Uint8Array(12))],
    ['a gap', file(`{"a":${entry('[0,8]')},"b":${entry('[12,20]')}}`, new Uint8Array(20))],
    ['bytes of no tensor', file(`{"a":${entry('[0,8]')}}`, new Uint8Array(9))],
    ['a negative size', file(`{"a":${entry('[0,8]', '[-2]')}}`, new Uint8Array(8))],
    ['a shape past all numbers', file(`{"a":${entry('[0,8]', '[9007199254740991,9007199254740991]')}}`)],
    ['an unknown type', file(`{"a":${entry('[0,2]', '[2]', 'BOOL')}}`, new Uint8Array(2))],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}')],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeSafetensors(bytes, 'the file')).toThrow(InputError);
  });

  it('does not let a name reach the prototype', () => {
    const { tensors } = decodeSafetensors(file(`{"__proto__":${entry('[0,8]')}}`, new Uint8Array(8)), 'x');
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).shape).toBeUndefined();
  });
});

describe('a checkpoint', () => {
  const checkpoint = {
    tensors: { weights: { shape: [3], data: new Float32Array([1, 2, 3]) } },
    meta: { 'agent.planned': '7' },
  };

  it('is read back without its checksum', () => {
    const { tensors, meta } = decodeCheckpoint(encodeCheckpoint(checkpoint), 'x');
    expect({ ...meta }).toEqual(checkpoint.meta);
    expect(tensors.weights).toEqual(checkpoint.tensors.weights);
  });

  it('shows every flipped bit', () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 4;
      // A space of the padding that becomes another white space would be harmless; 4 turns it into "$".
      expect(() => decodeCheckpoint(changed, 'x'), `byte ${at}`).toThrow(InputError);
    }
  });
});
