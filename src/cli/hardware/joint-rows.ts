import type { Exchange, HardwareReport, HardwareSpec, LoopReport } from '../../core/hardware.ts';
import type { RobotModel } from '../../core/robot.ts';
import type { Calibration } from '../../hardware/calibration.ts';
import { JointScale } from '../../hardware/joint-scale.ts';
import { alignColumns } from './columns.ts';

/** A joint as a monitor shows it; null where it is not told. */
export interface JointRow {
  readonly joint: string;
  readonly id: number | null;
  /** rad or m, ticks, rad/s or m/s. */
  readonly position: number | null;
  readonly tick: number | null;
  readonly velocity: number | null;
  /** Share of the largest. */
  readonly load: number | null;
  /** °C, V */
  readonly temperature: number | null;
  readonly voltage: number | null;
  readonly error: string;
  readonly misses: number;
}

const told = (value: number | undefined) => (value === undefined || !Number.isFinite(value) ? null : value);

export function rowsOf(
  robot: RobotModel,
  hardware: HardwareSpec,
  calibration: Calibration | undefined,
  exchange: Exchange,
  report: HardwareReport | undefined,
): JointRow[] {
  return robot.actuators.map(({ joint }, j) => {
    const spec = hardware.motors.find((motor) => motor.joint === joint);
    const motor = calibration?.motors[joint];
    const state = report?.motors.find((item) => item.joint === joint);
    const position = told(exchange.position[j]);
    const scale =
      spec && motor && new JointScale(robot.joints.find(({ name }) => name === joint)!, spec.sign, motor);
    return {
      ...{ joint, id: spec?.id ?? null, position, velocity: told(exchange.velocity[j]) },
      tick: scale && position !== null ? Math.round(scale.tick(position)) : null,
      ...{ load: told(state?.load), temperature: told(state?.temperature), voltage: told(state?.voltage) },
      ...{ error: state?.error ?? '', misses: state?.misses ?? 0 },
    };
  });
}

export function tableOf(rows: readonly JointRow[]): string[] {
  const text = (value: number | null, digits: number, unit = '') =>
    value === null ? '–' : `${value.toFixed(digits).replace(/^-(0\.?0*)$/, '$1')}${unit}`;
  const head = [
    'joint',
    'id',
    'position',
    'tick',
    'velocity',
    'load',
    'heat',
    'supply',
    'misses',
    'complains of',
  ];
  const cells = rows.map((row) => [
    ...[row.joint, text(row.id, 0), text(row.position, 3), text(row.tick, 0), text(row.velocity, 3)],
    ...[row.load === null ? '–' : `${(100 * row.load).toFixed(0)} %`, text(row.temperature, 0, ' °C')],
    ...[text(row.voltage, 1, ' V'), `${row.misses}`, row.error || '–'],
  ]);
  return alignColumns([head, ...cells]);
}

export function loopLine({ rate, overruns, skipped, jitterMs, readMs }: LoopReport): string {
  const ms = (value: number) => (Number.isFinite(value) ? value.toFixed(1) : '–');
  // Before the first second is over there is no rate.
  return `loop ${rate > 0 ? rate.toFixed(1) : '–'} Hz; jitter mean ${ms(jitterMs.mean)}, p99 ${ms(jitterMs.p99)}, max ${ms(jitterMs.max)} ms; reading p50 ${ms(readMs.p50)}, p99 ${ms(readMs.p99)} ms; overruns ${overruns}, skipped ${skipped}`;
}
