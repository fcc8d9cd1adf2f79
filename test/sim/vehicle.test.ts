import { describe, expect, it } from 'vitest';
import { combineInertials, Kinematics } from '#src/robot/index';
import { f1tenth, kinematicRates, singleTrackRates, step } from './single-track.ts';
import {
  car,
  circleRadius,
  driven,
  geometricRadius,
  newCar,
  readingOf,
  rolling,
  toRear,
  wheelbase,
} from './vehicle-driving.ts';

describe('the car', () => {
  it('has the mass, inertia and lengths of F1TENTH’s single-track model', () => {
    const poses = new Kinematics(car).linkPoses(car.home.map(() => 0));
    const whole = combineInertials(
      car.links.flatMap(({ inertial }, l) => (inertial ? [{ inertial, pose: poses[l] }] : [])),
    );
    expect(whole?.mass).toBeCloseTo(f1tenth.mass, 9);
    expect(whole?.inertia[5]).toBeCloseTo(f1tenth.inertia, 9);
    for (const value of whole?.pose.position ?? [1]) expect(Math.abs(value)).toBeLessThan(1e-8);
    const joint = (name: string) => car.joints.find((item) => item.name === name)?.origin.position ?? [];
    expect(joint('front_left_steer')[0]).toBe(f1tenth.lf);
    expect(joint('rear_left_wheel')[0]).toBe(-f1tenth.lr);
    // The wheels touch the ground when the centre of mass is at its height.
    expect(joint('rear_left_wheel')[2]).toBeCloseTo((car.vehicle?.wheels[2].radius ?? 0) - f1tenth.h, 12);
    expect(f1tenth.lf + f1tenth.lr).toBeCloseTo(wheelbase, 12);
    expect(f1tenth.lr).toBe(toRear);
  });

  it('stands still where the URDF has it', async () => {
    const plant = await newCar();
    let height = 0;
    plant.observePoses((_time, q) => {
      height = q[2];
    }, 100);
    for (let i = 0; i < 30; i++) driven(plant, 0, 0);
    const { x, y, yaw, forward } = readingOf(plant);
    expect(Math.abs(height - f1tenth.h)).toBeLessThan(2e-5);
    for (const value of [x, y, yaw, forward]) expect(Math.abs(value)).toBeLessThan(1e-4);
    plant.close();
  });

  it('turns the circle of its geometry at low speed, within 2 %', async () => {
    for (const [speed, steering] of [
      [0.3, 0.2],
      [0.5, 0.2],
      [0.5, -0.3],
      [0.5, 0.4189],
    ]) {
      const radius = await circleRadius(speed, steering);
      expect(Math.abs(radius / Math.sign(steering) / geometricRadius(Math.abs(steering)) - 1)).toBeLessThan(
        0.02,
      );
    }
  });

  it('understeers: the circle grows with the speed, by the amount of the single-track model', async () => {
    const steering = 0.15;
    const radii: number[] = [];
    for (const speed of [0.5, 1, 2, 3]) radii.push(await circleRadius(speed, steering));
    for (let i = 1; i < radii.length; i++) expect(radii[i]).toBeGreaterThan(radii[i - 1]);
    // Steady state of linear tyres: steering = wheelbase / R + K v² / R.
    const { friction, front, rear } = f1tenth;
    const K = (1 / front - 1 / rear) / (friction * 9.81);
    const expected = (speed: number) => (wheelbase + K * speed * speed) / steering;
    // Without what geometry and small angles make of it: the growth from 0.5 m/s on.
    for (const [i, speed] of [1, 2, 3].entries()) {
      const growth = radii[i + 1] / radii[0] - 1;
      const model = expected(speed) / expected(0.5) - 1;
      expect(Math.abs(growth - model)).toBeLessThan(0.02);
    }
  });

  it('stops within 3 % of v² / (2 μ g) under full braking', async () => {
    for (const speed of [1, 2, 4]) {
      const plant = await newCar({ controlPeriod: 0.01 });
      plant.reset(rolling(speed));
      let now = readingOf(plant);
      let before = now;
      while (now.forward > 0) {
        before = now;
        now = driven(plant, 0, -12);
      }
      // Where the speed crossed 0 within the last step.
      const share = before.forward / (before.forward - now.forward);
      const distance = before.x + share * (now.x - before.x);
      expect(Math.abs(distance / (speed ** 2 / (2 * f1tenth.friction * 9.81)) - 1)).toBeLessThan(0.03);
      plant.close();
    }
  });

  it('stands when it was stopped, told once or in every period, and drives on when commanded', async () => {
    for (const again of [false, true]) {
      const plant = await newCar();
      plant.reset(rolling(3));
      driven(plant, 0.2, 0);
      expect(plant.stop()).toEqual({ stopped: false, how: 'it brakes' });
      for (let i = 0; i < 30; i++) {
        plant.advance();
        if (again) plant.stop();
      }
      const { forward, x } = readingOf(plant);
      expect(Math.abs(forward)).toBeLessThan(1e-3);
      for (let i = 0; i < 30; i++) plant.advance();
      expect(Math.abs(readingOf(plant).x - x)).toBeLessThan(1e-3);
      expect(plant.stop().stopped).toBe(true);
      for (let i = 0; i < 10; i++) driven(plant, 0, 2);
      expect(readingOf(plant).forward).toBeGreaterThan(1);
      plant.close();
    }
  });

  it('accelerates as told, up to its limits of acceleration and speed, both ways', async () => {
    const plant = await newCar();
    for (let i = 0; i < 10; i++) driven(plant, 0, 2);
    expect(readingOf(plant).forward).toBeCloseTo(2, 2);
    plant.reset(rolling(0));
    // At the limit of grip; the front wheels lose load.
    expect(Math.abs(driven(plant, 0, 12).forward / 0.951 - 1)).toBeLessThan(0.03);
    for (const sign of [1, -1]) {
      plant.reset(rolling(0));
      for (let i = 0; i < 20; i++) driven(plant, 0, 12 * sign);
      expect(readingOf(plant).forward).toBeCloseTo(5 * sign, 2);
    }
    plant.close();
  });

  it('steers at a limited rate, and counts yaw beyond a turn', async () => {
    const plant = await newCar({ controlPeriod: 0.05 });
    plant.reset(rolling(1));
    expect(driven(plant, 0.4, 0).steering).toBeCloseTo(0.16, 6);
    expect(driven(plant, 9, 0).steering).toBeCloseTo(0.32, 6);
    expect(driven(plant, 9, 0).steering).toBeCloseTo(0.4189, 6);
    for (let i = 0; i < 200; i++) driven(plant, 0.4189, 3 * (1 - readingOf(plant).forward));
    expect(readingOf(plant).yaw).toBeGreaterThan(2 * Math.PI);
    plant.close();
  });

  it('rolls its wheels without slip and turns them by Ackermann', async () => {
    const plant = await newCar();
    const names = car.movable.map((j) => car.joints[j].name);
    const q = new Float64Array(names.length);
    plant.observePoses((_time, position) => q.set(position), 100);
    plant.reset(rolling(1));
    for (let i = 0; i < 10; i++) driven(plant, 0, 0);
    for (const name of ['front_left_wheel', 'rear_right_wheel'])
      expect(q[names.indexOf(name)] * 0.0508).toBeCloseTo(1, 4);
    for (let i = 0; i < 5; i++) driven(plant, 0.3, 0);
    const cot = (name: string) => 1 / Math.tan(q[names.indexOf(name)]);
    expect(cot('front_right_steer') - cot('front_left_steer')).toBeCloseTo(0.24 / wheelbase, 6);
    expect((cot('front_right_steer') + cot('front_left_steer')) / 2).toBeCloseTo(1 / Math.tan(0.3), 6);
    plant.close();
  });
});

describe('the kinematic model', () => {
  it.each([
    [0.3, 0.4],
    [0.4, 0.35],
    [0.5, 0.3],
  ])(
    'and the car come by the same way at %s m/s, steering weaving within %s rad',
    async (speed, amplitude) => {
      const plant = await newCar({ controlPeriod: 0.05 });
      plant.reset(rolling(speed));
      const dt = 0.005;
      // Of the rear axle's middle.
      let model = [-toRear, 0, 0, speed, 0];
      let now = readingOf(plant);
      let most = 0;
      let far = 0;
      let offYaw = 0;
      for (let k = 1; k <= 200; k++) {
        // More to the left than to the right, so that the way goes round.
        const target = amplitude * (0.3 + 0.7 * Math.sin(0.12 * k));
        now = driven(plant, target, 3 * (speed - now.forward));
        for (let i = 0; i < 10; i++) {
          const steerRate = Math.max(-3.2, Math.min(3.2, (target - model[2]) / dt));
          model = step((state) => kinematicRates(f1tenth, state, [steerRate, 0]), model, dt);
        }
        most = Math.max(most, model[4]);
        const [x, y] = [now.x - toRear * Math.cos(now.yaw), now.y - toRear * Math.sin(now.yaw)];
        far = Math.max(far, Math.hypot(x - model[0], y - model[1]));
        offYaw = Math.max(offYaw, Math.abs(now.yaw - model[4]));
      }
      plant.close();
      expect(most).toBeGreaterThan(1);
      expect(far).toBeLessThan(0.01 * speed * 10);
      expect(offYaw).toBeLessThan(0.02 * most);
    },
  );
});

/** Vehicle 2 of CommonRoad, as F1TENTH's own unit test of its dynamics has it. */
const commonroad = {
  friction: 1.0489,
  front: 21.92 / 1.0489,
  rear: 21.92 / 1.0489,
  lf: 0.3048 * 3.793293,
  lr: 0.3048 * 4.667707,
  h: 0.3048 * 2.01355,
  mass: (4.4482216152605 / 0.3048) * 74.91452,
  inertia: 4.4482216152605 * 0.3048 * 1321.416,
};

/** The most that the drive gives above `v_switch` = 7.319 m/s, where `a_max` = 11.5 m/s². */
const drive = (wanted: number, speed: number) => Math.min(wanted, (11.5 * 7.319) / speed);

describe('the single-track model', () => {
  // github.com/f1tenth/f1tenth_gym, gym/f110_gym/envs/dynamic_models.py (MIT): DynamicsTest.test_derivatives.
  it('gives F1TENTH’s published derivatives', () => {
    const kinematic = [
      3.9579422297936526, 0.0391650102771405, 0.0378491427211811, 16.354695786088357, 0.0294717351052816,
    ];
    const single = [
      2.0233348142065677, 0.0041907137716636, 0.0197545248559617, 15.721623633429012, 0.0025857914776859,
      0.0529001056654038, 0.0033012170610298,
    ];
    const published = {
      kinematic: [16.34759359342502, 0.4819314886013121, 0.15, 5.146442410233975, 0.2401426578627629],
      single: [
        15.72135120308624, 0.0925527979719355, 0.15, 5.3536773276413925, 0.0529001056654038,
        0.6435589397748606, 0.0313297971641291,
      ],
    };
    const wanted = 0.63 * 9.81;
    kinematicRates(commonroad, kinematic, [0.15, drive(wanted, kinematic[3])]).forEach((rate, i) => {
      expect(rate).toBeCloseTo(published.kinematic[i], 7);
    });
    singleTrackRates(commonroad, single, [0.15, drive(wanted, single[3])]).forEach((rate, i) => {
      expect(rate).toBeCloseTo(published.single[i], 7);
    });
  });

  /** Largest difference of the car's yaw rate as a share of the model's peak, and of yaw, rad, over 2 s of weaving. */
  async function weave(speed: number, amplitude: number): Promise<{ rate: number; yaw: number }> {
    const plant = await newCar({ controlPeriod: 0.05 });
    plant.reset(rolling(speed));
    let model = [0, 0, 0, speed, 0, 0, 0];
    let [rate, yaw, peak] = [0, 0, 0];
    for (let k = 0; k < 40; k++) {
      const target = amplitude * Math.sin(2 * Math.PI * k * 0.05);
      const now = driven(plant, target, 0);
      const dt = 0.001;
      for (let i = 0; i < 50; i++) {
        const turning = Math.max(-3.2, Math.min(3.2, (target - model[2]) / dt));
        model = step((state) => singleTrackRates(f1tenth, state, [turning, 0]), model, dt);
      }
      rate = Math.max(rate, Math.abs(now.yawRate - model[5]));
      yaw = Math.max(yaw, Math.abs(now.yaw - model[4]));
      peak = Math.max(peak, Math.abs(model[5]));
    }
    plant.close();
    return { rate: rate / peak, yaw };
  }

  it('and the car agree at moderate speed; at the limit of grip they part', async () => {
    for (const [speed, amplitude] of [
      [1, 0.2],
      [2, 0.1],
    ]) {
      const { rate, yaw } = await weave(speed, amplitude);
      expect(rate).toBeLessThan(0.035);
      expect(yaw).toBeLessThan(0.015);
    }
    // 0.55 g sideways: turned wheels slow the car, which the model leaves out.
    const fast = await weave(3, 0.2);
    expect(fast.rate).toBeLessThan(0.13);
    // 0.8 g.
    const limit = await weave(3, 0.3);
    expect(limit.rate).toBeGreaterThan(0.13);
    expect(limit.rate).toBeLessThan(0.3);
  });
});
