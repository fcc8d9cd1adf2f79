import { Group, Vector3 } from 'three';
import type { Marker } from '../../src/core/task.ts';
import type { Palette } from '../theme.ts';
import { Dots } from './dots.ts';
import { Goals } from './goals.ts';
import { WideLines } from './wide-lines.ts';

interface Xyz {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}
interface Rgba {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
}

/** The parts of foxglove.SceneUpdate that we read. */
export interface SceneUpdate {
  readonly deletions: readonly { readonly type: number; readonly id: string }[];
  readonly entities: readonly {
    readonly id: string;
    readonly metadata: readonly { readonly key: string; readonly value: string }[];
    readonly lines: readonly { readonly points: readonly Xyz[]; readonly colors: readonly Rgba[] }[];
    readonly spheres: readonly { readonly pose: { readonly position: Xyz }; readonly color: Rgba }[];
  }[];
}

/** What a scene says of the goal. */
export function markersOf(update: SceneUpdate): Marker[] {
  return update.entities
    .filter(({ id }) => id.startsWith('goal/'))
    .flatMap(({ metadata }) => {
      const told = metadata.find(({ key }) => key === 'marker');
      return told ? [JSON.parse(told.value) as Marker] : [];
    });
}

/** Layers of lines; the stage has others. */
export type OverlayLayer = 'plan' | 'imagined' | 'trail';

const MOST_SEGMENTS = 24 * 40;
const TRAIL_POINTS = 256;
/** px */
const KNOT = 6;

/**
 * What the robot means to do, what it imagines and what happened: the plan of the tip, the fan of particles, and the
 * white trail over an earlier fan, kept for one horizon, that had predicted it.
 */
export class Overlays extends Group {
  readonly #plan = new WideLines(64, 3);
  readonly #knots = new Dots(64, KNOT);
  readonly #fan = new WideLines(MOST_SEGMENTS, 1.8, 1);
  readonly #kept = new WideLines(MOST_SEGMENTS, 1.6, 0.45);
  readonly #trail = new WideLines(TRAIL_POINTS, 2.4);
  readonly #goals = new Goals();
  /** Ring buffer of tip positions and their wall times in s. */
  readonly #points = Array.from({ length: TRAIL_POINTS }, () => new Vector3());
  readonly #times = new Float64Array(TRAIL_POINTS);
  #written = 0;
  /** When the kept fan was imagined, s of wall time; and how far it looks, s. */
  #keptAt = Number.NEGATIVE_INFINITY;
  #horizon = 1;
  #trailColor = { r: 1, g: 1, b: 1, a: 1 };
  readonly #from = { r: 1, g: 1, b: 1, a: 1 };
  readonly #to = { r: 1, g: 1, b: 1, a: 1 };

  constructor() {
    super();
    this.#kept.renderOrder = 1;
    this.#fan.renderOrder = 2;
    this.#plan.renderOrder = 3;
    this.#knots.renderOrder = 4;
    this.#trail.renderOrder = 5;
    // Intentions are seen through the robot.
    this.#plan.material.depthTest = false;
    this.#knots.material.depthTest = false;
    this.add(this.#kept, this.#fan, this.#plan, this.#knots, this.#trail, this.#goals);
  }

  setPalette({ trail }: Palette): void {
    this.#trailColor = { r: trail[0], g: trail[1], b: trail[2], a: 1 };
    this.#goals.setLineColor(trail);
  }

  setViewport(width: number, height: number, pixelRatio: number): void {
    for (const lines of [this.#plan, this.#fan, this.#kept, this.#trail]) lines.setViewport(width, height);
    this.#knots.size = KNOT * pixelRatio;
    this.#goals.setViewport(width, height);
  }

  show(layer: OverlayLayer, visible: boolean): void {
    if (layer === 'plan') {
      this.#plan.visible = visible;
      this.#knots.visible = visible;
    } else if (layer === 'imagined') {
      this.#fan.visible = visible;
      this.#kept.visible = visible;
    } else this.#trail.visible = visible;
  }

  /** Another robot. */
  forget(): void {
    this.forgetPast();
    for (const lines of [this.#plan, this.#fan]) this.#draw(lines, []);
    this.#knots.set([]);
  }

  /** Forgets trail and kept fan: another episode. */
  forgetPast(): void {
    this.#written = 0;
    this.#keptAt = Number.NEGATIVE_INFINITY;
    for (const lines of [this.#kept, this.#trail]) this.#draw(lines, []);
  }

  setPlan(update: SceneUpdate): void {
    const entity = update.entities[0];
    this.#draw(this.#plan, entity?.lines ?? []);
    this.#knots.set(entity?.spheres ?? []);
  }

  /** @param now wall s. */
  setImagined(update: SceneUpdate, now: number): void {
    const entity = update.entities[0];
    if (!entity) {
      // No plan is in force: nothing is imagined, but what happened did happen.
      this.#draw(this.#fan, []);
      return;
    }
    this.#draw(this.#fan, entity.lines);
    const horizon = Number(entity.metadata.find(({ key }) => key === 'horizon')?.value);
    if (horizon > 0) this.#horizon = horizon;
    if (now - this.#keptAt > this.#horizon) {
      this.#kept.copyLines(this.#fan);
      this.#keptAt = now;
    }
  }

  setGoals(markers: readonly Marker[]): void {
    this.#goals.set(markers);
  }

  /** The tip is here now. @param now wall s. */
  addTip(tip: Vector3, now: number): void {
    const last = (this.#written - 1 + TRAIL_POINTS) % TRAIL_POINTS;
    if (this.#written > 0 && this.#points[last].distanceToSquared(tip) < 1e-10) return;
    const index = this.#written++ % TRAIL_POINTS;
    this.#points[index].copy(tip);
    this.#times[index] = now;
    this.#drawTrail(now);
  }

  override dispose(): void {
    for (const lines of [this.#plan, this.#fan, this.#kept, this.#trail]) lines.dispose();
    this.#knots.dispose();
    this.#goals.dispose();
  }

  #draw(target: WideLines, lines: SceneUpdate['entities'][number]['lines']): void {
    target.begin();
    for (const { points, colors } of lines)
      for (let i = 1; i < points.length; i++)
        target.segment(points[i - 1], points[i], colors[i - 1], colors[i]);
    target.end();
  }

  #drawTrail(now: number): void {
    const kept = Math.min(this.#written, TRAIL_POINTS);
    const span = 2 * this.#horizon;
    this.#trail.begin();
    for (let age = 1; age < kept; age++) {
      const to = (this.#written - age + TRAIL_POINTS) % TRAIL_POINTS;
      const from = (to - 1 + TRAIL_POINTS) % TRAIL_POINTS;
      const old = (now - this.#times[from]) / span;
      if (old > 1) break;
      this.#fade(this.#to, (now - this.#times[to]) / span);
      this.#fade(this.#from, old);
      this.#trail.segment(this.#points[from], this.#points[to], this.#from, this.#to);
    }
    this.#trail.end();
  }

  #fade(color: { r: number; g: number; b: number; a: number }, old: number): void {
    color.r = this.#trailColor.r;
    color.g = this.#trailColor.g;
    color.b = this.#trailColor.b;
    color.a = 0.95 * (1 - old) ** 1.5;
  }
}
