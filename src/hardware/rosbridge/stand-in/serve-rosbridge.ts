import { WebSocketServer } from 'ws';
import { InputError } from '../../../core/errors.ts';
import type { HardwareSpec } from '../../../core/hardware.ts';
import type { RobotModel } from '../../../core/robot.ts';
import { homeOfActuators } from '../../../robot/actuated-joints.ts';
import { type BusClock, wallClock } from '../../clock.ts';
import { FirstOrderMotors, type Motors } from '../../emulator/motors.ts';
import type { Served } from '../../emulator/serve-tcp.ts';
import { rosTime } from '../messages.ts';
import { readOptions } from '../options.ts';
import { RosGraph } from './graph.ts';
import { RobotNode } from './robot-node.ts';
import { serveRosapi } from './rosapi.ts';
import { MAX_MESSAGE, Session } from './session.ts';

export interface RosbridgeServerOptions {
  readonly robot: RobotModel;
  /** How it is reached through ROS (topics, controllers): its `options`; default: the robot's own. */
  readonly hardware?: Pick<HardwareSpec, 'options' | 'rate'>;
  /** Its joints, by actuator; default: first-order ones, at home. */
  readonly motors?: Motors;
  /** 0 takes a free one; default 9090, as rosbridge_server's. */
  readonly port?: number;
  /** Default: 127.0.0.1, this machine alone. */
  readonly host?: string;
  /** Hz of its control loop and joint states; default 100. */
  readonly rate?: number;
  /** Robot's clock − ours, s; default: Unix time. */
  readonly clockOffset?: number;
  /** Whether its controllers are active from the start; default true. */
  readonly active?: boolean;
  /** Connections must name it in their address: `?token=…`. */
  readonly token?: string;
  readonly clock?: BusClock;
}

export interface ServedRosbridge extends Served {
  /** Topics, services and actions: add your own, or publish what a robot would not. */
  readonly graph: RosGraph;
  /** Controllers, and faults of joint states. */
  readonly node: RobotNode;
  /** Ends every connection; new ones are taken at once. */
  disconnect(): void;
  /** `true`: ends every connection and takes none, as when the server was killed; `false`: it is there again. */
  unplug(out: boolean): void;
  /** Sends this to every client as it is, whatever it is. */
  inject(data: string | Uint8Array): void;
}

/** What may wait for a client that does not read, bytes. */
const MAX_WAITING = 1 << 22;

/**
 * A robot behind ROS, without ROS: rosbridge's protocol (version 2) on a WebSocket, and behind it joint states,
 * ros2_control's trajectory and forward controllers and its controller manager, over any motors. @throws InputError
 */
export async function serveRosbridge(options: RosbridgeServerOptions): Promise<ServedRosbridge> {
  const { robot, host = '127.0.0.1', port = 9090, clock = wallClock, rate = 100, active = true } = options;
  const hardware = options.hardware ?? robot.hardware;
  if (!hardware) throw new InputError(`robot ${robot.name}: no key hardware in its robot.json; add one`);
  const config = readOptions(robot, hardware);
  const motors = options.motors ?? new FirstOrderMotors(homeOfActuators(robot));
  const clockOffset = options.clockOffset ?? Date.now() / 1000 - clock.now();
  let unplugged = false;
  const server = new WebSocketServer({
    ...{ host, port, maxPayload: MAX_MESSAGE, perMessageDeflate: false },
    verifyClient: ({ req }: { req: { url?: string } }) =>
      !unplugged &&
      (options.token === undefined ||
        new URL(req.url ?? '/', 'ws://host').searchParams.get('token') === options.token),
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (cause) => {
      reject(
        new InputError(`cannot serve on ${host}:${port} (${cause.message}); choose another port`, { cause }),
      );
    });
  });
  const graph = new RosGraph();
  const node = new RobotNode({ robot, config, graph, clock, motors, rate, clockOffset, active });
  serveRosapi(graph, () => rosTime(2, node.time) as { sec: number; nanosec: number });
  let clients = 0;
  server.on('connection', (socket) => {
    const session = new Session({
      ...{ graph, clock, node: `/rosbridge_websocket_${++clients}` },
      send(data) {
        if (socket.bufferedAmount > MAX_WAITING) socket.terminate();
        else if (socket.readyState === socket.OPEN) socket.send(data);
      },
    });
    socket.on('message', (data) => session.take(String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => session.end());
  });
  const bound = server.address() as { readonly port: number };
  const disconnect = () => {
    for (const socket of server.clients) socket.terminate();
  };
  return {
    address: `ws://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    ...{ graph, node, disconnect },
    unplug(out) {
      unplugged = out;
      if (out) disconnect();
    },
    inject(data) {
      for (const socket of server.clients) if (socket.readyState === socket.OPEN) socket.send(data);
    },
    async close() {
      node.close();
      disconnect();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
