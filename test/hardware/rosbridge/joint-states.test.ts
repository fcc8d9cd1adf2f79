import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JointStates } from '#src/hardware/rosbridge/joint-states';
import { RobotClock } from '#src/hardware/rosbridge/robot-clock';

const joints = ['a', 'b', 'c'];
const stamp = (seconds: number) => ({
  stamp: { sec: Math.floor(seconds), nanosec: Math.round((seconds % 1) * 1e9) },
  frame_id: '',
});
const state = (time: number, position: unknown[], rest: object = {}) => ({
  ...{ header: stamp(time), name: joints, position, velocity: [0, 0, 0], effort: [] },
  ...rest,
});

describe('joint states', () => {
  it('are found by name, whatever their order and whoever else is named', () => {
    const states = new JointStates(joints);
    states.take(
      {
        header: stamp(1),
        name: ['x', 'c', 'a', 'b'],
        position: [9, 3, 1, 2],
        velocity: [],
        effort: [0, 30, 10, 20],
      },
      0,
    );
    expect([...states.position]).toEqual([1, 2, 3]);
    expect([...states.effort]).toEqual([10, 20, 30]);
    expect(states.missing()).toEqual([]);
  });

  it('come from several publishers, each with its joints', () => {
    const states = new JointStates(joints);
    states.take({ header: stamp(1), name: ['a'], position: [1], velocity: [], effort: [] }, 0.1);
    expect(states.missing()).toEqual(['b', 'c']);
    states.take({ header: stamp(1), name: ['b', 'c'], position: [2, 3], velocity: [], effort: [] }, 0.3);
    expect(states.missing()).toEqual([]);
    expect(states.malformed + states.late).toBe(0);
  });

  it('keep a joint as it was, and its age, when its position is null', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 2, 3]), 0);
    states.take(state(1.01, [1.5, null, 3]), 0.01);
    expect([...states.position]).toEqual([1.5, 2, 3]);
    expect([...states.told].map((time) => time.toFixed(3))).toEqual(['0.010', '0.000', '0.010']);
    expect([...states.blanks]).toEqual([0, 1, 0]);
  });

  it('tell rates by difference where the robot does not', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 2, 3], { velocity: [] }), 0);
    expect(states.complete).toBe(false);
    // The time between them is the robot's, not that of their arrival.
    states.take(state(1.02, [1.01, 2, 2.98], { velocity: [null, 0.5, null] }), 0.09);
    expect(states.velocity[0]).toBeCloseTo(0.5, 6);
    expect(states.velocity[1]).toBe(0.5);
    expect(states.velocity[2]).toBeCloseTo(-1, 6);
    expect(states.complete).toBe(true);
  });

  it('that were held up on the way are as old as they are', () => {
    const states = new JointStates(joints);
    states.take(state(100, [0, 0, 0]), 5.02);
    states.take(state(101, [0, 0, 0]), 6.01);
    // 400 ms in a queue: this one arrives at 7.4 although it tells of 7.
    states.take(state(102, [1, 1, 1]), 7.41);
    expect(states.told[0]).toBeCloseTo(7.01, 6);
    expect(states.clock.offset).toBeCloseTo(94.99, 6);
  });

  it('that come again, or after a newer one, change nothing', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 1, 1]), 0);
    states.take(state(1.02, [2, 2, 2]), 0.02);
    states.take(state(1.01, [3, 3, 3]), 0.03);
    states.take(state(1.02, [4, 4, 4]), 0.04);
    expect([...states.position]).toEqual([2, 2, 2]);
    expect(states.told[0]).toBeCloseTo(0.02, 6);
    expect(states.late).toBe(2);
  });

  it('are believed again when the clock of a simulation begins anew', () => {
    const states = new JointStates(joints);
    states.take(state(500, [1, 1, 1]), 0);
    states.take(state(0.5, [2, 2, 2]), 1);
    expect([...states.position]).toEqual([2, 2, 2]);
    expect(states.told[0]).toBe(1);
    expect(states.clock.restarts).toBe(1);
  });

  it('are stamped in the words of either ROS', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 1, 1], { header: { seq: 4, stamp: { secs: 7, nsecs: 500_000_000 } } }), 0);
    expect(states.clock.offset).toBe(7.5);
  });

  it('of a simulation at half the pace of time grow old by their stamps, not by their arrival', () => {
    const [stamped, unstamped] = [new JointStates(joints), new JointStates(joints, false)];
    for (let t = 0; t <= 5; t += 0.01)
      for (const states of [stamped, unstamped]) states.take(state(100 + t / 2, [0, 0, 0]), t);
    expect(stamped.told[0]).toBeCloseTo(2.5, 1);
    expect(stamped.arrived[0]).toBeCloseTo(5, 1);
    expect(unstamped.told[0]).toBeCloseTo(5, 1);
  });

  it('without a stamp count from their arrival, and tell no clock', () => {
    const states = new JointStates(joints);
    states.take(state(0, [1, 1, 1]), 3);
    states.take({ name: joints, position: [2, 2, 2] }, 4);
    expect(states.told[0]).toBe(4);
    expect(states.clock.offset).toBeUndefined();
    expect(states.velocity[0]).toBe(1);
  });

  it('read typed arrays, as CBOR brings them, NaN among them', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 2, 3], { position: Float64Array.of(1, Number.NaN, 3) }), 0);
    expect(states.missing()).toEqual(['b']);
  });

  it.each([
    ['no object', 7],
    ['null', null],
    ['no names', { position: [1] }],
    ['names that are no strings', state(1, [1, 2, 3], { name: [1, 2, 3] })],
    ['too few positions', state(1, [1, 2])],
    ['too many velocities', state(1, [1, 2, 3], { velocity: [1, 2, 3, 4] })],
    ['a position that is text', state(1, [1, '2', 3])],
    ['a stamp of text', state(1, [1, 2, 3], { header: { stamp: 'now' } })],
    ['a joint named twice', state(1, [1, 2, 3], { name: ['a', 'a', 'b'] })],
    ['a hundred thousand names', { name: new Array(100_000).fill('x'), position: [] }],
    ['an array of bytes', state(1, [1, 2, 3], { position: new Uint8Array(3) })],
  ])('that are malformed are counted and change nothing: %s', (_, message) => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 2, 3]), 0);
    states.take(message, 1);
    expect(states.malformed).toBe(1);
    expect([...states.position]).toEqual([1, 2, 3]);
    expect(states.told[0]).toBe(0);
  });

  it('never throw and never hold a value that is no number, whatever arrives', () => {
    const states = new JointStates(joints);
    states.take(state(1, [1, 2, 3]), 0);
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          header: fc.oneof(
            fc.jsonValue(),
            fc.record({ stamp: fc.record({ sec: fc.double(), nanosec: fc.double() }) }),
          ),
          name: fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 })),
          position: fc.array(fc.oneof(fc.double(), fc.constant(null), fc.string()), { maxLength: 5 }),
          velocity: fc.array(fc.oneof(fc.double(), fc.constant(null)), { maxLength: 5 }),
          effort: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    let time = 0;
    fc.assert(
      fc.property(odd, (message) => {
        time += 0.01;
        states.take(message, time);
        for (let j = 0; j < joints.length; j++) {
          expect(Number.isFinite(states.position[j])).toBe(true);
          expect(states.told[j]).toBeLessThanOrEqual(time);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("a robot's clock", () => {
  it('is told by the message that came quickest, within 1 ms of random delays', () => {
    const clock = new RobotClock();
    let seed = 1;
    for (let i = 0; i < 500; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const made = i * 0.01;
      clock.take(made + 1234.5, made + 0.0005 + 0.03 * (seed / 2_147_483_647) ** 2);
    }
    expect(clock.offset).toBeGreaterThan(1234.499);
    expect(clock.offset).toBeLessThanOrEqual(1234.5);
  });

  it('may drift: what is older than 10 s counts no more', () => {
    const clock = new RobotClock();
    for (let t = 0; t < 100; t += 0.1) clock.take(t * (1 - 1e-3), t);
    // 100 ms were lost in 100 s; 10 ms of them within the window.
    expect(clock.offset).toBeGreaterThan(-0.1);
    expect(clock.offset).toBeLessThan(-0.088);
  });
});
