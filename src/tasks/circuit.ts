/** Samples to either side of a cell's own among which the nearest is, anywhere in the cell. */
const reach = 4;

/** m */
export type ControlPoint = readonly [x: number, y: number, width?: number];

/**
 * A closed smooth line in the plane: the uniform cubic B-spline of a closed control polygon, sampled evenly. Finds the
 * nearest point without search over the whole line and without allocation.
 */
export class Circuit {
  /** m */
  readonly length: number;
  /** Samples x, y [2 × count] and the line's unwrapped heading there, rad [count]; rising by `turning` a lap. */
  readonly points: Float64Array;
  readonly headings: Float64Array;
  readonly turning: number;
  readonly count: number;
  /** The third numbers of the polygon, smoothed and sampled as the line [count], m. */
  readonly widths: Float64Array;
  readonly #step: number;
  /** Sample nearest to each cell's centre [rows × columns]. */
  readonly #nearest: Uint16Array;
  readonly #cell: number;
  readonly #left: number;
  readonly #low: number;
  readonly #columns: number;
  readonly #rows: number;

  /**
   * @param polygon control points [x, y], m, and if there is one a width there
   * @param spacing of the samples, about, m
   * @param margin how far from the line nearest points are found exactly, m
   */
  constructor(polygon: readonly ControlPoint[], spacing = 0.1, margin = 1) {
    const fine = splinePoints(
      polygon.map(([x, y]) => [x, y]),
      64,
    );
    const wide = splinePoints(
      polygon.map(([, , width = 0]) => [width, 0]),
      64,
    );
    const ends = new Float64Array(fine.length / 2 + 1);
    for (let i = 0; i < fine.length / 2; i++) {
      const j = (2 * i + 2) % fine.length;
      ends[i + 1] = ends[i] + Math.hypot(fine[j] - fine[2 * i], fine[j + 1] - fine[2 * i + 1]);
    }
    const length = ends[ends.length - 1];
    const count = Math.max(8, Math.round(length / spacing));
    this.count = count;
    this.points = new Float64Array(2 * count);
    this.widths = new Float64Array(count);
    for (let i = 0, at = 0; i < count; i++) {
      const s = (i * length) / count;
      while (ends[at + 1] <= s) at++;
      const t = (s - ends[at]) / (ends[at + 1] - ends[at]);
      const j = (2 * at + 2) % fine.length;
      for (let k = 0; k < 2; k++) this.points[2 * i + k] = (1 - t) * fine[2 * at + k] + t * fine[j + k];
      this.widths[i] = (1 - t) * wide[2 * at] + t * wide[j];
    }
    // Of the polygon through the samples, so that progress and its parts add up.
    this.#step = this.#chord();
    this.length = this.#step * count;
    this.headings = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const heading = this.#headingAfter(i);
      const turn = i === 0 ? 0 : heading - this.headings[i - 1];
      this.headings[i] =
        i === 0 ? heading : this.headings[i - 1] + turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    }
    const last = this.headings[0] - this.headings[count - 1];
    this.turning =
      this.headings[count - 1] - this.headings[0] + last - 2 * Math.PI * Math.round(last / (2 * Math.PI));

    const { points } = this;
    let [left, low, right, high] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      left = Math.min(left, points[2 * i]);
      right = Math.max(right, points[2 * i]);
      low = Math.min(low, points[2 * i + 1]);
      high = Math.max(high, points[2 * i + 1]);
    }
    this.#cell = 2 * this.#step;
    this.#left = left - margin;
    this.#low = low - margin;
    this.#columns = Math.ceil((right - left + 2 * margin) / this.#cell);
    this.#rows = Math.ceil((high - low + 2 * margin) / this.#cell);
    this.#nearest = new Uint16Array(this.#columns * this.#rows);
    for (let row = 0; row < this.#rows; row++)
      for (let column = 0; column < this.#columns; column++)
        this.#nearest[row * this.#columns + column] = this.#search(
          this.#left + (column + 0.5) * this.#cell,
          this.#low + (row + 0.5) * this.#cell,
        );
  }

  /**
   * Progress along the line, 0 … length, of its point nearest to (x, y), into out[0], and the distance from it, positive
   * to the left, into out[1]; m.
   */
  locate(x: number, y: number, out: Float64Array): void {
    const { points, count } = this;
    const column = Math.max(0, Math.min(this.#columns - 1, Math.floor((x - this.#left) / this.#cell)));
    const row = Math.max(0, Math.min(this.#rows - 1, Math.floor((y - this.#low) / this.#cell)));
    const start = this.#nearest[row * this.#columns + column];
    let best = Infinity;
    for (let k = -reach; k < reach; k++) {
      const i = (start + k + count) % count;
      const j = (i + 1) % count;
      const ax = points[2 * i];
      const ay = points[2 * i + 1];
      const ux = points[2 * j] - ax;
      const uy = points[2 * j + 1] - ay;
      const square = ux * ux + uy * uy;
      const t = Math.max(0, Math.min(1, ((x - ax) * ux + (y - ay) * uy) / square));
      const dx = x - ax - t * ux;
      const dy = y - ay - t * uy;
      const distance = dx * dx + dy * dy;
      if (distance < best) {
        best = distance;
        out[0] = (i + t) * this.#step;
        out[1] = Math.sign(ux * dy - uy * dx) * Math.sqrt(distance);
      }
    }
  }

  /** Heading of the line at progress s, rad, continuous over 0 … length. */
  heading(s: number): number {
    const at = Math.max(0, Math.min(this.count, s / this.#step));
    const i = Math.min(this.count - 1, Math.floor(at));
    const next = i + 1 < this.count ? this.headings[i + 1] : this.headings[0] + this.turning;
    return this.headings[i] + (at - i) * (next - this.headings[i]);
  }

  /** Width at progress s, m. */
  width(s: number): number {
    const at = Math.max(0, Math.min(this.count, s / this.#step));
    const i = Math.min(this.count - 1, Math.floor(at));
    return this.widths[i] + (at - i) * (this.widths[(i + 1) % this.count] - this.widths[i]);
  }

  /** Point at progress s and `offset` to the left. */
  at(s: number, offset: number, out: Float64Array): void {
    const around = ((s % this.length) + this.length) % this.length;
    const at = around / this.#step;
    const i = Math.floor(at) % this.count;
    const j = (i + 1) % this.count;
    const t = at - Math.floor(at);
    const heading = this.heading(around);
    for (let k = 0; k < 2; k++) out[k] = (1 - t) * this.points[2 * i + k] + t * this.points[2 * j + k];
    out[0] -= offset * Math.sin(heading);
    out[1] += offset * Math.cos(heading);
  }

  #chord(): number {
    let sum = 0;
    for (let i = 0; i < this.count; i++) {
      const j = (i + 1) % this.count;
      sum += Math.hypot(
        this.points[2 * j] - this.points[2 * i],
        this.points[2 * j + 1] - this.points[2 * i + 1],
      );
    }
    return sum / this.count;
  }

  /** Central difference. */
  #headingAfter(i: number): number {
    const { points, count } = this;
    const a = (i + count - 1) % count;
    const b = (i + 1) % count;
    return Math.atan2(points[2 * b + 1] - points[2 * a + 1], points[2 * b] - points[2 * a]);
  }

  #search(x: number, y: number): number {
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < this.count; i++) {
      const distance = (this.points[2 * i] - x) ** 2 + (this.points[2 * i + 1] - y) ** 2;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}

/** Points x, y … of the closed uniform cubic B-spline, `each` a control point. */
function splinePoints(polygon: readonly (readonly [number, number])[], each: number): Float64Array {
  const n = polygon.length;
  const out = new Float64Array(2 * n * each);
  for (let i = 0; i < n; i++) {
    const [a, b, c, d] = [polygon[(i + n - 1) % n], polygon[i], polygon[(i + 1) % n], polygon[(i + 2) % n]];
    for (let j = 0; j < each; j++) {
      const t = j / each;
      const weights = [
        (1 - t) ** 3 / 6,
        (3 * t ** 3 - 6 * t * t + 4) / 6,
        (-3 * t ** 3 + 3 * t * t + 3 * t + 1) / 6,
        t ** 3 / 6,
      ];
      for (let k = 0; k < 2; k++)
        out[2 * (i * each + j) + k] =
          weights[0] * a[k] + weights[1] * b[k] + weights[2] * c[k] + weights[3] * d[k];
    }
  }
  return out;
}
