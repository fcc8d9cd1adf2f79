import { beforeAll, describe, expect, it } from 'vitest';
import { Separation } from '#sim/contact/separation';
import { type Solid, solidOf } from '#sim/contact/solid';
import { createSimPlant } from '#sim/index';
import { rotationMatrix } from '#sim/rotation-matrix';
import type { HardwareSpec } from '#src/core/hardware';
import { Random } from '#src/core/random';
import type { RobotModel } from '#src/core/robot';
import { PathGuard } from '#src/hardware/path-guard';
import { loadRobot } from '#src/load/robot';
import { homeOfActuators, Kinematics, robotFromUrdf } from '#src/robot/index';

let so101: RobotModel;
let panda: RobotModel;
beforeAll(async () => {
  so101 = await loadRobot('so101');
  panda = await loadRobot('panda');
});

const arm = robotFromUrdf(
  `<robot name="planar">
    <link name="base"><collision><geometry><box size="0.1 0.1 0.1"/></geometry></collision></link>
    <link name="upper"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
    <link name="rod"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
      <collision><origin xyz="0.5 0 0"/><geometry><sphere radius="0.05"/></geometry></collision></link>
    <joint name="shoulder" type="revolute"><parent link="base"/><child link="upper"/><origin xyz="0 0 0.2"/>
      <axis xyz="0 1 0"/><limit lower="-3" upper="3" effort="1" velocity="1"/></joint>
    <joint name="elbow" type="revolute"><parent link="upper"/><child link="rod"/><origin xyz="0.1 0 0"/>
      <axis xyz="0 1 0"/><limit lower="-3.2" upper="3.2" effort="1" velocity="1"/></joint>
  </robot>`,
  {
    actuators: ['shoulder', 'elbow'].map((joint) => ({ joint, kind: 'position', stiffness: 1 })),
    tip: { link: 'rod', point: [0.5, 0, 0] },
    hardware: { driver: 'mock' },
  },
  { urdfFile: 'planar.urdf', jsonFile: 'planar.json' },
);
/** A ball on a rod of 0.5 m whose elbow lies at (0.1, 0.2): at angle a the ball is at x = 0.1 + 0.5 cos a, z = 0.2 − 0.5 sin a. */
const guardOf = (limits: Partial<HardwareSpec>) => new PathGuard(arm, { ...arm.hardware!, ...limits });

describe('a line in joint space', () => {
  it('is blocked by the floor, to the millimetre', () => {
    const guard = guardOf({ floor: 0 });
    // The ball touches the floor at sin a = 0.15 / 0.5.
    const touch = Math.asin(0.3);
    expect(guard.check([0, 0], [0, touch - 0.001])).toBeNull();
    expect(guard.check([0, 0], [0, touch + 0.001])).toMatch(
      /^rod would go 0\.\d+ mm below the floor, z = 0 m$/,
    );
    expect(guard.check([0, 0], [0, 2])).toMatch(/^rod would go/);
  });

  it('is blocked in its middle, where both ends are free', () => {
    const guard = guardOf({ floor: 0 });
    expect(guard.check([0, 0.1], [0, Math.PI - 0.1])).toMatch(/below the floor/);
    expect(guard.check([0, 0.1], [0, 0.1 - Math.PI])).toBeNull();
    // Through the top of a box that leaves the tip 10 µm too little room.
    const lid = (height: number) =>
      guardOf({ workspace: { min: [-9, -9, -9], max: [9, 9, 0.7 + height] } }).check(
        [0, -0.1],
        [0, 0.1 - Math.PI],
      );
    expect(lid(1e-4)).toBeNull();
    expect(lid(-0.002)).toMatch(/^the tip would leave its workspace: z = 0\.\d+ m, at most 0\.698 m$/);
  });

  it('is looked at closely enough where a joint carries what is far away', () => {
    // An upper arm of 2 m: the ball's way under the shoulder dips 1 cm into the floor, over a sixteenth of the line.
    const long = {
      ...arm,
      joints: arm.joints.map((joint) =>
        joint.name === 'elbow'
          ? { ...joint, origin: { ...joint.origin, position: [2, 0, 0] as const } }
          : joint,
      ),
    };
    const lowest = 0.2 - 2.5 - 0.05;
    const sweep = (floor: number) =>
      new PathGuard(long, { ...arm.hardware!, floor }).check([0.05, 0], [Math.PI - 0.02, 0]);
    expect(sweep(lowest + 0.01)).toMatch(/below the floor/);
    expect(sweep(lowest - 0.001)).toBeNull();
  });

  it('is blocked by links that come too near, with their names and distances', () => {
    // The base is a cube of 0.1 about the origin; the ball passes under it.
    const to = [0, Math.PI / 2 + 0.9];
    expect(guardOf({ clearance: 0 }).check([0, Math.PI / 2], to)).toBeNull();
    expect(guardOf({ clearance: 0.4 }).check([0, 0], [0, Math.PI / 2 - 0.2])).toMatch(
      /^rod would come within (39\d(\.\d)?|400) mm of base, at least 400 mm$/,
    );
    const shorter = {
      ...arm,
      links: arm.links.map((link) =>
        link.name === 'rod'
          ? {
              ...link,
              collisions: [
                {
                  ...link.collisions[0],
                  pose: { ...link.collisions[0].pose, position: [0.2, 0, 0] as const },
                },
              ],
            }
          : link,
      ),
    };
    const guard = new PathGuard(shorter, { ...arm.hardware!, clearance: 0 });
    expect(guard.check([0, 0], [0, Math.PI / 2])).toBeNull();
    expect(guard.check([0, 0], [0, Math.PI / 2 + 0.4])).toMatch(
      /^rod would run into base, \d(\.\d+)? mm deep$/,
    );
    const apart = { ...shorter, untouching: [[0, 2]] as const };
    expect(new PathGuard(apart, { ...arm.hardware!, clearance: 0 }).check([0, 0], [0, 2])).toBeNull();
  });

  it('may lead out of what is violated, and no deeper', () => {
    const guard = guardOf({ floor: 0 });
    const deep = Math.asin(0.3) + 0.2;
    expect(guard.check([0, deep], [0, deep])).toBeNull();
    expect(guard.check([0, deep], [0, deep - 0.05])).toBeNull();
    expect(guard.check([0, deep], [0, deep + 0.01])).toMatch(/below the floor/);
    expect(guard.check([0, deep], [0, 0])).toBeNull();
  });

  it('is not checked for what robot.json does not ask', () => {
    expect(guardOf({}).check([0, 0], [0, 2])).toBeNull();
  });

  it('must be made of numbers', () => {
    expect(guardOf({ floor: 0 }).check([0, Number.NaN], [0, 0])).toBe('a joint position is not a number');
    expect(guardOf({ floor: 0 }).check([0, 0], [0, Infinity])).toBe('a joint position is not a number');
    expect(guardOf({ floor: -9, clearance: 0 }).check([0, 0], [0, 1e300])).toMatch(/too long|would/);
  });
});

describe('so101 and panda', () => {
  it('may leave and reach their home, and move about it as reach does', () => {
    for (const robot of [so101, panda]) {
      const guard = new PathGuard(robot, robot.hardware!);
      const random = new Random(3, 'home', 0);
      const home = homeOf(robot);
      for (let k = 0; k < 200; k++) {
        const near = home.map((q) => q + random.uniform(-0.1, 0.1));
        expect(guard.check(home, near)).toBeNull();
        expect(guard.check(near, home)).toBeNull();
      }
    }
  });

  it('so101 may lie down folded, as it rests without torque, and get up again', () => {
    const guard = new PathGuard(so101, so101.hardware!);
    const [home, rest] = [
      homeOf(so101),
      [0, -100, 90, 50, 0, -10].map((degrees) => (degrees * Math.PI) / 180),
    ];
    expect(guard.check(home, rest)).toBeNull();
    expect(guard.check(rest, home)).toBeNull();
  });

  it('steps of reach on the simulator are refused where brute force finds something, and only there', async () => {
    const plant = await createSimPlant({ robot: so101, controlPeriod: 0.02 });
    const reading = new Float32Array(plant.spec.channels.reduce((sum, { size }) => sum + size, 0));
    const guard = new PathGuard(so101, so101.hardware!);
    const brute = new BruteForce(so101, so101.hardware!);
    const verdicts = { free: 0, refused: 0, doubtful: 0 };
    for (let episode = 0; episode < 20; episode++) {
      const random = new Random(5, 'reach', episode);
      plant.reset({ position: so101.home, velocity: so101.home.map(() => 0) });
      const drift = so101.actuators.map(() => random.uniform(-0.1, 0.1));
      const held = Float32Array.from(so101.home);
      for (let step = 0; step < 100; step++) {
        plant.read(reading);
        const from = so101.actuators.map((_, j) => reading[j]);
        const to = from.map((q, j) => {
          const { lower, upper } = so101.joints[so101.movable[j]];
          const action = Math.max(-0.1, Math.min(0.1, drift[j] + random.uniform(-0.1, 0.1)));
          return Math.max(lower, Math.min(upper, q + action));
        });
        const verdict = guard.check(from, to);
        if (verdict === null) held.set(to);
        else for (const j of drift.keys()) drift[j] = random.uniform(-0.1, 0.1);
        plant.write(held);
        // What stands in violation already is another test's.
        if (brute.worst(from) >= 0.001) {
          const worst = brute.along(from, to, 4);
          if (worst > 0.001) expect(verdict).toBeNull();
          else if (worst < -0.001) expect(verdict).not.toBeNull();
          verdicts[Math.abs(worst) <= 0.001 ? 'doubtful' : verdict ? 'refused' : 'free']++;
        }
        plant.advance();
      }
    }
    plant.close();
    expect(verdicts.free).toBeGreaterThan(1000);
    expect(verdicts.refused).toBeGreaterThan(20);
    expect(verdicts.doubtful).toBeLessThan(100);
  });

  it.each(['so101', 'panda'])('%s: long lines are refused where brute force finds something', (name) => {
    const robot = name === 'so101' ? so101 : panda;
    const guard = new PathGuard(robot, robot.hardware!);
    const brute = new BruteForce(robot, robot.hardware!);
    const random = new Random(6, name, 0);
    const home = homeOf(robot);
    const found = { free: 0, refused: 0 };
    for (let k = 0; k < 100; k++) {
      const to = robot.movable.map((j) => random.uniform(robot.joints[j].lower, robot.joints[j].upper));
      const worst = brute.along(home, to, 100);
      const verdict = guard.check(home, to);
      if (worst < -0.001) expect(verdict).not.toBeNull();
      // Between its 100 looks brute force may miss what is shallow.
      else if (worst > 0.02) expect(verdict).toBeNull();
      found[verdict ? 'refused' : 'free']++;
    }
    expect(Math.min(found.free, found.refused)).toBeGreaterThan(5);
  });
});

function homeOf(robot: RobotModel): number[] {
  return [...homeOfActuators(robot)];
}

/** Every pair of shapes and every shape over the floor, at every look: no bounds, no advancement, its own kinematics. */
class BruteForce {
  readonly #kinematics: Kinematics;
  readonly #floor: number;
  readonly #clearance: number;
  readonly #parts: { readonly solid: Solid; readonly link: number }[];
  readonly #pairs: (readonly [number, number])[] = [];
  readonly #moves: readonly boolean[];

  constructor(robot: RobotModel, { floor, clearance }: HardwareSpec) {
    if (floor == null || clearance == null) throw new Error('nothing to look for');
    this.#kinematics = new Kinematics(robot);
    this.#floor = floor;
    this.#clearance = clearance;
    this.#parts = robot.links.flatMap(({ collisions }, link) =>
      collisions.map((shape) => ({ solid: solidOf(shape)!, link })),
    );
    // Links between which there is one moving joint, or none, are neighbours.
    const jointTo = new Map(robot.joints.map((joint) => [joint.child, joint]));
    const chain = (link: number): number[] => {
      const joint = jointTo.get(link);
      if (!joint) return [];
      return [...chain(joint.parent), ...(joint.kind === 'fixed' ? [] : [robot.joints.indexOf(joint)])];
    };
    const chains = robot.links.map((_, link) => chain(link));
    this.#moves = chains.map(({ length }) => length > 0);
    const apart = (a: number, b: number) => {
      const shared = chains[a].filter((joint) => chains[b].includes(joint)).length;
      const between = chains[a].length + chains[b].length - 2 * shared;
      // Siblings, such as two fingers, are no neighbours: neither carries the other.
      return between > 1;
    };
    const untouching = robot.untouching ?? [];
    for (let i = 0; i < this.#parts.length; i++)
      for (let k = i + 1; k < this.#parts.length; k++) {
        const [a, b] = [this.#parts[i].link, this.#parts[k].link];
        const told = untouching.some(([c, d]) => (a === c && b === d) || (a === d && b === c));
        if (apart(a, b) && !told) this.#pairs.push([i, k]);
      }
  }

  /** The least distance, less the clearance, in one posture, m; above 2 cm it may be any above that. */
  worst(q: readonly number[]): number {
    const poses = this.#kinematics.linkPoses(q);
    const matrix = new Float64Array(9);
    for (const { solid, link } of this.#parts) {
      rotationMatrix(...poses[link].rotation, matrix, 0);
      solid.place(matrix, Float64Array.from(poses[link].position), 0);
    }
    const separation = new Separation();
    const lowest = new Float64Array(3);
    let worst = 0.021;
    for (const [i, k] of this.#pairs)
      if (separation.measure(this.#parts[i].solid, this.#parts[k].solid, this.#clearance + 0.02))
        worst = Math.min(worst, separation.gap - this.#clearance);
    for (const { solid, link } of this.#parts) {
      if (!this.#moves[link]) continue;
      solid.support(0, 0, -1, lowest, 0);
      worst = Math.min(worst, lowest[2] - solid.radius - this.#floor);
    }
    return worst;
  }

  along(from: readonly number[], to: readonly number[], looks: number): number {
    let worst = Infinity;
    for (let k = 1; k <= looks; k++)
      worst = Math.min(worst, this.worst(from.map((q, d) => q + (k / looks) * (to[d] - q))));
    return worst;
  }
}
