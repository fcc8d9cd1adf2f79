import {
  BoxGeometry,
  type BufferGeometry,
  Color,
  EdgesGeometry,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshLambertMaterial,
  SphereGeometry,
  TorusGeometry,
  Vector3,
} from 'three';
import type { Marker } from '../../src/core/task.ts';
import { place } from './solids.ts';
import { WideLines } from './wide-lines.ts';

const green = new Color(0.2, 0.85, 0.55);
const glow = new Color(0.05, 0.4, 0.22);
const faintGlow = new Color(0.02, 0.14, 0.08);
const zAxis = new Vector3(0, 0, 1);
/** Lines on the ground lie this much above it, m. */
const LIFT = 0.004;

/** Ghosts of what is to be reached. */
export class Goals extends Group {
  readonly #solid = new MeshLambertMaterial({ color: green, emissive: glow });
  readonly #glass = new MeshLambertMaterial({
    color: green,
    emissive: faintGlow,
    transparent: true,
    opacity: 0.42,
    depthWrite: false,
  });
  readonly #edge = new LineBasicMaterial({ color: new Color(0.35, 0.95, 0.68) });
  readonly #geometries: BufferGeometry[] = [];
  readonly #paths: WideLines[] = [];
  #color = { r: 1, g: 1, b: 1, a: 0.85 };
  #width = 1;
  #height = 1;
  #markers: readonly Marker[] = [];

  /** Of lines on the ground: what stands out from it. */
  setLineColor([r, g, b]: readonly [number, number, number]): void {
    this.#color = { r, g, b, a: 0.85 };
    this.set(this.#markers);
  }

  setViewport(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    for (const path of this.#paths) path.setViewport(width, height);
  }

  set(markers: readonly Marker[]): void {
    this.#clear();
    this.#markers = markers;
    for (const marker of markers) {
      if (marker.kind === 'path') this.#addPath(marker);
      else if (marker.kind === 'box') {
        const geometry = this.#keep(new BoxGeometry(...marker.size));
        const box = new Mesh(geometry, this.#glass);
        box.add(new LineSegments(this.#keep(new EdgesGeometry(geometry)), this.#edge));
        place(box, marker.pose);
        this.add(box);
      } else if (marker.kind === 'sphere') {
        const ball = new Mesh(this.#keep(new SphereGeometry(marker.radius, 32, 20)), this.#glass);
        ball.position.set(...marker.position);
        this.add(ball);
      } else {
        const { radius, normal = [0, 1, 0] } = marker;
        const tube = Math.max(0.004, radius * 0.06);
        const ring = new Mesh(this.#keep(new TorusGeometry(radius, tube, 16, 48)), this.#solid);
        ring.position.set(...marker.position);
        ring.quaternion.setFromUnitVectors(zAxis, new Vector3(...normal).normalize());
        ring.castShadow = true;
        this.add(ring);
      }
    }
  }

  override dispose(): void {
    this.#clear();
    this.#solid.dispose();
    this.#glass.dispose();
    this.#edge.dispose();
  }

  #addPath({ points, closed }: Extract<Marker, { kind: 'path' }>): void {
    const count = Math.floor(points.length / 3);
    const path = new WideLines(count, 2.2);
    const at = (i: number) => ({ x: points[3 * i], y: points[3 * i + 1], z: points[3 * i + 2] + LIFT });
    path.begin();
    for (let i = 1; i < count; i++) path.segment(at(i - 1), at(i), this.#color, this.#color);
    if (closed && count > 2) path.segment(at(count - 1), at(0), this.#color, this.#color);
    path.end();
    path.setViewport(this.#width, this.#height);
    this.#paths.push(path);
    this.add(path);
  }

  #keep<T extends BufferGeometry>(geometry: T): T {
    this.#geometries.push(geometry);
    return geometry;
  }

  #clear(): void {
    for (const geometry of this.#geometries.splice(0)) geometry.dispose();
    for (const path of this.#paths.splice(0)) path.dispose();
    this.clear();
  }
}
