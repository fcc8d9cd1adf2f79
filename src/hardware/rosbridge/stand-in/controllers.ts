import { goalStatus } from '../messages.ts';
import type { ControllerSpec } from '../options.ts';
import type { GoalEvents } from './graph.ts';
import { conform } from './message-types.ts';
import { endOf, readTrajectory, sample, type Trajectory } from './trajectory.ts';

/** Where its joints are, as the robot measures them; rad or m. */
export type Measured = (joint: number) => number;

interface Tolerances {
  /** By joint of the controller; 0 = not checked. */
  readonly path: readonly number[];
  readonly goal: readonly number[];
  /** s after the end; 0 = it waits for ever. */
  readonly time: number;
}

const code = { successful: 0, invalidGoal: -1, pathViolated: -4, goalViolated: -5 } as const;

/**
 * A controller of ros2_controllers over joints with position commands: the joint trajectory controller (by topic and
 * action; a new trajectory goes on from where the last one was to be, as with `interpolate_from_desired_state`) or the
 * forward command controller. Inactive ones take nothing; whatever ends early holds.
 */
export class StandInController {
  readonly spec: ControllerSpec;
  active: boolean;
  /** Commands that were refused, and why the last one was. */
  rejected = 0;
  reason = '';
  /** Where its joints are to be, in its order. */
  readonly goal: number[];
  readonly #measured: Measured;
  #trajectory: { readonly path: Trajectory; readonly from: readonly number[] } | undefined;
  #running: { readonly events: GoalEvents; readonly tolerances: Tolerances } | undefined;

  constructor(spec: ControllerSpec, measured: Measured, active: boolean) {
    this.spec = spec;
    this.#measured = measured;
    this.active = active;
    this.goal = spec.actuators.map(measured);
  }

  /** Activation holds what is there. */
  switch(active: boolean): void {
    if (active === this.active) return;
    this.#finish(goalStatus.aborted, code.invalidGoal, 'Controller was switched.');
    this.active = active;
    this.#hold();
  }

  /** A message of its topic. @param now s of the robot's clock. */
  take(message: unknown, now: number): void {
    if (!this.active) {
      this.#reject('it is not active');
      return;
    }
    if (this.spec.command === 'positions') {
      const { data } = message as { data: number[] };
      if (data.length !== this.goal.length)
        this.#reject(`${data.length} values for ${this.goal.length} joints`);
      else this.goal.splice(0, data.length, ...data);
      return;
    }
    try {
      this.#begin(readTrajectory(message, this.spec.joints, now));
    } catch (error) {
      this.#reject((error as Error).message);
    }
  }

  /** A goal of its action. @throws Error when it is rejected */
  accept(goal: unknown, events: GoalEvents, now: number): () => void {
    if (!this.active) throw new Error('Action goal was rejected');
    let tolerances: Tolerances;
    try {
      const { trajectory, path_tolerance, goal_tolerance, goal_time_tolerance } = conform(
        'control_msgs/FollowJointTrajectory',
        goal,
      ) as Record<'trajectory' | 'path_tolerance' | 'goal_tolerance', unknown> & {
        goal_time_tolerance: { sec: number; nanosec: number };
      };
      tolerances = {
        path: this.#tolerance(path_tolerance),
        goal: this.#tolerance(goal_tolerance),
        time: goal_time_tolerance.sec + goal_time_tolerance.nanosec * 1e-9,
      };
      this.#begin(readTrajectory(trajectory, this.spec.joints, now));
    } catch (error) {
      this.#reject((error as Error).message);
      throw new Error('Action goal was rejected');
    }
    const running = { events, tolerances };
    this.#running = running;
    return () => {
      if (this.#running !== running) return;
      this.#finish(goalStatus.canceled, code.successful, '');
      this.#hold();
    };
  }

  /** Brings `goal` to the time, and sees whether a goal of the action has ended. @param now s of the robot's clock. */
  update(now: number): void {
    if (!this.active || !this.#trajectory) return;
    const { path, from } = this.#trajectory;
    sample(path, from, now, this.goal);
    if (!this.#running) return;
    const { events, tolerances } = this.#running;
    const actual = this.spec.actuators.map(this.#measured);
    const off = (limits: readonly number[]) =>
      limits.findIndex((limit, j) => limit > 0 && Math.abs(this.goal[j] - actual[j]) > limit);
    const end = endOf(path);
    events.feedback({
      joint_names: this.spec.joints,
      desired: { positions: [...this.goal] },
      actual: { positions: actual },
      error: { positions: this.goal.map((value, j) => value - actual[j]) },
    });
    if (now < end) {
      const joint = off(tolerances.path);
      if (joint >= 0) {
        this.#finish(
          goalStatus.aborted,
          code.pathViolated,
          `${this.spec.joints[joint]} left its path tolerance`,
        );
        this.#hold();
      }
      return;
    }
    const joint = off(tolerances.goal);
    if (joint < 0) this.#finish(goalStatus.succeeded, code.successful, 'Goal successfully reached!');
    else if (tolerances.time > 0 && now > end + tolerances.time) {
      this.#finish(goalStatus.aborted, code.goalViolated, `${this.spec.joints[joint]} is not at its goal`);
      this.#hold();
    }
  }

  #begin(path: Trajectory): void {
    this.#finish(goalStatus.canceled, code.invalidGoal, 'Current goal cancelled due to new incoming action.');
    this.#trajectory = { path, from: [...this.goal] };
  }

  #hold(): void {
    this.#trajectory = undefined;
    this.spec.actuators.forEach((actuator, j) => {
      this.goal[j] = this.#measured(actuator);
    });
  }

  #finish(status: number, error_code: number, error_string: string): void {
    const running = this.#running;
    this.#running = undefined;
    running?.events.end(status, { error_code, error_string });
  }

  #reject(reason: string): void {
    this.rejected++;
    this.reason = reason;
  }

  #tolerance(list: unknown): number[] {
    const limits = this.spec.joints.map(() => 0);
    for (const { name, position } of list as { name: string; position: number }[]) {
      const joint = this.spec.joints.indexOf(name);
      if (joint < 0) throw new Error(`a tolerance for the unknown joint ${name}`);
      limits[joint] = Math.max(0, position);
    }
    return limits;
  }
}
