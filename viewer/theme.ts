/** Colours that a canvas needs; the rest is in the style sheet. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly accent: string;
  readonly amber: string;
  readonly red: string;
  /** What really happened. */
  readonly trail: readonly [number, number, number];
  readonly groundLine: readonly [number, number, number];
  readonly shadow: number;
  /** Lines of plots with several series, apart in lightness too. */
  readonly series: readonly string[];
}

export const palettes: Readonly<Record<'dark' | 'light', Palette>> = {
  dark: {
    ink: '#e8ebf0',
    muted: '#98a2b0',
    grid: 'rgba(152,162,176,0.14)',
    accent: '#9d90ff',
    amber: '#ffb454',
    red: '#ff6b6b',
    trail: [1, 1, 1],
    groundLine: [0.42, 0.47, 0.55],
    shadow: 0.5,
    series: ['#9d90ff', '#4fd1a5', '#ffb454', '#6ec5ff', '#ff8fb1', '#d8e05a', '#c8cdd5'],
  },
  light: {
    ink: '#161a20',
    muted: '#566070',
    grid: 'rgba(70,80,96,0.16)',
    accent: '#5546d6',
    amber: '#8f5300',
    red: '#bf2231',
    trail: [0.06, 0.08, 0.1],
    groundLine: [0.5, 0.54, 0.6],
    shadow: 0.22,
    series: ['#5546d6', '#0f7f5b', '#a85f00', '#0a6fae', '#b52a5f', '#6b7300', '#3f4753'],
  },
};

/** Which theme holds: chosen by hand, else what the system prefers. */
export class Theme {
  readonly #root: HTMLElement;
  readonly #listeners = new Set<() => void>();
  readonly #system = matchMedia('(prefers-color-scheme: light)');
  #chosen: 'dark' | 'light' | null;

  constructor(root: HTMLElement) {
    this.#root = root;
    const kept = remembered('theme');
    this.#chosen = kept === 'dark' || kept === 'light' ? kept : null;
    this.#system.addEventListener('change', this.#apply);
    this.#apply();
  }

  get name(): 'dark' | 'light' {
    return this.#chosen ?? (this.#system.matches ? 'light' : 'dark');
  }

  get palette(): Palette {
    return palettes[this.name];
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  toggle(): void {
    this.#chosen = this.name === 'dark' ? 'light' : 'dark';
    remember('theme', this.#chosen);
    this.#apply();
  }

  dispose(): void {
    this.#system.removeEventListener('change', this.#apply);
    this.#listeners.clear();
  }

  readonly #apply = () => {
    this.#root.dataset.theme = this.name;
    for (const listener of this.#listeners) listener();
  };
}

/** Layout and theme outlive the visit, where the browser lets them. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`premotor.${key}`, value);
  } catch {
    // A browser that keeps nothing starts afresh each time.
  }
}

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`premotor.${key}`);
  } catch {
    return null;
  }
}
