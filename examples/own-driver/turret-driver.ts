import { type Driver, type DriverModule, RobotFault, type StopHow } from 'premotor/hardware';

const degree = Math.PI / 180;
const untold = { temperature: Number.NaN, voltage: Number.NaN, current: Number.NaN, load: Number.NaN };

interface State {
  readonly pan: number; // °
  readonly tilt: number;
  readonly torque: 0 | 1;
}

/** A lamp on two servos. Its board answers GET /state and POST /go, /torque by a `State`. */
class Turret implements Driver {
  readonly watchdog = null; // the board has none
  lifecycle: 'unconfigured' | 'inactive' | 'active' = 'unconfigured';
  readonly port: string;

  constructor(port: string) {
    this.port = port;
  }

  async ask(path: string, body?: Partial<State>): Promise<State> {
    const url = new URL(path, this.port.replace(/^tcp/, 'http'));
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(url, { signal: AbortSignal.timeout(500), ...post }).catch((cause) => {
      throw new RobotFault(`no answer from ${url}; is the turret on?`, { cause, passing: true });
    });
    return (await answer.json()) as State;
  }

  async configure() {
    await this.ask('/state');
    this.lifecycle = 'inactive';
    return { description: `turret at ${this.port}`, serial: null, notes: [] };
  }

  async read() {
    if (this.lifecycle === 'unconfigured') throw new RobotFault('the turret is not configured');
    const { pan, tilt } = await this.ask('/state');
    const none = new Float64Array(2).fill(Number.NaN);
    const motors = ['pan', 'tilt'].map((joint) => ({ joint, ...untold, error: '', misses: 0 }));
    const position = Float64Array.of(pan * degree, tilt * degree);
    return { position, velocity: none, effort: none, age: new Float64Array(2), motors };
  }

  async activate(command: Float64Array) {
    if (this.lifecycle === 'unconfigured') throw new RobotFault('the turret is not configured');
    this.lifecycle = 'active';
    await this.write(command); // where it stands, before there is any torque
    if (this.lifecycle === 'active') await this.ask('/torque', { torque: 1 });
    if (this.lifecycle !== 'active') throw new RobotFault('stopped while it was being activated');
  }

  async write([pan, tilt]: Float64Array) {
    if (this.lifecycle !== 'active') throw new RobotFault('the turret is not active');
    if (!Number.isFinite(pan + tilt)) throw new RangeError(`command ${pan}, ${tilt}`);
    await this.ask('/go', { pan: pan / degree, tilt: tilt / degree });
  }

  async stop(how: StopHow) {
    if (this.lifecycle === 'unconfigured') return { stopped: false, how: 'the turret is not configured' };
    this.lifecycle = 'inactive';
    const here = await this.ask('/state');
    await (how === 'hold' ? this.ask('/go', here) : this.ask('/torque', { torque: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = await this.ask('/state');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { pan, tilt, torque } = await this.ask('/state');
    const rests = Math.hypot(pan - before.pan, tilt - before.tilt) < 0.5;
    const stopped = how === 'hold' ? rests : torque === 0;
    return { stopped, how: `${rests ? 'at rest' : 'moving'}, torque ${torque ? 'on' : 'off'}` };
  }

  async close() {
    this.lifecycle = 'unconfigured';
  }
}

const module: DriverModule = { name: 'turret', calibrated: false, create: ({ port }) => new Turret(port) };
export default module;
