/** Parameters of CommonRoad's and F1TENTH's single-track models; SI units. */
export interface SingleTrack {
  readonly friction: number;
  /** Cornering stiffness by load and friction, 1/rad. */
  readonly front: number;
  readonly rear: number;
  /** Centre of mass to the axles, and its height, m. */
  readonly lf: number;
  readonly lr: number;
  readonly h: number;
  readonly mass: number;
  readonly inertia: number;
}

const g = 9.81;

/** github.com/f1tenth/f1tenth_gym, `F110Env`'s default parameters. */
export const f1tenth: SingleTrack = {
  friction: 1.0489,
  front: 4.718,
  rear: 5.4562,
  lf: 0.15875,
  lr: 0.17145,
  h: 0.074,
  mass: 3.74,
  inertia: 0.04712,
};

/** Rates of (x, y, steering angle, speed, yaw) under a steering rate and an acceleration: kinematic single track. */
export function kinematicRates(
  { lf, lr }: SingleTrack,
  [, , delta, v, yaw]: readonly number[],
  [steerRate, acceleration]: readonly number[],
): number[] {
  return [v * Math.cos(yaw), v * Math.sin(yaw), steerRate, acceleration, (v / (lf + lr)) * Math.tan(delta)];
}

/**
 * Rates of (x, y, steering angle, speed, yaw, yaw rate, slip angle at the centre of mass): the single-track model with
 * linear tyres whose loads shift with the acceleration (Althoff, Koschi, Manzinger, "CommonRoad", 2017, §7), as in
 * F1TENTH's gym; kinematic below 0.5 m/s.
 */
export function singleTrackRates(
  p: SingleTrack,
  state: readonly number[],
  input: readonly number[],
): number[] {
  const [, , delta, v, yaw, yawRate, slip] = state;
  const [steerRate, a] = input;
  const L = p.lf + p.lr;
  if (Math.abs(v) < 0.5) {
    const turning = (a * Math.tan(delta)) / L + (v * steerRate) / (L * Math.cos(delta) ** 2);
    return [...kinematicRates(p, state, input), turning, 0];
  }
  // Side force over mass per slip angle: load share × stiffness × friction.
  const front = (p.friction * p.front * (g * p.lr - a * p.h)) / L;
  const rear = (p.friction * p.rear * (g * p.lf + a * p.h)) / L;
  const frontSlip = delta - slip - (p.lf * yawRate) / v;
  const rearSlip = -slip + (p.lr * yawRate) / v;
  return [
    v * Math.cos(slip + yaw),
    v * Math.sin(slip + yaw),
    steerRate,
    a,
    yawRate,
    (p.mass / p.inertia) * (p.lf * front * frontSlip - p.lr * rear * rearSlip),
    (front * frontSlip + rear * rearSlip) / v - yawRate,
  ];
}

/** One step of the classical Runge–Kutta method. */
export function step(
  rates: (state: readonly number[]) => number[],
  state: readonly number[],
  dt: number,
): number[] {
  const along = (k: readonly number[], by: number) => state.map((value, i) => value + by * k[i]);
  const k1 = rates(state);
  const k2 = rates(along(k1, dt / 2));
  const k3 = rates(along(k2, dt / 2));
  const k4 = rates(along(k3, dt));
  return state.map((value, i) => value + (dt / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
}
