import { InputError } from '../../src/core/errors.ts';
import { compose, identityPose } from '../../src/core/linalg.ts';
import type { Joint, Pose, RobotModel, Vec3, Vehicle } from '../../src/core/robot.ts';
import { jointPose } from '../../src/robot/index.ts';

export interface WheelLayout {
  /** Centre at rest, chassis frame, m. */
  readonly center: Vec3;
  /** Coordinates in the robot's movable joints; `steer` is −1 for a wheel that does not steer. */
  readonly spin: number;
  readonly steer: number;
  readonly driven: boolean;
  readonly radius: number;
  readonly corneringStiffness: number;
}

/** Where a car's parts are, from its joints. */
export interface VehicleLayout {
  readonly vehicle: Vehicle;
  /** Link index of the chassis. */
  readonly chassis: number;
  /** Coordinates of the floating joint: x, y, z, yaw, pitch, roll. */
  readonly base: readonly number[];
  readonly wheels: readonly WheelLayout[];
  /** Distance from the axle that does not steer to the steered one, m, and its place along the chassis' x. */
  readonly wheelbase: number;
  readonly rear: number;
  /** Links that move as one with the chassis, with their pose in it; null for others. */
  readonly attached: readonly (Pose | null)[];
}

const baseKinds = ['prismatic', 'prismatic', 'prismatic', 'turning', 'turning', 'turning'] as const;

/** Throws InputError when the robot's joints are not those of a car. */
export function vehicleLayout(robot: RobotModel): VehicleLayout {
  const { vehicle, joints, movable, links } = robot;
  if (!vehicle) throw new InputError(`robot ${robot.name}: robot.json has no "vehicle", so it is no car`);
  const fail = (what: string): never => {
    throw new InputError(`robot ${robot.name}: vehicle: ${what}`);
  };
  const above = new Map(joints.map((joint) => [joint.child, joint]));
  const coordinateOf = (joint: Joint) => movable.indexOf(joints.indexOf(joint));
  const named = (name: string): Joint =>
    joints.find((joint) => joint.name === name) ?? fail(`there is no joint "${name}"`);

  const chassis = links.findIndex(({ name }) => name === vehicle.chassis);
  if (chassis < 0) fail(`there is no link "${vehicle.chassis}"`);
  const chain: Joint[] = [];
  for (let joint = above.get(chassis); joint; joint = above.get(joint.parent)) chain.unshift(joint);
  const base = chain.map(coordinateOf);
  const floating =
    chain.length === 6 &&
    base.every((d) => d >= 0) &&
    chain.every(({ kind }, i) => (kind === 'prismatic') === (baseKinds[i] === 'prismatic'));
  if (!floating) fail(`the chassis "${vehicle.chassis}" must hang on one floating joint of the root link`);

  const attached = links.map<Pose | null>(() => null);
  attached[chassis] = identityPose;
  for (const joint of joints) {
    const parent = attached[joint.parent];
    if (joint.kind === 'fixed' && parent) attached[joint.child] = compose(parent, joint.origin);
  }

  /** A link's pose in the chassis with every joint at 0. */
  const inChassis = (link: number): Pose => {
    if (link === chassis) return identityPose;
    const joint = above.get(link) ?? fail(`link "${links[link].name}" does not hang on the chassis`);
    return compose(inChassis(joint.parent), jointPose(joint, 0));
  };
  const wheels = vehicle.wheels.map((wheel): WheelLayout => {
    const spin = named(wheel.spin);
    const center = inChassis(spin.child).position;
    return {
      center,
      spin: coordinateOf(spin),
      steer: wheel.steer === undefined ? -1 : coordinateOf(named(wheel.steer)),
      driven: wheel.driven,
      radius: wheel.radius,
      corneringStiffness: wheel.corneringStiffness,
    };
  });
  if (wheels.length < 3) fail(`${wheels.length} wheels; a car stands on three at least`);
  const mean = (list: readonly WheelLayout[]) =>
    list.reduce((sum, { center }) => sum + center[0], 0) / list.length;
  const steered = wheels.filter(({ steer }) => steer >= 0);
  const straight = wheels.filter(({ steer }) => steer < 0);
  if (steered.length === 0 || straight.length === 0)
    fail('some wheels must steer and some must not, to turn about the axle of the latter');
  if (!wheels.some(({ driven }) => driven)) fail('no wheel is driven');
  const rear = mean(straight);
  const wheelbase = mean(steered) - rear;
  if (!(Math.abs(wheelbase) > 1e-6)) fail('steered and other wheels stand on one axle');
  return { vehicle, chassis, base, wheels, wheelbase, rear, attached };
}

/**
 * Steering angle of a wheel that stands at (x, y) in the chassis, so that all wheels turn about one point of the
 * straight axle (Ackermann), for the angle `steer` of a wheel in the middle.
 */
export function ackermann(layout: VehicleLayout, center: Vec3, steer: number): number {
  const tangent = Math.tan(steer);
  return Math.atan(((center[0] - layout.rear) * tangent) / (layout.wheelbase - center[1] * tangent));
}

/** The inverse: the middle wheel's angle for the angle of a wheel at `center`. */
export function middleAngle(layout: VehicleLayout, center: Vec3, angle: number): number {
  const tangent = Math.tan(angle);
  return Math.atan((layout.wheelbase * tangent) / (center[0] - layout.rear + center[1] * tangent));
}

/** Share of the weight that each wheel carries at rest, with the centre of mass at `center` along the chassis' x. */
export function restingLoads(layout: VehicleLayout, center: number): number[] {
  const xs = layout.wheels.map(({ center: [x] }) => x - center);
  const sum = xs.reduce((total, x) => total + x, 0);
  const squares = xs.reduce((total, x) => total + x * x, 0);
  // Equal springs under a rigid car: a + b x, with Σ = 1 and Σ x = 0.
  return xs.map((x) => (squares - sum * x) / (xs.length * squares - sum * sum));
}
