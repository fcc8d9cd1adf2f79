import { setTimeout as wait } from 'node:timers/promises';
import { type Driver, type DriverModule, type DriverOptions, RobotFault } from 'premotor/hardware';

/** What the turret's board answers to POST /state, /go and /torque. Pan and tilt, rad. */
type State = { angles: number[]; goals: number[]; torque: boolean };

const none = new Float64Array(2).fill(Number.NaN);
const untold = { temperature: Number.NaN, voltage: Number.NaN, current: Number.NaN, load: Number.NaN };
const gap = (a: number[], b: number[]) => Math.max(...a.map((angle, j) => Math.abs(angle - b[j])));

function create({ port }: DriverOptions): Driver {
  let stage = 'closed'; // inactive, activating, active

  /** @param wanted the stage in which this may be asked; default: any but closed */
  const ask = async (path: string, body: Partial<State> = {}, wanted?: string): Promise<State> => {
    if (wanted ? stage !== wanted : stage === 'closed') throw new RobotFault(`the turret is ${stage}`);
    const request = { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(500) };
    try {
      return (await (await fetch(port.replace(/^tcp/, 'http') + path, request)).json()) as State;
    } catch (cause) {
      throw new RobotFault(`no answer from ${port}; is the turret on?`, { cause, passing: true });
    }
  };

  const go = async (command: Float64Array, wanted: string) => {
    const goals = Array.from(command);
    if (!goals.every(Number.isFinite)) throw new RangeError(`a command of ${goals}`);
    const taken = await ask('/go', { goals }, wanted);
    if (!(gap(taken.goals, goals) < 0.001)) throw new RobotFault(`the goal is ${taken.goals}, not ${goals}`);
  };

  return {
    watchdog: null, // the board has none
    async configure() {
      await ask('/state', {}, stage);
      stage = 'inactive';
      return { description: `turret at ${port}`, serial: null, notes: [] };
    },
    async read() {
      const position = Float64Array.from((await ask('/state')).angles);
      const motors = ['pan', 'tilt'].map((joint) => ({ joint, ...untold, error: '', misses: 0 }));
      return { position, velocity: none, effort: none, age: new Float64Array(2), motors };
    },
    async activate(command) {
      if (stage !== 'closed') stage = 'activating'; // and so it stays, taking no commands, if anything fails
      await go(command, 'activating'); // where it stands, and read back, before there is any torque
      await ask('/torque', { torque: true }, 'activating');
      if (stage !== 'activating') throw new RobotFault('stopped while it was being activated');
      stage = 'active';
    },
    write: (command) => go(command, 'active'),
    async stop(how) {
      if (stage !== 'closed') stage = 'inactive';
      const { angles: goals } = await ask('/state');
      await (how === 'hold' ? ask('/go', { goals }) : ask('/torque', { torque: false }));
      await wait(100);
      const before = await ask('/state');
      await wait(50);
      const now = await ask('/state');
      const rests = gap(before.angles, now.angles) < 0.01;
      return { stopped: how === 'hold' ? rests : !now.torque, how: `read back: ${JSON.stringify(now)}` };
    },
    async close() {
      stage = 'closed';
    },
  };
}

export default { name: 'turret', calibrated: false, create } satisfies DriverModule;
