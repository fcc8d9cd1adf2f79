import { InputError } from '../core/errors.ts';
import type { RunCommand } from '../core/telemetry.ts';
import { type ControlState, maximumSpeed, minimumSpeed, services } from './wire.ts';

/** Turns service calls into commands, and remembers what was asked for. */
export class Control {
  paused = false;
  /** Plant seconds per wall second; Infinity = as fast as it goes. */
  speed = 1;
  readonly #onCommand: (command: RunCommand) => void;

  constructor(onCommand: (command: RunCommand) => void) {
    this.#onCommand = onCommand;
  }

  get state(): ControlState {
    return controlState(this.paused, this.speed);
  }

  /** @param payload the request, JSON; may be empty. Throws InputError with a message for the caller. */
  call(service: string, payload: Uint8Array): ControlState {
    const request = readRequest(payload);
    if (service === services.pause) {
      this.#onCommand({ type: 'pause' });
      this.paused = true;
    } else if (service === services.resume) {
      this.#onCommand({ type: 'resume' });
      this.paused = false;
    } else if (service === services.step) {
      this.#onCommand({ type: 'step' });
      this.paused = true;
    } else if (service === services.reset) this.#onCommand({ type: 'reset' });
    else {
      const value = readSpeed(request.speed);
      this.#onCommand({ type: 'speed', value });
      this.speed = value;
    }
    return this.state;
  }
}

/** @param speed plant or recorded s per wall s; Infinity = as fast as it goes */
export function controlState(paused: boolean, speed: number): ControlState {
  return { paused, speed: speed === Infinity ? 'max' : speed };
}

/** A request's JSON object; empty where there is none. */
export function readRequest(payload: Uint8Array): Record<string, unknown> {
  if (payload.length === 0) return {};
  let request: unknown;
  try {
    request = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw new InputError('the request is not JSON');
  }
  // Clients send null or "" for a request without content.
  if (typeof request !== 'object') return {};
  return (request ?? {}) as Record<string, unknown>;
}

export function readSpeed(speed: unknown): number {
  if (speed === 'max') return Infinity;
  if (typeof speed === 'number' && speed >= minimumSpeed && speed <= maximumSpeed) return speed;
  throw new InputError(`speed must be ${minimumSpeed} … ${maximumSpeed}, or "max"`);
}
