import { describe, expect, it } from 'vitest';
import { Random } from '#src/core/random';
import * as dynamixel from '#src/hardware/dynamixel/codec';
import * as feetech from '#src/hardware/feetech/codec';
import { stream } from './byte-streams.ts';
import { dynamixelCodec, feetechCodec } from './codecs.ts';
import { address, bench, number } from './fixture.ts';

const codecs = { feetech: feetechCodec, dynamixel: dynamixelCodec };
/** Instructions that motors know, to random ids with random parameters. */
const instruction = {
  feetech(random: Random) {
    const codes = Object.values(feetech.instructions);
    const params = Array.from({ length: random.integer(12) }, () => random.integer(256));
    const id = [1, 2, 254][random.integer(3)];
    return feetech.encodePacket(id, codes[random.integer(codes.length)], params);
  },
  dynamixel(random: Random) {
    const codes = Object.values(dynamixel.instructions);
    const params = Array.from({ length: random.integer(16) }, () =>
      random.integer(random.integer(2) ? 256 : 3),
    );
    const id = [1, 2, 254][random.integer(3)];
    return dynamixel.encodePacket(id, codes[random.integer(codes.length)], params);
  },
};

describe.each(['feetech', 'dynamixel'] as const)('hostile bytes on a %s bus', (family) => {
  const { position, size } = address[family];

  it('do not upset the emulated motors, which answer again after a silence', async () => {
    const servos = [1, 2].map((id) => ({ id }));
    const { clock, near, emulated } = bench(family, { servos, baud: Infinity });
    const framer = codecs[family].createFramer();
    let answers = 0;
    near.onBytes((bytes) => framer.push(bytes, () => answers++));
    for (let i = 0; i < 3000; i++) {
      const random = new Random(3, `hostile-${family}`, i);
      near.write(i % 3 === 0 ? stream(random, codecs[family]).bytes : instruction[family](random));
      await clock.pass(i % 100 === 0 ? 0.2 : 0.001);
    }
    expect(answers).toBeGreaterThan(500);
    // They may have been told any id, level or mode: what a power cycle and new settings mend.
    const [motor] = emulated.servos;
    motor.set('id', 1);
    motor.set('response_level', 1);
    await clock.pass(0.2);
    const before = answers;
    near.write(
      codecs[family] === feetechCodec
        ? feetech.encode({ kind: 'ping', id: 1 })
        : dynamixel.encode({ kind: 'ping', id: 1 }),
    );
    await clock.pass(0.2);
    expect(answers).toBeGreaterThan(before);
  });

  it('from the motors never become data, nor stop the bus', async () => {
    const { clock, bus, far } = bench(family);
    let data = 0;
    for (let i = 0; i < 300; i++) {
      const noise = stream(new Random(4, `noise-${family}`, i), codecs[family]).bytes;
      const reading = bus.poll(3, position, size);
      clock.at(clock.now() + (i % 10) * 20e-6, () => far.write(noise));
      const found = await clock.run(reading);
      if (found) {
        expect(number(found)).toBe(2048);
        data++;
      }
    }
    expect(data).toBeGreaterThan(250);
    expect(bus.statistics().corrupted + bus.statistics().skipped).toBeGreaterThan(300);
  });
});
