import type { FitReport, TelemetryEvent, TrialReport } from '../core/index.ts';
import { questionOf } from './confirmation.ts';
import type { Reporter } from './reporter.ts';
import {
  fitLine,
  liveLine,
  progressLine,
  startLines,
  tableHead,
  timingLine,
  trialRow,
} from './terminal-text.ts';

/** Redraws of the live line, at most one in so many ms. */
const redrawInterval = 100;

/** Tells a run to people: a row a trial, and on a terminal a line that lives within it. */
export class TerminalReporter implements Reporter {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  #period = 0;
  #episodeSteps = 0;
  #trials = 0;
  #evaluation = false;
  #planMs: number[] = [];
  #fit: FitReport | null = null;
  #headDone = false;
  #drawn = false;
  #lastDraw = 0;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#live = out.isTTY === true && process.env.TERM !== 'dumb';
  }

  event(event: TelemetryEvent): void {
    if (event.type === 'start') {
      this.#period = event.run.controlPeriod;
      this.#episodeSteps = event.run.episodeSteps;
      this.#trials = event.run.trials;
      this.#evaluation = event.run.evaluation === true;
      this.print(startLines(event.run).join('\n'));
    } else if (event.type === 'reset') {
      this.#planMs = [];
    } else if (event.type === 'step') {
      if (event.planMs !== null) this.#planMs.push(event.planMs);
      this.#draw(() =>
        liveLine({
          trial: event.trial,
          trials: this.#trials,
          noun: this.#evaluation ? 'episode' : 'trial',
          step: event.step,
          steps: this.#episodeSteps,
          return: event.return,
          planMs: this.#planMs,
          periodMs: this.#period * 1000,
          fit: this.#fit,
        }),
      );
    } else if (event.type === 'fit-progress') {
      this.#draw(() => progressLine(event), event.epoch >= event.epochs);
    } else if (event.type === 'fit') {
      this.#fit = event.report;
    } else if (event.type === 'trial') {
      // Episodes of an evaluation are its last words.
      if (!this.#evaluation) this.#row(event.report);
    } else if (event.type === 'log' && event.level !== 'info') {
      this.print(`${event.level}: ${event.message}`);
    } else if (event.type === 'end') {
      this.#clear();
    }
    const question = questionOf(event);
    if (question !== undefined) this.print(`${question} Enter goes on, Ctrl-C ends the run.`);
  }

  print(text: string): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  page(url: string): void {
    this.print(`page     ${url}`);
  }

  finish(): void {
    this.#clear();
  }

  #row(report: TrialReport): void {
    if (!this.#headDone) this.print(tableHead(this.#period * 1000));
    this.#headDone = true;
    this.print(trialRow(report));
    if (report.timing) this.print(timingLine(report.timing));
    if (this.#live && this.#fit) this.#draw(() => fitLine(this.#fit as FitReport), true);
  }

  #draw(text: () => string, always = false): void {
    if (!this.#live) return;
    const now = performance.now();
    if (!always && now - this.#lastDraw < redrawInterval) return;
    this.#lastDraw = now;
    const width = this.#out.columns || 80;
    this.#out.write(`\r${text().slice(0, width - 1)}\x1b[K`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#out.write('\r\x1b[K');
    this.#drawn = false;
  }
}
