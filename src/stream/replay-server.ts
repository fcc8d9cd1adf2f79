import { InputError } from '../core/errors.ts';
import { systemClock } from './clock.ts';
import { readRequest, readSpeed } from './control.ts';
import { Hub } from './hub.ts';
import { Player } from './player.ts';
import { Recording } from './recording.ts';
import { replayServices, replayTopics } from './schemas.ts';
import { type PageAddress, type PageServer, servePage } from './serve-page.ts';
import { type ControlState, seekService, services, topics } from './wire.ts';

export interface ReplayServerOptions extends PageAddress {
  /** An MCAP file. */
  readonly file: string;
  /** Recorded seconds per second; 1. */
  readonly speed?: number;
  /** Where it begins, s since the recording's beginning; 0. */
  readonly from?: number;
}

export interface ReplayServer {
  /** Opens the page; holds the token. */
  readonly url: string;
  readonly port: number;
  readonly duration: number;
  /** What is missing of the recording, for people. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** Serves the page from a recording, as if the run went on. Throws InputError where the file cannot be shown. */
export async function startReplayServer(options: ReplayServerOptions): Promise<ReplayServer> {
  const recording = await Recording.open(options.file);
  let player: Player | undefined;
  let server: PageServer;
  try {
    checkTopics(recording);
    player = await Player.open(
      recording,
      (now) => new Hub({ ...systemClock, now }, replayTopics),
      systemClock,
    );
    if (player.failure) throw player.failure;
    if (options.speed !== undefined) player.speed = options.speed;
    if (options.from !== undefined) await player.seek(options.from);
    const playing = player;
    server = await servePage(options, {
      hub: player.hub,
      clock: systemClock,
      robot: await robotOf(recording),
      services: replayServices,
      answer: (service, payload) => answer(playing, service, payload),
      goodbye: 'the replay is over',
      meshes: {
        async read(path) {
          const found = await recording.attachment(path).catch(() => undefined);
          return found && { body: found.data, type: found.type };
        },
      },
    });
    player.play();
  } catch (error) {
    player?.close();
    await recording.close();
    throw error;
  }
  const { duration } = player;
  let closed: Promise<void> | undefined;
  return {
    ...{ url: server.url, port: server.port, duration, notes: recording.notes },
    close() {
      player.close();
      closed ??= server.close().finally(() => recording.close());
      return closed;
    },
  };
}

function checkTopics({ file, topics: found }: Recording): void {
  const own = found.filter(({ topic }) => topic === topics.run || topic === topics.tf);
  if (own.length < 2)
    throw new InputError(
      `${file}: no recording of premotor's, ${topics.run} and ${topics.tf} are not in it; Foxglove or Lichtblick may show it`,
    );
  const other = found.find(
    ({ topic, encoding }) => encoding !== 'json' && replayTopics.some((spec) => spec.topic === topic),
  );
  if (other) throw new InputError(`${file}: ${other.topic} is encoded as ${other.encoding}, not as json`);
}

async function robotOf(recording: Recording): Promise<string> {
  try {
    const robot = JSON.parse((await recording.metadata('robot'))?.get('json') ?? '');
    return typeof robot.name === 'string' ? robot.name : '';
  } catch {
    return '';
  }
}

function answer(player: Player, service: string, payload: Uint8Array): ControlState {
  const request = readRequest(payload);
  if (service === services.pause) player.pause();
  else if (service === services.resume) player.play();
  else if (service === services.step) void player.step(1);
  else if (service === services.reset) void player.restartEpisode();
  else if (service === services.speed) player.speed = readSpeed(request.speed);
  else if (service === seekService) seek(player, request);
  return player.state;
}

function seek(player: Player, { time, steps }: Record<string, unknown>): void {
  if (typeof time === 'number' && Number.isFinite(time)) void player.seek(time);
  else if (typeof steps === 'number' && Number.isInteger(steps) && steps !== 0 && Math.abs(steps) <= 1000)
    void player.step(steps);
  else throw new InputError('seek needs "time", s since the beginning, or "steps", −1000 … 1000');
}
