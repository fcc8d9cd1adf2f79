import { crc32, deflateSync } from 'node:zlib';

/** Text as the bytes of an RGB image, PNG in base64: rosbridge's compression `png`. Newlines fill the last row. */
export function encodePng(text: string): string {
  const bytes = Buffer.from(text);
  const width = Math.max(1, Math.floor(Math.sqrt(bytes.length / 3)));
  const height = Math.ceil(bytes.length / 3 / width);
  const row = width * 3;
  const pixels = Buffer.alloc(row * height, '\n');
  bytes.copy(pixels);
  const lines = Buffer.alloc((row + 1) * height);
  // Each line begins with its filter, 0 = none.
  for (let y = 0; y < height; y++) pixels.copy(lines, y * (row + 1) + 1, y * row, (y + 1) * row);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 2;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]).toString('base64');
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
