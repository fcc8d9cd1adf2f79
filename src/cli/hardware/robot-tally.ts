import { type HardwareReport, limitOf } from '../../core/hardware.ts';
import type { StopReport } from '../../core/lifecycle.ts';
import type { TelemetryEvent } from '../../core/telemetry.ts';

/** Counts in a run what a real robot was asked for and what it was sent, for the run's last words. */
export class RobotTally {
  #commands = 0;
  #changed = 0;
  /** How often each limit changed a command. */
  readonly #limited: Record<string, number> = {};
  #report: HardwareReport | null = null;
  #activated = false;

  event(event: TelemetryEvent): void {
    if (event.type === 'hardware') {
      this.#report = event.report;
      if (event.report.lifecycle === 'active') this.#activated = true;
    }
    if (event.type !== 'exchange') return;
    const { asked, limited } = event.exchange;
    if (!Number.isFinite(asked[0])) return;
    this.#commands++;
    if (limited.length > 0) this.#changed++;
    for (const reason of limited.map(limitOf)) this.#limited[reason] = (this.#limited[reason] ?? 0) + 1;
  }

  /** What ended the robot's last activity; null where there was none. */
  get #stop(): StopReport | null {
    const stop = this.#report?.stop ?? null;
    return stop || !this.#activated ? stop : { stopped: false, how: 'its bridge told of no stop' };
  }

  /** null where no real robot was heard of. */
  get summary() {
    if (!this.#report) return null;
    const { name, dryRun, fault, loop } = this.#report;
    const { rate, overruns, skipped } = loop;
    return {
      ...{ name, dryRun, commands: this.#commands, changed: this.#changed, limited: { ...this.#limited } },
      ...{ fault, stop: this.#stop },
      loop: { rate, overruns, skipped },
    };
  }

  /** @param said what is told beside it: a stop that was not verified is not told twice. */
  lines(said = ''): string[] {
    const { summary } = this;
    if (!summary) return [];
    const { commands, changed, dryRun, stop } = summary;
    const most = Object.entries(summary.limited)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 4)
      .map(([reason, times]) => `${reason} ${times}`);
    const why = most.length > 0 ? ` (${most.join(', ')})` : '';
    return [
      `commands ${commands} asked${dryRun ? ', none sent' : ''}; limits changed ${changed}${why}`,
      ...(stop && (stop.stopped || !said.includes(stop.how))
        ? [`robot    ${stop.stopped ? 'stopped' : 'not known to have stopped'}: ${stop.how}`]
        : []),
    ];
  }
}
