import { describe, expect, it } from 'vitest';
import { createSimPlant } from '#sim/index';
import { InputError } from '#src/core/errors';
import { loadRobot } from '#src/load/robot';
import { robotFromUrdf } from '#src/robot/index';

const none = [0, 0, 0] as const;

/** A wheel of inertia `inertia` about its axis. */
function wheel(inertia: number, rest = '', effort = 10) {
  return robotFromUrdf(
    `<robot name="wheel"><link name="a"/><link name="b"><inertial><mass value="1"/>
      <inertia ixx="${inertia}" iyy="${inertia}" izz="${inertia}"/></inertial></link>
    <joint name="j" type="continuous"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
      <limit effort="${effort}" velocity="100"/>${rest}</joint></robot>`,
    undefined,
    { urdfFile: 'wheel' },
  );
}

describe('SimPlant', () => {
  it('turns a wheel as torque over inertia says, and counts its turns', async () => {
    const plant = await createSimPlant({ robot: wheel(0.5), controlPeriod: 0.1, world: { gravity: none } });
    plant.write(Float32Array.of(2));
    for (let step = 0; step < 50; step++) plant.advance();
    const out = new Float32Array(5);
    expect(plant.read(out)).toBeCloseTo(5, 12);
    // float32 rates round up by a thousandth.
    expect(out[1] / 20).toBeCloseTo(1, 2);
    expect(out[0] / 50).toBeCloseTo(1, 2);
    plant.close();
  });

  it('damps as an exponential', async () => {
    const robot = wheel(0.5, '<dynamics damping="0.7"/>');
    const plant = await createSimPlant({ robot, controlPeriod: 0.02, world: { gravity: none } });
    plant.reset({ position: [0], velocity: [10] });
    const out = new Float32Array(5);
    for (let step = 1; step <= 100; step++) {
      plant.advance();
      plant.read(out);
      expect(Math.abs(out[1] - 10 * Math.exp((-0.7 / 0.5) * 0.02 * step))).toBeLessThan(1e-3);
    }
    plant.close();
  });

  it('takes damping however strong for the inertia, at any step', async () => {
    for (const inertia of [1e-3, 1e-6, 1e-9]) {
      const plant = await createSimPlant({
        robot: wheel(inertia, '<dynamics damping="5"/>'),
        controlPeriod: 0.02,
        world: { gravity: none },
      });
      plant.write(Float32Array.of(10));
      plant.advance();
      const out = new Float32Array(5);
      plant.read(out);
      expect(out[1]).toBeCloseTo(2, 5);
      plant.close();
    }
  });

  it('clamps commands to the effort limits, and takes NaN for none', async () => {
    const plant = await createSimPlant({
      robot: wheel(1, '', 3),
      controlPeriod: 0.1,
      world: { gravity: none },
    });
    const out = new Float32Array(5);
    for (const [command, rate] of [
      [1e9, 0.3],
      [-Infinity, -0.3],
      [Number.NaN, 0],
    ]) {
      plant.reset({ position: [0], velocity: [0] });
      plant.write(Float32Array.of(command));
      plant.advance();
      plant.read(out);
      expect(out[1]).toBeCloseTo(rate, 4);
    }
    plant.close();
  });

  it('falls under the world’s gravity, the earth’s unless told', async () => {
    const robot = robotFromUrdf(
      `<robot name="lift"><link name="a"/><link name="b"><inertial><mass value="2"/><inertia ixx="1" iyy="1" izz="1"/></inertial></link>
      <joint name="j" type="prismatic"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
        <limit lower="-99" upper="99" effort="100" velocity="100"/></joint></robot>`,
      undefined,
      { urdfFile: 'lift' },
    );
    for (const [world, g] of [
      [undefined, -9.81],
      [{ gravity: [0, 0, -1.62] as const }, -1.62],
      [{ gravity: none }, 0],
    ] as const) {
      const plant = await createSimPlant({ robot, controlPeriod: 0.1, world });
      for (let step = 0; step < 10; step++) plant.advance();
      const out = new Float32Array(5);
      plant.read(out);
      expect(out[0]).toBeCloseTo(g / 2, 3);
      expect(out[1]).toBeCloseTo(g, 3);
      plant.close();
    }
  });

  it('delivers the joints’ coordinates and rates as channels', async () => {
    const plant = await createSimPlant({ robot: await loadRobot('cartpole'), controlPeriod: 0.04 });
    expect(plant.spec.channels.map(({ name, unit, kind }) => `${name} ${unit} ${kind}`)).toEqual([
      'slider.position m linear',
      'hinge.position rad angle',
      'slider.velocity m/s linear',
      'hinge.velocity rad/s linear',
      'tip.position m linear',
    ]);
    expect(plant.spec.command).toMatchObject({ low: [-300], high: [300] });
    plant.close();
  });

  it('shows poses at the rate asked for, in plant time, and none when turned off', async () => {
    const robot = wheel(1);
    const plant = await createSimPlant({ robot, controlPeriod: 0.04 });
    plant.reset({ position: [0.5], velocity: [1] });
    const seen: [number, number][] = [];
    plant.observePoses((time, [q]) => seen.push([time, q]), 60);
    for (let step = 0; step < 50; step++) plant.advance();
    expect(seen).toHaveLength(120);
    for (const [n, [time, q]] of seen.entries()) {
      expect(Math.abs(time - (n + 1) / 60)).toBeLessThan(robot.simulation.timestep);
      expect(q).toBeCloseTo(0.5 + time, 2);
    }
    expect(seen[119][0]).toBeCloseTo(2, 9);
    plant.observePoses(undefined, 60);
    plant.advance();
    expect(seen).toHaveLength(120);
    plant.close();
  });

  it('reports what stop verified: no effort', async () => {
    const plant = await createSimPlant({ robot: wheel(1), controlPeriod: 0.1, world: { gravity: none } });
    plant.write(Float32Array.of(5));
    expect(plant.stop()).toEqual({ stopped: true, how: 'every effort is zero' });
    plant.advance();
    const out = new Float32Array(5);
    plant.read(out);
    expect(out[1]).toBe(0);
    plant.close();
  });

  it('refuses states and saved states that do not fit', async () => {
    const plant = await createSimPlant({ robot: wheel(1), controlPeriod: 0.1 });
    expect(() => plant.reset({ position: [0, 0], velocity: [0] })).toThrow(InputError);
    expect(() => plant.reset({ position: [Number.NaN], velocity: [0] })).toThrow(/finite/);
    expect(() => plant.write(new Float32Array(2))).toThrow(/has 1 values, got 2/);
    expect(() => plant.restore(new Uint8Array(3))).toThrow(/bytes, got 3/);
    plant.close();
    await expect(createSimPlant({ robot: wheel(1), controlPeriod: 0 })).rejects.toThrow(InputError);
  });

  it('is over once closed', async () => {
    const plant = await createSimPlant({ robot: wheel(1), controlPeriod: 0.1 });
    expect(plant.lifecycle).toBe('active');
    plant.close();
    plant.close();
    expect(plant.lifecycle).toBe('finalized');
    for (const act of [
      () => plant.advance(),
      () => plant.read(new Float32Array(5)),
      () => plant.write(new Float32Array(1)),
      () => plant.save(),
      () => plant.stop(),
      () => plant.reset({ position: [0], velocity: [0] }),
    ])
      expect(act).toThrow(/closed/);
  });
});
