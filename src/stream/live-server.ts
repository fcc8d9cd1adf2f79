import type { RobotModel } from '../core/robot.ts';
import type { WorldSpec } from '../core/task.ts';
import type { RunCommand, TelemetryEvent, TelemetrySink } from '../core/telemetry.ts';
import { Broadcast } from './broadcast.ts';
import { type Clock, systemClock } from './clock.ts';
import { Control } from './control.ts';
import { Hub } from './hub.ts';
import { Inspection } from './inspection.ts';
import { Meshes } from './meshes.ts';
import { inspectionServices, runServices } from './schemas.ts';
import { type PageAddress, type PageServer, servePage } from './serve-page.ts';
import { type RecordingState, services } from './wire.ts';

export interface LiveServerOptions extends PageAddress {
  readonly robot: RobotModel;
  readonly world?: WorldSpec;
  /**
   * What a person asks for, from the page or a Foxglove client. What it throws is the answer they get. Left out: nothing
   * runs; the page shows the robot at its home pose with a slider for each joint.
   */
  onCommand?(command: RunCommand): void;
  /** How the recording of the run stands; left out: nothing is recorded. */
  recording?(): RecordingState | null;
  readonly clock?: Clock;
}

/** Telemetry goes in, the page and the Foxglove WebSocket protocol come out, on one port. */
export interface LiveServer extends TelemetrySink {
  /** Opens the page; holds the token. */
  readonly url: string;
  readonly port: number;
  /** Who listens at the moment. */
  readonly clients: number;
  /** Never waits for a client. Throws when the server has died, with the cause. */
  emit(event: TelemetryEvent): void;
  /** Says goodbye to clients and frees the port; throws when the server had died, with the cause. May be called twice. */
  close(): Promise<void>;
}

export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const clock = options.clock ?? systemClock;
  const { onCommand } = options;
  const meshes = await Meshes.open(options.robot, options.world);
  const { robot, world } = meshes;
  const hub = new Hub(clock);
  const control = new Control((command) => onCommand?.(command));
  const broadcast = new Broadcast(hub, clock, robot, world, control, {
    inspected: onCommand === undefined,
    recording: options.recording,
  });
  const inspection = new Inspection(robot, (position) => broadcast.hold(position));
  for (const message of meshes.notes) broadcast.emit({ type: 'log', level: 'warning', message });
  let server: PageServer;
  try {
    server = await servePage(options, {
      ...{ hub, meshes, clock, robot: robot.name, answer, goodbye: 'the run is over' },
      services: onCommand ? runServices : inspectionServices,
    });
  } catch (error) {
    broadcast.close();
    throw error;
  }

  function answer(service: string, payload: Uint8Array): object {
    if (!onCommand) return inspection.call(service, payload);
    const state = control.call(service, payload);
    if (service === services.speed) broadcast.speedChanged();
    broadcast.controlChanged();
    return state;
  }

  let closed = false;
  return {
    ...{ port: server.port, url: server.url },
    get clients() {
      return hub.clients;
    },
    emit(event) {
      if (closed) return;
      if (server.failure) throw server.failure;
      broadcast.emit(event);
    },
    close() {
      closed = true;
      broadcast.close();
      return server.close();
    },
  };
}
