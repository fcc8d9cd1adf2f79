import {
  BasicShadowMap,
  DirectionalLight,
  HemisphereLight,
  NeutralToneMapping,
  PCFShadowMap,
  PerspectiveCamera,
  PMREMGenerator,
  Scene,
  Vector3,
  WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { RoomEnvironment } from 'three/examples/jsm/environments/RoomEnvironment.js';
import type { RobotModel } from '../../src/core/robot.ts';
import type { Palette } from '../theme.ts';
import { type Extent, extentOf } from './extent.ts';
import { Ground } from './ground.ts';
import { type Layer, Overlays, type SceneUpdate } from './overlays.ts';
import { chooseQuality, type Quality } from './quality.ts';
import { RobotView, type Transform } from './robot-view.ts';

/** Screen px that panels cover at each edge: the robot is framed in what is left. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** From where a robot is first seen: a little from the side, a little from above; planar ones move in the xz plane. */
const VIEW = new Vector3(0.3, -1, 0.26).normalize();
const FLIGHT = 500;

/** The 3D view. Draws when something changed. Throws when the browser gives no WebGL. */
export class Stage {
  readonly canvas: HTMLCanvasElement;
  readonly quality: Quality = chooseQuality();
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(36, 1, 0.02, 200);
  readonly #controls: OrbitControls;
  readonly #ground = new Ground();
  readonly #overlays = new Overlays();
  readonly #key = new DirectionalLight(0xffffff, 2.6);
  readonly #sky = new HemisphereLight(0xdfe8ff, 0x4a4744, 0.7);
  /** From the viewer's side, without shadows, so that what faces us is not black. */
  readonly #fill = new DirectionalLight(0xdfe6ff, 0.9);
  readonly #observer: ResizeObserver;
  #robot: RobotView | undefined;
  #told = '';
  #extent: Extent = { center: [0, 0, 0.3], radius: 1, half: [1, 1, 1], ground: 0 };
  #insets: Insets = { top: 0, right: 0, bottom: 0, left: 0 };
  #dirty = true;
  #drawn = -Infinity;
  #dragging = false;
  /** Until somebody moves the camera it keeps the robot framed. */
  #untouched = true;
  #lost = false;
  /** A flight of the camera that is under way. */
  #flight: { began: number; eye: Vector3; target: Vector3; toEye: Vector3; toTarget: Vector3 } | undefined;
  readonly #tip = new Vector3();
  readonly #projected = new Vector3();
  readonly #side = new Vector3();

  constructor(host: HTMLElement) {
    const { quality } = this;
    this.#renderer = new WebGLRenderer({
      antialias: quality.antialias,
      alpha: true,
      powerPreference: 'high-performance',
    });
    this.canvas = this.#renderer.domElement;
    this.#renderer.toneMapping = NeutralToneMapping;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = quality.softShadows ? PCFShadowMap : BasicShadowMap;
    if (quality.physical) {
      const room = new RoomEnvironment();
      const environment = new PMREMGenerator(this.#renderer);
      this.#scene.environment = environment.fromScene(room, 0.04).texture;
      this.#scene.environmentIntensity = 0.45;
      room.dispose();
      environment.dispose();
    } else this.#sky.intensity = 2;
    this.#fill.position.set(0.5, -1, 0.15);
    this.#camera.up.set(0, 0, 1);
    this.#key.castShadow = true;
    this.#key.shadow.mapSize.set(quality.shadowMap, quality.shadowMap);
    this.#key.shadow.radius = 5;
    this.#key.shadow.bias = -0.0004;
    this.#key.shadow.normalBias = 0.01;
    this.#scene.add(this.#ground, this.#overlays, this.#key, this.#key.target, this.#sky, this.#fill);
    this.#controls = new OrbitControls(this.#camera, this.canvas);
    this.#controls.enableDamping = true;
    this.#controls.dampingFactor = 0.12;
    this.#controls.zoomToCursor = true;
    this.#controls.minDistance = 0.15;
    this.#controls.maxDistance = 40;
    this.#controls.maxPolarAngle = Math.PI * 0.58;
    this.#controls.addEventListener('change', () => this.invalidate());
    this.#controls.addEventListener('start', () => {
      this.#dragging = true;
      this.#untouched = false;
      this.#flight = undefined;
    });
    this.#controls.addEventListener('end', () => {
      this.#dragging = false;
    });
    this.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.#lost = true;
    });
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.#lost = false;
      this.invalidate();
    });
    host.prepend(this.canvas);
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(host);
    this.#resize();
  }

  /** The browser took the graphics context away; it may come back. */
  get lost(): boolean {
    return this.#lost;
  }

  invalidate(): void {
    this.#dirty = true;
  }

  setPalette(palette: Palette): void {
    this.#ground.setPalette(palette);
    this.#overlays.setPalette(palette);
    this.invalidate();
  }

  setInsets(insets: Insets): void {
    const { top, right, bottom, left } = this.#insets;
    if (insets.top === top && insets.right === right && insets.bottom === bottom && insets.left === left)
      return;
    this.#insets = insets;
    this.#resize();
  }

  /** Builds the robot, unless it stands there already: a reconnection tells the same again. */
  setRobot(robot: RobotModel): void {
    const told = JSON.stringify(robot);
    if (told === this.#told) return;
    this.#told = told;
    if (this.#robot) {
      this.#scene.remove(this.#robot);
      this.#robot.dispose();
    }
    this.#robot = new RobotView(robot, this.quality.physical);
    this.#scene.add(this.#robot);
    this.#overlays.forget();
    this.#extent = extentOf(robot);
    const { center, radius, ground } = this.#extent;
    this.#ground.place(ground, center[0], center[1], Math.max(4, 5 * radius));
    this.#key.position.set(center[0] - radius, center[1] - 1.4 * radius, center[2] + 2.6 * radius);
    this.#key.target.position.set(...center);
    const { camera } = this.#key.shadow;
    const wide = 2.2 * radius;
    camera.left = camera.bottom = -wide;
    camera.right = camera.top = wide;
    camera.near = 0.1;
    camera.far = 9 * radius;
    camera.updateProjectionMatrix();
    this.#look();
    this.invalidate();
  }

  /** @param now `performance.now()`. */
  setTransforms(transforms: readonly Transform[], now: number): void {
    if (!this.#robot) return;
    this.#robot.setTransforms(transforms);
    this.#robot.tip(this.#tip);
    this.#overlays.addTip(this.#tip, now / 1000);
    this.invalidate();
  }

  setScene(update: SceneUpdate): void {
    this.#overlays.setGoal(update);
    this.invalidate();
  }

  setPlan(update: SceneUpdate): void {
    this.#overlays.setPlan(update);
    this.invalidate();
  }

  setImagined(update: SceneUpdate, now: number): void {
    this.#overlays.setImagined(update, now / 1000);
    this.invalidate();
  }

  show(layer: Layer, visible: boolean): void {
    this.#overlays.show(layer, visible);
    this.invalidate();
  }

  /** Flies to where the whole robot is seen. */
  frame(): void {
    const toEye = new Vector3();
    const toTarget = new Vector3();
    const direction = this.#camera.position.clone().sub(this.#controls.target).normalize();
    this.#place(direction, toEye, toTarget);
    this.#flight = {
      began: performance.now(),
      eye: this.#camera.position.clone(),
      target: this.#controls.target.clone(),
      toEye,
      toTarget,
    };
    this.invalidate();
  }

  /** To be called once a frame. @param now `performance.now()`. Returns whether it drew. */
  draw(now: number): boolean {
    if (this.#lost) return false;
    this.#fly(now);
    this.#follow();
    this.#controls.update();
    if (!this.#dirty || now - this.#drawn < this.quality.frameInterval) return false;
    this.#dirty = false;
    this.#drawn = now;
    this.#renderer.render(this.#scene, this.#camera);
    return true;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#controls.dispose();
    this.#robot?.dispose();
    this.#ground.dispose();
    this.#overlays.dispose();
    this.#scene.environment?.dispose();
    this.#renderer.dispose();
    this.canvas.remove();
  }

  #fly(now: number): void {
    if (!this.#flight) return;
    const { began, eye, target, toEye, toTarget } = this.#flight;
    const share = Math.min(1, (now - began) / FLIGHT);
    const eased = share * share * (3 - 2 * share);
    this.#camera.position.lerpVectors(eye, toEye, eased);
    this.#controls.target.lerpVectors(target, toTarget, eased);
    if (share === 1) this.#flight = undefined;
    this.invalidate();
  }

  /** Keeps the tip in view: near an edge the camera slides along, without ever snapping. */
  #follow(): void {
    if (!this.#robot || this.#dragging || this.#flight) return;
    const x = this.#projected.copy(this.#tip).project(this.#camera).x;
    const beyond = Math.abs(x) > 0.62 ? Math.sign(x) * (Math.abs(x) - 0.62) : 0;
    if (beyond === 0 || Math.abs(beyond) > 3) return;
    const distance = this.#camera.position.distanceTo(this.#controls.target);
    this.#side.setFromMatrixColumn(this.#camera.matrixWorld, 0).multiplyScalar(0.04 * beyond * distance);
    this.#camera.position.add(this.#side);
    this.#controls.target.add(this.#side);
    this.invalidate();
  }

  #look(): void {
    this.#untouched = true;
    this.#place(VIEW, this.#camera.position, this.#controls.target);
    this.#controls.update();
  }

  /** Where the camera has to be to see the extent from `direction`, within what panels leave free. */
  #place(direction: Vector3, eye: Vector3, target: Vector3): void {
    const { center, half } = this.#extent;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { top, right, bottom, left } = this.#insets;
    const free = {
      x: Math.max(0.25, (width - left - right) / Math.max(1, width)),
      y: Math.max(0.25, (height - top - bottom) / Math.max(1, height)),
    };
    const tall = Math.tan((this.#camera.fov * Math.PI) / 360);
    const wide = tall * this.#camera.aspect;
    // Half sizes of the extent as seen from there.
    const across = Math.hypot(direction.x, direction.y);
    const seenWide =
      (half[0] * Math.abs(direction.y) + half[1] * Math.abs(direction.x)) / Math.max(0.2, across);
    const seenTall = half[2] * across + (half[0] + half[1]) * 0.5 * Math.abs(direction.z);
    const distance = 1.12 * Math.max(seenWide / (wide * free.x), seenTall / (tall * free.y)) + half[1];
    target.set(...center);
    eye.copy(direction).multiplyScalar(distance).add(target);
  }

  #resize(): void {
    const host = this.canvas.parentElement;
    if (!host) return;
    const width = Math.max(1, host.clientWidth);
    const height = Math.max(1, host.clientHeight);
    const ratio = Math.min(devicePixelRatio, this.quality.mostPixelRatio);
    this.#renderer.setPixelRatio(ratio);
    this.#renderer.setSize(width, height);
    this.#camera.aspect = width / height;
    const { top, right, bottom, left } = this.#insets;
    this.#camera.setViewOffset(width, height, (right - left) / 2, (bottom - top) / 2, width, height);
    this.#overlays.setViewport(width, height, ratio);
    if (this.#untouched) this.#look();
    this.invalidate();
  }
}
