import '../locale.ts';

import uPlot from 'uplot';
import { h, icon, setClass, setHidden, setText } from '../dom.ts';
import type { Palette } from '../theme.ts';
import { type Card, card } from './card.ts';

export interface Line {
  readonly name: string;
  readonly color: (palette: Palette) => string;
  readonly width?: number;
  readonly dash?: readonly number[];
  readonly format: (value: number) => string;
}

export interface PlotOptions {
  readonly title: string;
  readonly name: string;
  /** Plots of one group share cursor and time axis. */
  readonly group: string;
  readonly axis: (value: number) => string;
  /** Least span of the y axis, and values always in it. */
  readonly include?: readonly number[];
  /** Said while there is nothing to draw. */
  readonly empty: string;
}

const HEIGHT = 96;
const LARGE = 240;

/** A small line plot in a card: the newest values in its title, those under the cursor when there is one. */
export class Plot {
  readonly card: Card;
  readonly #options: PlotOptions;
  readonly #host = h('div', { class: 'plot' });
  readonly #keys = h('div', { class: 'keys' });
  readonly #nothing = h('div', { class: 'empty' });
  #lines: readonly Line[] = [];
  #palette: Palette;
  #data: (number | null)[][] = [[]];
  #range: readonly [number, number] = [0, 1];
  #include: readonly number[];
  #plot: uPlot | undefined;
  #large = false;
  #stale = false;

  constructor(options: PlotOptions, palette: Palette) {
    this.#options = options;
    this.#palette = palette;
    this.#include = options.include ?? [];
    this.#nothing.textContent = options.empty;
    this.#host.hidden = true;
    this.card = card(options.title, options.name, () => this.#build());
    this.card.root.classList.add('plotted');
    this.card.body.append(this.#nothing, this.#host, this.#keys);
    const enlarge = h(
      'button',
      {
        class: 'bare',
        type: 'button',
        title: 'Larger or smaller',
        'aria-label': `Enlarge ${options.title}`,
        'aria-pressed': 'false',
        click: () => {
          this.#large = !this.#large;
          enlarge.setAttribute('aria-pressed', String(this.#large));
          setClass(this.#host, 'large', this.#large);
          this.#build();
        },
      },
      icon('enlarge'),
    );
    this.card.header.insertBefore(enlarge, this.card.header.lastElementChild);
  }

  /** @param data x, then one column a line; the arrays are kept and read again at each `redraw`. */
  setLines(
    lines: readonly Line[],
    data: (number | null)[][],
    range: readonly [number, number],
    include?: number[],
  ): void {
    this.#lines = lines;
    this.#data = data;
    this.#range = range;
    if (include) this.#include = include;
    this.#build();
  }

  /** What to say while there is nothing to draw. */
  setEmpty(text: string): void {
    setText(this.#nothing, text);
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#build();
  }

  setRange(range: readonly [number, number]): void {
    this.#range = range;
  }

  /** Shows what the data arrays hold now. */
  redraw(): void {
    if (this.card.folded || !this.#plot) {
      this.#stale = true;
      return;
    }
    this.#stale = false;
    this.#plot.setData(this.#data as uPlot.AlignedData);
    this.#read();
  }

  resize(): void {
    const width = this.#host.clientWidth;
    if (this.#plot && width > 0 && Math.abs(this.#plot.width - width) > 1)
      this.#plot.setSize({ width, height: this.#large ? LARGE : HEIGHT });
  }

  dispose(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #build(): void {
    this.dispose();
    const palette = this.#palette;
    this.#keys.replaceChildren();
    if (this.#lines.length > 1) {
      for (const line of this.#lines) {
        const swatch = h('i');
        swatch.style.background = line.color(palette);
        this.#keys.append(h('span', {}, swatch, line.name));
      }
    }
    const empty = this.#lines.length === 0 || this.#data[0].length === 0;
    setHidden(this.#nothing, !empty);
    setHidden(this.#host, empty);
    setHidden(this.#keys, empty);
    const width = this.#host.clientWidth;
    if (this.card.folded || empty || width === 0) return;
    const axis = {
      stroke: palette.muted,
      font: '10px system-ui, sans-serif',
      grid: { stroke: palette.grid, width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width,
        height: this.#large ? LARGE : HEIGHT,
        legend: { show: false },
        padding: [6, 16, 0, 0],
        cursor: {
          sync: { key: this.#options.group },
          y: false,
          drag: { x: false, y: false },
          points: { size: 5 },
        },
        scales: {
          x: { time: false, range: () => [this.#range[0], this.#range[1]] },
          y: { range: (_plot, low, high) => this.#span(low, high) },
        },
        axes: [
          {
            ...axis,
            size: 18,
            gap: 2,
            space: 60,
            values: (_plot, ticks) => ticks.map((tick) => this.#options.axis(tick)),
          },
          {
            ...axis,
            size: 38,
            gap: 3,
            space: 22,
            values: (_plot, ticks) => ticks.map((tick) => String(tick).replace('-', '−')),
          },
        ],
        series: [
          {},
          ...this.#lines.map((line) => ({
            label: line.name,
            stroke: line.color(palette),
            width: line.width ?? 1.5,
            dash: line.dash ? [...line.dash] : undefined,
            points: { show: false },
            spanGaps: false,
          })),
        ],
        hooks: { setCursor: [() => this.#read()] },
      },
      this.#data as uPlot.AlignedData,
      this.#host,
    );
    this.#stale = false;
    this.#read();
  }

  /** Catches up after having been folded or hidden. */
  wake(): void {
    if (!this.card.folded && !this.#plot) this.#build();
    else if (this.#stale) this.redraw();
  }

  #span(low: number | null, high: number | null): [number, number] {
    let least = low ?? Infinity;
    let most = high ?? -Infinity;
    for (const value of this.#include) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (!(most >= least)) return [0, 1];
    const room = (most - least || 1) * 0.08;
    return [least - (this.#include.includes(least) ? 0 : room), most + room];
  }

  #read(): void {
    const cursor = this.#plot?.cursor.idx;
    const hovering = cursor !== null && cursor !== undefined && (this.#plot?.cursor.left ?? -1) >= 0;
    const parts: (Node | string)[] = [];
    for (const [index, line] of this.#lines.entries()) {
      const column = this.#data[index + 1];
      const value = hovering ? column[cursor] : newest(column);
      if (value === null || value === undefined || this.#lines.length > 4) continue;
      const text = line.format(value);
      if (text) parts.push(parts.length > 0 ? ' · ' : '', h('b', {}, text));
    }
    const time = hovering ? ` at ${this.#options.axis(this.#data[0][cursor] as number)}` : '';
    this.card.readout.replaceChildren(...parts, time);
  }
}

function newest(column: readonly (number | null)[]): number | null {
  for (let i = column.length - 1; i >= 0; i--) if (column[i] !== null) return column[i];
  return null;
}
