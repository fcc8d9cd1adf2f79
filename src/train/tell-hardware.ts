import { type Exchange, limitOf } from '../core/hardware.ts';
import type { Plant } from '../core/plant.ts';
import type { TelemetrySink } from '../core/telemetry.ts';

/** A command counts as changed when a limit moved it by more than this share of its range. */
const TOLERANCE = 0.01;
/** Share of changed commands in an episode from which a person is told. */
const WORTH_TELLING = 0.1;

/**
 * Tells what a real robot's bridge tells, and how often its limits changed what was asked for. The model learns from
 * what was asked: where that is not what the robot was sent, the limits are a part of the dynamics that it learns.
 */
export function tellHardware(plant: Plant, telemetry: TelemetrySink, epoch: () => number) {
  const { low, high } = plant.spec.command;
  const tolerance = low.map((bound, i) => {
    const range = high[i] - bound;
    return TOLERANCE * (Number.isFinite(range) && range > 0 ? range : 1);
  });
  let commands = 0;
  let changed = 0;
  let reasons = new Map<string, number>();
  const count = ({ asked, sent, limited }: Exchange) => {
    if (!Number.isFinite(asked[0])) return;
    commands++;
    if (!tolerance.some((most, i) => Math.abs(asked[i] - sent[i]) > most)) return;
    changed++;
    for (const reason of limited.map(limitOf)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  };
  plant.observeHardware?.({
    exchange(exchange) {
      count(exchange);
      telemetry.emit({ type: 'exchange', epoch: epoch(), exchange });
    },
    report: (report) => telemetry.emit({ type: 'hardware', report }),
  });
  const restart = () => {
    [commands, changed, reasons] = [0, 0, new Map()];
  };
  return {
    /** An episode begins. */
    restart,
    /** At the end of an episode: says so when limits changed more than a few of its commands. */
    warn() {
      if (changed > WORTH_TELLING * commands) {
        const most = [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 3);
        const share = Math.round((100 * changed) / commands);
        const reasonsSaid = most.map(([reason, times]) => `${reason} ${times} times`).join(', ');
        const advice =
          most[0]?.[0] === 'path'
            ? "more room helps: another home or task, or robot.json's hardware.floor, clearance and workspace"
            : "smaller steps of the task help, or wider limits in robot.json's hardware.limits";
        const message = `limits changed ${share} % of the commands by more than ${100 * TOLERANCE} % of their range (${reasonsSaid}): the model learns them as part of the robot; ${advice}`;
        telemetry.emit({ type: 'log', level: 'warning', message });
      }
    },
  };
}
