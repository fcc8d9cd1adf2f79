/** Tag of an array of float64, little endian (RFC 8746). */
const FLOAT64_ARRAY = 86;

/** CBOR (RFC 8949) of plain data: objects, arrays, strings, numbers, booleans, null, and Float64Array as a typed array. */
export function encodeCbor(value: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: unknown, out: Uint8Array[]): void {
  if (value === null || value === undefined) out.push(Uint8Array.of(0xf6));
  else if (typeof value === 'boolean') out.push(Uint8Array.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'number') writeNumber(value, out);
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    out.push(head(3, bytes.length), bytes);
  } else if (value instanceof Float64Array) {
    const bytes = Buffer.alloc(value.length * 8);
    value.forEach((each, i) => {
      bytes.writeDoubleLE(each, i * 8);
    });
    out.push(head(6, FLOAT64_ARRAY), head(2, bytes.length), bytes);
  } else if (Array.isArray(value)) {
    out.push(head(4, value.length));
    for (const each of value) write(each, out);
  } else {
    const entries = Object.entries(value as object).filter(([, each]) => each !== undefined);
    out.push(head(5, entries.length));
    for (const [key, each] of entries) {
      write(key, out);
      write(each, out);
    }
  }
}

function writeNumber(value: number, out: Uint8Array[]): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.push(value >= 0 ? head(0, value) : head(1, -1 - value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  out.push(bytes);
}

/** Major type and argument. */
function head(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  if (argument < 256) return Uint8Array.of(top | 24, argument);
  const bytes = Buffer.alloc(argument < 2 ** 16 ? 3 : argument < 2 ** 32 ? 5 : 9);
  bytes[0] = top | { 3: 25, 5: 26, 9: 27 }[bytes.length as 3 | 5 | 9];
  if (bytes.length === 3) bytes.writeUInt16BE(argument, 1);
  else if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}
