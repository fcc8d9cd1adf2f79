import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import type { SimulatedPlant } from '#src/core/plant';
import type { WorldBody } from '#src/core/task';
import { robotFromUrdf } from '#src/robot/index';
import { at, box, distance, forceOn, mujoco, reading, shape } from './scene.ts';

const g = 9.81;
const controlPeriod = 0.02;

/** Two fingers of 0.5 kg on a lift of 2 kg, all sliding, on position servos. */
const pincer = robotFromUrdf(
  `<robot name="pincer">
    <link name="world"/>
    <link name="carriage"><inertial><mass value="2"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial></link>
    ${['left', 'right']
      .map(
        (side) => `<link name="${side}"><inertial><mass value="0.5"/>
      <inertia ixx="0.001" iyy="0.001" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>
      <collision><geometry><box size="0.01 0.02 0.04"/></geometry></collision></link>
    <joint name="${side}" type="prismatic"><parent link="carriage"/><child link="${side}"/>
      <origin xyz="${side === 'left' ? -0.04 : 0.04} 0 0"/><axis xyz="${side === 'left' ? 1 : -1} 0 0"/>
      <limit lower="-0.02" upper="0.04" effort="20" velocity="1"/></joint>`,
      )
      .join('')}
    <joint name="lift" type="prismatic"><parent link="world"/><child link="carriage"/><axis xyz="0 0 1"/>
      <limit lower="0" upper="1" effort="200" velocity="1"/></joint>
  </robot>`,
  {
    name: 'pincer',
    actuators: [
      { joint: 'lift', kind: 'position', stiffness: 5000, damping: 300, maxEffort: 200 },
      { joint: 'left', kind: 'position', stiffness: 1000, damping: 40, maxEffort: 20 },
      { joint: 'right', kind: 'position', stiffness: 1000, damping: 40, maxEffort: 20 },
    ],
    sim: { timestep: 0.002 },
  },
  { urdfFile: 'pincer.urdf' },
);

function cube(side: number, mass: number, friction = 1): WorldBody {
  return {
    name: 'cube',
    kind: 'free',
    mass,
    shapes: [box(side, side, side)],
    pose: at(0, 0, side / 2),
    surface: { friction, restitution: 0 },
  };
}

/** The deepest overlap of what touches, m. */
function depth(plant: SimulatedPlant): number {
  return Math.max(0, ...plant.contacts().map(({ gap }) => -gap));
}

describe('a cube between two fingers', () => {
  it('is lifted and held for five seconds without slip', async () => {
    const side = 0.04;
    const mass = 0.064;
    const plant = await createSimPlant({
      robot: pincer,
      controlPeriod,
      world: { ground: { height: 0 }, bodies: [cube(side, mass)] },
    });
    plant.reset({ position: [0.02, 0, 0], velocity: [0, 0, 0] });
    const squeeze = (lift: number): void => plant.write(Float32Array.of(lift, 0.035, 0.035));
    let deepest = 0;
    const run = (ticks: number, lift: (tick: number) => number): void => {
      for (let tick = 0; tick < ticks; tick++) {
        squeeze(lift(tick));
        plant.advance();
        deepest = Math.max(deepest, depth(plant));
      }
    };
    run(30, () => 0.02);
    run(50, (tick) => 0.02 + (0.2 * tick) / 50);
    run(25, () => 0.22);
    const held = reading(plant);
    expect(held['cube.position'][2]).toBeGreaterThan(0.19);
    run(250, () => 0.22);
    const after = reading(plant);
    const hand = (seen: typeof held): number[] => [0, 0, seen['lift.position'][0]];
    const offset = (seen: typeof held): number[] => seen['cube.position'].map((x, k) => x - hand(seen)[k]);
    expect(distance(offset(after), offset(held))).toBeLessThan(1e-5);
    expect(distance(after['cube.rotation'], held['cube.rotation'])).toBeLessThan(1e-5);
    expect(deepest).toBeLessThan(1e-4);
    for (const finger of ['left', 'right']) {
      const force = forceOn(plant, 'cube', finger);
      // The servo presses with stiffness · overtravel.
      expect(Math.abs(force[0])).toBeCloseTo(1000 * (0.035 - (0.04 - 0.005 - side / 2)), 1);
      expect(force[2]).toBeCloseTo((mass * g) / 2, 3);
    }
  });

  it('slips out when friction is too weak for the grip', async () => {
    const plant = await createSimPlant({
      robot: {
        ...pincer,
        links: pincer.links.map((link) => ({ ...link, surface: { friction: 0.01, restitution: 0 } })),
      },
      controlPeriod,
      world: { ground: { height: 0 }, bodies: [cube(0.04, 0.5, 0.01)] },
    });
    plant.reset({ position: [0.02, 0, 0], velocity: [0, 0, 0] });
    for (let tick = 0; tick < 100; tick++) {
      plant.write(Float32Array.of(tick < 30 ? 0.02 : 0.2, 0.035, 0.035));
      plant.advance();
    }
    expect(reading(plant)['cube.position'][2]).toBeLessThan(0.021);
  });
});

describe('a pushed cylinder', () => {
  it("is after one second where MuJoCo's is", async () => {
    // A plate on two rails, driven at a speed, meets a standing cylinder off its middle.
    const friction = 0.4;
    const pusher = robotFromUrdf(
      `<robot name="pusher">
        <link name="world"/>
        <link name="cross"><inertial><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial></link>
        <link name="plate"><inertial><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
          <collision><origin xyz="0 0 0.021"/><geometry><box size="0.02 0.06 0.04"/></geometry></collision></link>
        <joint name="x" type="prismatic"><parent link="world"/><child link="cross"/><axis xyz="1 0 0"/><limit lower="-1" upper="1" effort="100" velocity="2"/></joint>
        <joint name="y" type="prismatic"><parent link="cross"/><child link="plate"/><axis xyz="0 1 0"/><limit lower="-1" upper="1" effort="100" velocity="2"/></joint>
      </robot>`,
      {
        name: 'pusher',
        actuators: ['x', 'y'].map((joint) => ({ joint, kind: 'velocity', damping: 500, maxEffort: 100 })),
        sim: { timestep: 0.002 },
        surfaces: { plate: { friction, restitution: 0 } },
      },
      { urdfFile: 'pusher.urdf' },
    );
    const plant = await createSimPlant({
      robot: pusher,
      controlPeriod,
      world: {
        ground: { height: 0, surface: { friction, restitution: 0 } },
        bodies: [
          {
            name: 'can',
            kind: 'free',
            mass: 0.3,
            shapes: [shape({ kind: 'cylinder', radius: 0.04, length: 0.06 })],
            pose: at(0.1, 0, 0.03),
            surface: { friction, restitution: 0 },
          },
        ],
      },
    });
    const run = async (offset: number): Promise<[number[], number[]]> => {
      plant.reset({ position: [0, offset], velocity: [0, 0] });
      for (let tick = 0; tick < 50; tick++) {
        plant.write(Float32Array.of(0.3, 0));
        plant.advance();
      }
      const theirs = await mujoco(
        `<mujoco><option timestep="0.0005" cone="elliptic" impratio="10"/>
          <default><geom friction="${friction} 0 0" condim="3"/></default>
          <worldbody>
            <geom type="plane" size="9 9 1"/>
            <body><joint type="slide" axis="1 0 0" name="x"/><inertial pos="0 0 0" mass="1" diaginertia="0.01 0.01 0.01"/>
              <body><joint type="slide" axis="0 1 0" name="y"/><geom type="box" size="0.01 0.03 0.02" pos="0 0 0.021" mass="1"/></body></body>
            <body pos="0.1 0 0.03"><freejoint/><geom type="cylinder" size="0.04 0.03" mass="0.3"/></body>
          </worldbody>
          <actuator><velocity joint="x" kv="500" forcerange="-100 100"/><velocity joint="y" kv="500" forcerange="-100 100"/></actuator>
        </mujoco>`,
        1,
        (data) => {
          data.qpos.set([0, offset]);
          data.ctrl.set([0.3, 0]);
        },
        (data) => Array.from(data.qpos as Float64Array).slice(2),
      );
      return [reading(plant)['can.position'], theirs];
    };
    for (const offset of [0, 0.01, 0.02]) {
      const [ours, theirs] = await run(offset);
      expect(ours[0]).toBeGreaterThan(0.2);
      expect(distance(ours, theirs.slice(0, 3))).toBeLessThan(0.005);
    }
  });
});

describe('a puck that slides but does not turn, as in the task pusher', () => {
  const tip = robotFromUrdf(
    `<robot name="tip">
      <link name="world"/>
      <link name="ball"><inertial><mass value="1"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
        <collision><geometry><sphere radius="0.02"/></geometry></collision></link>
      <joint name="x" type="prismatic"><parent link="world"/><child link="ball"/><axis xyz="1 0 0"/>
        <limit lower="-1" upper="1" effort="100" velocity="2"/></joint>
    </robot>`,
    {
      name: 'tip',
      actuators: [{ joint: 'x', kind: 'velocity', damping: 500, maxEffort: 100 }],
      sim: { timestep: 0.002 },
      surfaces: { ball: { friction: 0, restitution: 0 } },
    },
    { urdfFile: 'tip.urdf' },
  );

  it.each([0, 0.005, -0.02])("and is pushed %d m off its middle is where MuJoCo's is", async (offset) => {
    const plant = await createSimPlant({
      robot: tip,
      controlPeriod,
      world: {
        bodies: [
          {
            name: 'puck',
            kind: 'free',
            mass: 0.04,
            freedom: ['x', 'y'],
            drag: { linear: 0.5, angular: 0 },
            shapes: [shape({ kind: 'cylinder', radius: 0.05, length: 0.1 })],
            pose: at(0.1, offset, 0),
            surface: { friction: 0, restitution: 0 },
          },
        ],
      },
    });
    for (let tick = 0; tick < 50; tick++) {
      plant.write(Float32Array.of(0.3));
      plant.advance();
    }
    const theirs = await mujoco(
      `<mujoco><option timestep="0.0005" gravity="0 0 0"/><default><geom condim="1"/></default>
        <worldbody>
          <body><joint type="slide" axis="1 0 0" name="x"/><geom type="sphere" size="0.02" mass="1"/></body>
          <body pos="0.1 ${offset} 0"><joint type="slide" axis="1 0 0" damping="0.5"/><joint type="slide" axis="0 1 0" damping="0.5"/>
            <geom type="cylinder" size="0.05 0.05" mass="0.04"/></body>
        </worldbody>
        <actuator><velocity joint="x" kv="500" forcerange="-100 100"/></actuator>
      </mujoco>`,
      1,
      (data) => data.ctrl.set([0.3]),
      (data) => Array.from(data.qpos as Float64Array),
    );
    const [x, y] = reading(plant)['puck.position'];
    expect(Math.hypot(x - 0.1, y - offset)).toBeGreaterThan(0.02);
    expect(distance([x - 0.1, y - offset], theirs.slice(1))).toBeLessThan(0.005);
  });
});
