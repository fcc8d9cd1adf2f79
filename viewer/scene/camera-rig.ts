import { PerspectiveCamera, Vector3 } from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { type Extent, emptyExtent } from './extent.ts';

/** Screen px that panels cover at each edge: the robot is framed in what is left. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** What moves and is to stay in view; a robot's view is one. World frame, m. */
export interface Subject {
  /** Of the body that carries the rest. */
  readonly base: Vector3;
  tip(out: Vector3): Vector3;
}

/** From where a robot is first seen: a little from the side, a little from above; planar ones move in the xz plane. */
const VIEW = new Vector3(0.3, -1, 0.26).normalize();
/** An arm is seen from further round. */
const ARM_VIEW = new Vector3(0.62, -0.9, 0.38).normalize();
/** What drives is seen from higher up, so that the ground is seen. */
const MOBILE_VIEW = new Vector3(-0.62, -0.85, 0.72).normalize();
/** Around what is framed. */
const MARGIN = 1.04;
/** ms */
const FLIGHT = 500;
/** s in which the camera makes up for 63 % of how far it is behind what it follows. */
const FOLLOWING = 0.4;
/** What stands farther than this from the middle is followed, in half widths of the picture. */
const EDGE = 0.62;

/** What is farther beyond that edge is not run after, in half widths. */
const LOST = 3;

interface Flight {
  /** `now` of its first frame; NaN before it. */
  began: number;
  readonly eye: Vector3;
  readonly target: Vector3;
  readonly toEye: Vector3;
  readonly toTarget: Vector3;
}

/** The camera: frames the robot until somebody moves it, orbits by hand, flies back when asked, follows what moves. */
export class CameraRig {
  readonly camera = new PerspectiveCamera(36, 1, 0.02, 200);
  /** What the picture is about: the extent's centre, or where a robot that drives has got to. World frame, m. */
  readonly about = new Vector3();
  readonly #controls: OrbitControls;
  readonly #moved: () => void;
  #extent: Extent = emptyExtent;
  #insets: Insets = { top: 0, right: 0, bottom: 0, left: 0 };
  /** px */
  #width = 1;
  #height = 1;
  #dragging = false;
  /** Until somebody moves the camera it keeps the robot framed. */
  #untouched = true;
  #flight: Flight | undefined;
  /** `now` of the last frame. */
  #followed = 0;
  readonly #projected = new Vector3();
  readonly #step = new Vector3();

  /**
   * @param canvas whose pointer and wheel move the camera
   * @param moved called whenever the picture is another
   */
  constructor(canvas: HTMLElement, moved: () => void) {
    this.#moved = moved;
    this.camera.up.set(0, 0, 1);
    const controls = new OrbitControls(this.camera, canvas);
    controls.enableDamping = true;
    controls.dampingFactor = 0.12;
    controls.zoomToCursor = true;
    controls.minDistance = 0.15;
    controls.maxDistance = 40;
    controls.maxPolarAngle = Math.PI * 0.58;
    controls.addEventListener('change', moved);
    controls.addEventListener('start', () => {
      this.#dragging = true;
      this.#untouched = false;
      this.#flight = undefined;
    });
    controls.addEventListener('end', () => {
      this.#dragging = false;
    });
    this.#controls = controls;
  }

  /** @param width of the picture, px @param height of the picture, px */
  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.camera.aspect = width / height;
    this.#shift();
  }

  setInsets(insets: Insets): void {
    const { top, right, bottom, left } = this.#insets;
    if (insets.top === top && insets.right === right && insets.bottom === bottom && insets.left === left)
      return;
    this.#insets = insets;
    this.#shift();
  }

  /** Another robot: it is framed again until somebody moves the camera. */
  release(): void {
    this.#untouched = true;
  }

  /** There is more or less to see. @param base world position of the body that carries the rest, m */
  setExtent(extent: Extent, base: Vector3): void {
    this.#extent = extent;
    const { center, radius, cut } = extent;
    this.about.set(...center);
    if (cut) this.about.setX(base.x).setY(base.y);
    this.camera.near = Math.min(0.02, 0.02 * radius);
    this.camera.far = Math.max(200, 60 * radius);
    this.camera.updateProjectionMatrix();
    this.#controls.minDistance = 0.15 * Math.min(1, radius);
    this.#controls.maxDistance = Math.max(40, 20 * radius);
    if (this.#untouched) this.#look();
    this.#moved();
  }

  /** Flies to where the whole robot is seen. */
  frame(): void {
    const { position: eye } = this.camera;
    const { target } = this.#controls;
    const toEye = new Vector3();
    const toTarget = new Vector3();
    this.#place(eye.clone().sub(target).normalize(), toEye, toTarget);
    this.#flight = {
      ...{ began: Number.NaN, eye: eye.clone(), target: target.clone() },
      ...{ toEye, toTarget },
    };
    this.#moved();
  }

  /** To be called once a frame. @param now ms of a clock that only goes on @param subject none while no robot stands there */
  update(now: number, subject: Subject | undefined): void {
    const passed = Math.min(0.1, (now - this.#followed) / 1000);
    this.#followed = now;
    if (this.#flight) this.#fly(now, this.#flight);
    if (subject && !this.#flight) this.#follow(subject, 1 - Math.exp(-passed / FOLLOWING));
    this.#controls.update();
  }

  dispose(): void {
    this.#controls.dispose();
  }

  #fly(now: number, flight: Flight): void {
    const { eye, target, toEye, toTarget } = flight;
    if (Number.isNaN(flight.began)) flight.began = now;
    const share = Math.min(1, (now - flight.began) / FLIGHT);
    const eased = share * share * (3 - 2 * share);
    this.camera.position.lerpVectors(eye, toEye, eased);
    this.#controls.target.lerpVectors(target, toTarget, eased);
    if (share === 1) this.#flight = undefined;
    this.#moved();
  }

  /**
   * Keeps what moves in view, and never snaps: near an edge the camera slides along with the tip; with a robot that drives
   * through more than fits it always goes along.
   * @param share of how far it is behind that it makes up for now
   */
  #follow(subject: Subject, share: number): void {
    const { mobile, cut, center, half, radius } = this.#extent;
    const { base } = subject;
    if (cut) {
      const step = this.#step.copy(base).sub(this.about).setZ(0);
      if (step.lengthSq() < 1e-8 * radius ** 2) return;
      this.about.add(step.multiplyScalar(share));
      this.#carry(step);
      return;
    }
    // What drives about within the picture needs no following.
    const inside = Math.abs(base.x - center[0]) <= half[0] && Math.abs(base.y - center[1]) <= half[1];
    if (this.#dragging || (mobile && inside)) return;
    this.camera.updateMatrixWorld();
    const seen = mobile ? this.#projected.copy(base) : subject.tip(this.#projected);
    const { x } = seen.project(this.camera);
    const beyond = Math.abs(x) - EDGE;
    if (!(beyond > 0 && beyond <= LOST)) return;
    const distance = this.camera.position.distanceTo(this.#controls.target);
    const aside = this.#step.setFromMatrixColumn(this.camera.matrixWorld, 0);
    this.#carry(aside.multiplyScalar(share * Math.sign(x) * beyond * distance));
  }

  /** Moves without turning. */
  #carry(step: Vector3): void {
    this.camera.position.add(step);
    this.#controls.target.add(step);
    this.#moved();
  }

  /** Puts the middle of the picture into the middle of what panels leave free. */
  #shift(): void {
    const { top, right, bottom, left } = this.#insets;
    const [width, height] = [this.#width, this.#height];
    this.camera.setViewOffset(width, height, (right - left) / 2, (bottom - top) / 2, width, height);
    if (this.#untouched) this.#look();
    this.#moved();
  }

  #look(): void {
    const { mobile, arm } = this.#extent;
    const view = mobile ? MOBILE_VIEW : arm ? ARM_VIEW : VIEW;
    this.#place(view, this.camera.position, this.#controls.target);
    this.#controls.update();
  }

  /** Where the camera has to be to see the extent from `direction`, within what panels leave free. */
  #place(direction: Vector3, eye: Vector3, target: Vector3): void {
    const { half } = this.#extent;
    const { top, right, bottom, left } = this.#insets;
    const free = {
      x: Math.max(0.25, (this.#width - left - right) / this.#width),
      y: Math.max(0.25, (this.#height - top - bottom) / this.#height),
    };
    const tall = Math.tan((this.camera.fov * Math.PI) / 360);
    const wide = tall * this.camera.aspect;
    const aside = new Vector3().crossVectors(this.camera.up, direction).normalize();
    const above = new Vector3().crossVectors(direction, aside);
    let distance = 0;
    // As far away as the corner that asks for most.
    for (let corner = 0; corner < 8; corner++) {
      const [x, y, z] = half.map((value, k) => (corner & (1 << k) ? value : -value));
      const at = new Vector3(x, y, z);
      const across = Math.abs(at.dot(aside)) / (wide * free.x);
      const tallness = Math.abs(at.dot(above)) / (tall * free.y);
      distance = Math.max(distance, Math.max(across, tallness) + at.dot(direction));
    }
    distance *= MARGIN;
    target.copy(this.about);
    eye.copy(direction).multiplyScalar(distance).add(target);
  }
}
