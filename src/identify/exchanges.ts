import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { Exchange } from '../core/hardware.ts';
import { jsonOf, Recording } from '../stream/recording.ts';
import { topics } from '../stream/wire.ts';

/** What a recording tells of a robot. */
export interface RecordedExchanges {
  /** The robot's name, where it is told. */
  readonly robot: string | undefined;
  readonly exchanges: readonly Exchange[];
  /** What is missing, for people. */
  readonly notes: readonly string[];
}

const numbers = z
  .array(z.number().nullable())
  .transform((list) => Float64Array.from(list, (value) => value ?? Number.NaN));
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const exchangeMessage = z.object({
  cycle: z.number(),
  began: number,
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
export async function readExchanges(file: string): Promise<RecordedExchanges> {
  const recording = await Recording.open(file);
  try {
    const exchanges: Exchange[] = [];
    for await (const message of recording.messages({ topics: [topics.exchange, topics.hardware] })) {
      const content = jsonOf(file, message);
      if (message.topic === topics.exchange) exchanges.push(exchangeOf(content, file));
      else if (reportMessage.safeParse(content).data?.dryRun)
        throw new InputError(
          `${file}: no command reached the robot in it (a dry run, or premotor hardware monitor); record one that moves it, by teleop or run`,
        );
    }
    if (exchanges.length === 0)
      throw new InputError(
        `${file}: holds no exchanges with a robot (topic ${topics.exchange}); record one with premotor run`,
      );
    return { robot: await robotIn(recording), exchanges, notes: recording.notes };
  } finally {
    await recording.close();
  }
}

async function robotIn(recording: Recording): Promise<string | undefined> {
  const json = (await recording.metadata('robot'))?.get('json');
  try {
    return robotMetadata.safeParse(JSON.parse(json ?? 'null')).data?.name;
  } catch {
    return undefined;
  }
}

function exchangeOf(content: unknown, file: string): Exchange {
  const parsed = exchangeMessage.safeParse(content);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new InputError(`${file}: an exchange with the robot has a wrong ${path.join('.')}: ${message}`);
}
