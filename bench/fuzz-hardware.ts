/**
 * Do the readers of servo streams hold? Seeded streams of noise, false headers, good, damaged, cut packets, in random
 * pieces, against a search by brute force: the same packets, none with a bad checksum, none lost but under another
 * good one, never more than a packet held. Ends with an error at the first stream that differs.
 *
 *   npm run bench fuzz-hardware -- --streams 1000000 --write
 */
import { parseArgs } from 'node:util';
import { fuzz } from '../test/hardware/byte-streams.ts';
import { dynamixelCodec, feetechCodec } from '../test/hardware/codecs.ts';
import { writeResults } from './lib/results.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
  },
});
const streams = Number(values.streams);
const rows = [
  { protocol: 'feetech', codec: feetechCodec },
  { protocol: 'dynamixel', codec: dynamixelCodec },
].map(({ protocol, codec }) => {
  const begun = performance.now();
  const before = process.memoryUsage().rss;
  const counts = fuzz(codec, streams, Number(values.seed), protocol);
  const seconds = (performance.now() - begun) / 1000;
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  console.log(
    `${protocol}: ${counts.streams} streams, ${counts.bytes} bytes, ${counts.packets} packets read as brute force ` +
      `reads them; ${counts.found} good ones found, ${counts.covered} under a false one whose checksum held; ` +
      `${seconds.toFixed(1)} s, resident memory ${megabytes >= 0 ? '+' : ''}${megabytes.toFixed(1)} MB`,
  );
  return { protocol, seed: Number(values.seed), ...counts };
});
if (values.write) {
  const command = `npm run bench fuzz-hardware -- --streams ${streams} --seed ${values.seed}`;
  writeResults('fuzz-hardware', rows, ['protocol', 'seed', 'streams'], command);
}
