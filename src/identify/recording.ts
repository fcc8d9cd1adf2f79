import { McapIndexedReader, type McapTypes } from '@mcap/core';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { Exchange } from '../core/hardware.ts';
import { FileBytes } from '../stream/mcap-reading.ts';
import { salvage } from '../stream/mcap-salvage.ts';
import { topics } from '../stream/wire.ts';

/** What a recording tells of a robot. */
export interface Recording {
  /** The robot's name, where it is told. */
  readonly robot: string | undefined;
  readonly exchanges: readonly Exchange[];
}

const number = z.number().nullable();
const numbers = z.array(number);
const exchangeMessage = z.object({
  cycle: z.number(),
  began: z.number(),
  readAt: number,
  sentAt: number,
  position: numbers,
  velocity: numbers,
  effort: numbers,
  asked: numbers,
  sent: numbers,
  limited: z.array(z.string()),
});
const reportMessage = z.object({ dryRun: z.boolean() });
const robotMetadata = z.object({ name: z.string() });

/** Reads the exchanges with a robot out of an MCAP file; one that was cut off counts up to there. Throws InputError. */
export async function readRecording(file: string): Promise<Recording> {
  const bytes = await FileBytes.open(file);
  try {
    return await read(await indexed(bytes, file), file);
  } finally {
    await bytes.close();
  }
}

async function indexed(bytes: FileBytes, file: string): Promise<McapIndexedReader> {
  const initialize = (readable: McapTypes.IReadable) => McapIndexedReader.Initialize({ readable });
  try {
    return await initialize(bytes);
  } catch {
    try {
      const salvaged = await salvage(bytes);
      if (salvaged.chunks > 0) return await initialize(salvaged.bytes);
    } catch {
      // Told below.
    }
    throw new InputError(`${file}: not an MCAP recording, or nothing of it is whole`);
  }
}

async function read(reader: McapIndexedReader, file: string): Promise<Recording> {
  const exchanges: Exchange[] = [];
  const decoder = new TextDecoder();
  let robot: string | undefined;
  try {
    for await (const { metadata } of reader.readMetadata({ name: 'robot' }))
      robot ??= robotMetadata.safeParse(JSON.parse(metadata.get('json') ?? 'null')).data?.name;
    for await (const message of reader.readMessages({ topics: [topics.exchange, topics.hardware] })) {
      const { topic, messageEncoding } = reader.channelsById.get(message.channelId) ?? {};
      if (messageEncoding !== 'json') throw new Error(`${topic} is ${messageEncoding}, not json`);
      const content: unknown = JSON.parse(decoder.decode(message.data));
      if (topic === topics.exchange) exchanges.push(exchangeOf(content));
      else if (reportMessage.safeParse(content).data?.dryRun)
        throw new InputError(
          `${file}: was a dry run, in which no command reached the robot; record one that moves it`,
        );
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: cannot be read (${(error as Error).message.slice(0, 160)})`, {
      cause: error,
    });
  }
  if (exchanges.length === 0)
    throw new InputError(
      `${file}: holds no exchanges with a robot (topic ${topics.exchange}); record one with premotor run`,
    );
  return { robot, exchanges };
}

function exchangeOf(content: unknown): Exchange {
  const parsed = exchangeMessage.safeParse(content);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new Error(`an exchange has a wrong ${path.join('.')}: ${message}`);
  }
  const { cycle, began, readAt, sentAt, limited, ...arrays } = parsed.data;
  const values = (list: readonly (number | null)[]) =>
    Float64Array.from(list, (value) => value ?? Number.NaN);
  return {
    ...{ cycle, began, limited },
    readAt: readAt ?? Number.NaN,
    sentAt: sentAt ?? Number.NaN,
    position: values(arrays.position),
    velocity: values(arrays.velocity),
    effort: values(arrays.effort),
    asked: values(arrays.asked),
    sent: values(arrays.sent),
  };
}
