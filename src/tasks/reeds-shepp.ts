/**
 * Length of the shortest way of a car that drives both ways, from (0, 0, 0) to (x, y, yaw), in turning radii (Reeds and
 * Shepp, "Optimal paths for a car that goes both forwards and backwards", Pacific J. Math. 145, 1990). Formula numbers
 * are the paper's. Without allocation.
 */
export function reedsSheppLength(x: number, y: number, yaw: number): number {
  const phi = wrapped(yaw);
  const s = Math.sin(phi);
  const c = Math.cos(phi);
  // The way driven in reverse order, from the goal's end.
  const back = x * c + y * s;
  const side = x * s - y * c;
  let best = Infinity;
  // Driven backwards (x and yaw change sign), mirrored (y and yaw), and both.
  for (let k = 0; k < 4; k++) {
    const fx = (k & 1) === 0 ? 1 : -1;
    const fy = (k & 2) === 0 ? 1 : -1;
    const turn = fx * fy;
    best = Math.min(
      best,
      straightBetween(fx * x, fy * y, turn * phi, turn * s, c),
      twoCusps(fx * x, fy * y, turn * phi, turn * s, c),
      oneCusp(fx * x, fy * y, turn * phi, turn * s, c),
      oneCusp(fx * back, fy * side, turn * phi, turn * s, c),
    );
  }
  return best;
}

/** 8.1 (L S L) and 8.2 (L S R): forwards throughout. */
function straightBetween(x: number, y: number, phi: number, s: number, c: number): number {
  let best = Infinity;
  let xi = x - s;
  let eta = y - 1 + c;
  let t = Math.atan2(eta, xi);
  if (t >= 0) {
    const v = wrapped(phi - t);
    if (v >= 0) best = t + Math.sqrt(xi * xi + eta * eta) + v;
  }
  xi = x + s;
  eta = y - 1 - c;
  const square = xi * xi + eta * eta;
  if (square >= 4) {
    const u = Math.sqrt(square - 4);
    t = wrapped(Math.atan2(eta, xi) + Math.atan2(2, u));
    const v = wrapped(t - phi);
    if (t >= 0 && v >= 0) best = Math.min(best, t + u + v);
  }
  return best;
}

/** 8.7 and 8.8 (four arcs) and 8.11 (arcs of a quarter turn around a straight part). */
function twoCusps(x: number, y: number, phi: number, s: number, c: number): number {
  let best = Infinity;
  const xi = x + s;
  const eta = y - 1 - c;
  const square = xi * xi + eta * eta;
  const near = (2 + Math.sqrt(square)) / 4;
  if (near <= 1) {
    const u = Math.acos(near);
    const t = outer(u, -u, xi, eta);
    const v = wrapped(t - 2 * u - phi);
    if (t >= 0 && v <= 0) best = t + 2 * u - v;
  }
  const far = (20 - square) / 16;
  if (far >= 0 && far <= 1) {
    const u = -Math.acos(far);
    const t = outer(u, u, xi, eta);
    const v = wrapped(t - phi);
    if (t >= 0 && v >= 0) best = Math.min(best, t - 2 * u + v);
  }
  if (square >= 4) {
    const u = 4 - Math.sqrt(square - 4);
    if (u <= 0) {
      const t = wrapped(Math.atan2((4 - u) * xi - 2 * eta, -2 * xi + (u - 4) * eta));
      const v = wrapped(t - phi);
      if (t >= 0 && v >= 0) best = Math.min(best, t - u + v + Math.PI);
    }
  }
  return best;
}

/** 8.3 (three arcs), 8.9 and 8.10 (an arc, a quarter turn back, a straight part, an arc). */
function oneCusp(x: number, y: number, phi: number, s: number, c: number): number {
  let best = Infinity;
  let xi = x - s;
  let eta = y - 1 + c;
  let rho = Math.sqrt(xi * xi + eta * eta);
  const theta = Math.atan2(eta, xi);
  if (rho <= 4) {
    const u = -2 * Math.asin(rho / 4);
    const t = wrapped(theta + u / 2 + Math.PI);
    const v = wrapped(phi - t + u);
    if (t >= 0) best = t - u + Math.abs(v);
  }
  if (rho >= 2) {
    const r = Math.sqrt(rho * rho - 4);
    const u = 2 - r;
    const t = wrapped(theta + Math.atan2(r, -2));
    const v = wrapped(phi - Math.PI / 2 - t);
    if (t >= 0 && u <= 0 && v <= 0) best = Math.min(best, t + Math.PI / 2 - u - v);
  }
  xi = x + s;
  eta = y - 1 - c;
  rho = Math.sqrt(xi * xi + eta * eta);
  if (rho >= 2) {
    const t = Math.atan2(xi, -eta);
    const u = 2 - rho;
    const v = wrapped(t + Math.PI / 2 - phi);
    if (t >= 0 && v <= 0) best = Math.min(best, t + Math.PI / 2 - u - v);
  }
  return best;
}

/** The first arc of four with middle arcs u and v (the paper's τ). */
function outer(u: number, v: number, xi: number, eta: number): number {
  const delta = u - v;
  const a = Math.sin(u) - Math.sin(delta);
  const b = Math.cos(u) - Math.cos(delta) - 1;
  const t = Math.atan2(eta * a - xi * b, xi * a + eta * b);
  return 2 * (Math.cos(delta) - Math.cos(v) - Math.cos(u)) + 3 < 0 ? wrapped(t + Math.PI) : wrapped(t);
}

/** Into −π … π. */
function wrapped(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
