import type { CarState } from './car-state.ts';
import { ackermann, type VehicleLayout } from './layout.ts';

/** Share of the slip that one step may take away at the least speed: at 1 and above tyres would chatter. */
const boldness = 0.9;

/** What the ray-cast vehicle is told for one wheel in one step. */
export interface WheelCommand {
  /** rad */
  steering: number;
  /** N, forwards along the wheel. */
  force: number;
  /** Rapier's `sideFrictionStiffness` and `frictionSlip`. */
  stiffness: number;
  slip: number;
}

/**
 * Drive, brakes and tyres of a car in Rapier's terms.
 *
 * A tyre's side force is linear in its slip angle up to the friction circle, as in F1TENTH's single-track model:
 * μ · corneringStiffness · load · (sideways / forward speed). Rapier (after Bullet) has no slip angle: its side impulse
 * is −0.2 · stiffness · sideways speed / (1/m + |I⁻¹ (r × axle)|²), so `stiffness` is set in every step to what makes it
 * the tyre's. Its limit on impulses, (forward / 2)² + side² ≤ (slip · load · dt)², applies only where there is side
 * force; `slip` makes it the circle of radius μ · load, and forward forces are held within that circle before.
 */
export class Tyres {
  readonly commands: readonly WheelCommand[];
  readonly #layout: VehicleLayout;
  readonly #timestep: number;

  constructor(layout: VehicleLayout, timestep: number) {
    this.#layout = layout;
    this.#timestep = timestep;
    this.commands = layout.wheels.map(() => ({ steering: 0, force: 0, stiffness: 0, slip: 0 }));
  }

  /**
   * Sets `commands` for the next step.
   * @param acceleration wanted, m/s²
   * @param forward speed of the chassis along its x axis, m/s
   * @param turning yaw rate, rad/s
   * @param height of the centre of mass above the ground, m
   */
  update(state: CarState, acceleration: number, forward: number, turning: number, height: number): void {
    const { wheels } = this.#layout;
    const { wheels: spins, inertia } = state;
    const count = wheels.length;
    const mass = inertia[0];
    const friction = this.#layout.vehicle.friction * state.physics[0];
    const wanted = this.#limited(acceleration * state.physics[1], forward);
    const braking = wanted * forward < 0;
    let carrying = 0;
    let sideways = 0;
    let yawing = 0;
    for (let i = 0; i < count; i++) {
      const load = spins[3 * i + 2];
      const grip = wheels[i].corneringStiffness * load;
      const arm = wheels[i].center[0] - inertia[1];
      sideways += grip / mass;
      yawing += (grip * arm * arm) / inertia[6];
      if (braking || wheels[i].driven) carrying += load;
    }
    const leastSpeed = (Math.max(sideways, yawing) * friction * this.#timestep) / boldness;
    for (let i = 0; i < count; i++) {
      const wheel = wheels[i];
      const command = this.commands[i];
      const load = spins[3 * i + 2];
      const x = wheel.center[0] - inertia[1];
      const y = wheel.center[1] - inertia[2];
      command.steering = wheel.steer < 0 ? 0 : ackermann(this.#layout, wheel.center, state.angles[1]);
      const cosine = Math.cos(command.steering);
      const sine = Math.sin(command.steering);
      const share = (braking || wheel.driven) && carrying > 0 ? load / carrying : 0;
      const limit = friction * load;
      command.force = Math.max(-limit, Math.min(limit, mass * wanted * share));
      const push = load > 0 ? command.force / load : 0;
      command.slip = Math.sqrt(
        Math.max(friction * friction - 0.75 * push * push, friction * friction * 0.25),
      );
      // Along the wheel; the sideways speed of the chassis is small against it.
      const rolling = Math.max(
        Math.abs((forward - turning * y) * cosine + turning * x * sine),
        leastSpeed,
        1e-9,
      );
      const perSpeed = (friction * wheel.corneringStiffness * load * this.#timestep) / rolling;
      // |I⁻¹ (r × axle)|² with r = (x, y, −height), axle = (sine, −cosine, 0).
      const bx = (-height * cosine) / inertia[4];
      const by = (-height * sine) / inertia[5];
      const bz = (-x * cosine - y * sine) / inertia[6];
      command.stiffness = (perSpeed * (1 / mass + bx * bx + by * by + bz * bz)) / 0.2;
    }
  }

  #limited(acceleration: number, forward: number): number {
    const { maxAcceleration, maxBraking, maxSpeed } = this.#layout.vehicle;
    const sign = Math.sign(acceleration);
    const speed = sign * forward;
    // `speed` is negative while braking.
    const room = Math.max(0, (maxSpeed - speed) / this.#timestep);
    return sign * Math.min(Math.abs(acceleration), speed < 0 ? maxBraking : maxAcceleration, room);
  }
}
