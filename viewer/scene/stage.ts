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
import type { Marker, WorldSpec } from '../../src/core/task.ts';
import type { Palette } from '../theme.ts';
import { type Extent, emptyExtent, extentOf } from './extent.ts';
import { type Arrow, Forces } from './forces.ts';
import { Ghost } from './ghost.ts';
import { Ground } from './ground.ts';
import { MeshLibrary } from './meshes.ts';
import { markersOf, type OverlayLayer, Overlays, type SceneUpdate } from './overlays.ts';
import { chooseQuality, type Quality } from './quality.ts';
import { RobotView, type Transform } from './robot-view.ts';
import { Solids } from './solids.ts';
import { WorldView } from './world-view.ts';

export type Layer = OverlayLayer | 'collisions' | 'forces' | 'belief';

/** Screen px that panels cover at each edge: the robot is framed in what is left. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** From where a robot is first seen: a little from the side, a little from above; planar ones move in the xz plane. */
const VIEW = new Vector3(0.3, -1, 0.26).normalize();
/** An arm is seen from further round. */
const ARM_VIEW = new Vector3(0.62, -0.9, 0.38).normalize();
/** What drives is seen from higher up, so that the ground is seen. */
const MOBILE_VIEW = new Vector3(-0.62, -0.85, 0.72).normalize();
/** Around what is framed. */
const MARGIN = 1.04;
const FLIGHT = 500;
/** s in which the camera makes up for 63 % of how far it is behind what it follows. */
const FOLLOWING = 0.4;

interface Standing {
  readonly robot: RobotModel;
  readonly world: WorldSpec | null;
  readonly view: RobotView;
  readonly surroundings: WorldView;
  readonly ghost: Ghost;
  readonly solids: readonly Solids[];
  readonly library: MeshLibrary;
}

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
  readonly #forces = new Forces();
  readonly #key = new DirectionalLight(0xffffff, 2.6);
  readonly #sky = new HemisphereLight(0xdfe8ff, 0x4a4744, 0.7);
  /** From the viewer's side, without shadows, so that what faces us is not black. */
  readonly #fill = new DirectionalLight(0xdfe6ff, 0.9);
  readonly #observer: ResizeObserver;
  readonly #server: string;
  readonly #note: (text: string) => void;
  #standing: Standing | undefined;
  #told = '';
  #markers: readonly Marker[] = [];
  #extent: Extent = emptyExtent;
  #collisions = false;
  #believed = true;
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
  /** What light, ground and camera are about: the extent's centre, or where a robot that drives has got to. */
  readonly #about = new Vector3();
  readonly #step = new Vector3();
  #followed = 0;

  /**
   * @param server WebSocket address of the live server, which has the meshes
   * @param note told what cannot be drawn as it should
   */
  constructor(host: HTMLElement, server: string, note: (text: string) => void) {
    this.#server = server;
    this.#note = note;
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
    this.#key.shadow.radius = 3;
    this.#key.shadow.bias = -0.0004;
    this.#key.shadow.normalBias = 0.01;
    this.#scene.add(
      this.#ground,
      this.#overlays,
      this.#forces,
      this.#key,
      this.#key.target,
      this.#sky,
      this.#fill,
    );
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

  /** Builds robot and world, unless they stand there already: a reconnection tells the same again. */
  setRobot(robot: RobotModel, world: WorldSpec | null): void {
    const told = JSON.stringify([robot, world]);
    if (told === this.#told) return;
    this.#told = told;
    this.#clear();
    const library = new MeshLibrary(this.#server);
    const solids = new Solids(this.quality.physical, library, () => this.#grow());
    const view = new RobotView(robot, solids, this.#note);
    const surroundings = new WorldView(robot, world, solids, this.#note);
    const faint = new Solids(this.quality.physical, library, () => this.invalidate(), true);
    const ghost = new Ghost(robot, faint);
    this.#standing = { robot, world, view, surroundings, ghost, library, solids: [solids, faint] };
    view.showCollisions(this.#collisions);
    ghost.show(this.#believed);
    this.#scene.add(view, surroundings, ghost);
    this.#overlays.forget();
    this.#forces.set([]);
    this.#markers = [];
    this.#untouched = true;
    this.#grow();
  }

  /** @param now `performance.now()`. */
  setTransforms(transforms: readonly Transform[], now: number): void {
    if (!this.#standing) return;
    const { view, surroundings } = this.#standing;
    view.setTransforms(transforms);
    surroundings.setTransforms(transforms);
    view.tip(this.#tip);
    this.#overlays.addTip(this.#tip, now / 1000);
    this.invalidate();
  }

  setScene(update: SceneUpdate): void {
    const markers = markersOf(update);
    // Told anew at each reset.
    this.#overlays.forgetPast();
    this.#overlays.setGoals(markers);
    // The first goal shows how large goals are; later ones must not move the camera.
    if (this.#markers.length === 0 && markers.length > 0) {
      this.#markers = markers;
      this.#grow();
    }
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

  /** @param position coordinates q [D] where the plan in force says that the robot is; null without one */
  setBelief(position: readonly number[] | null): void {
    this.#standing?.ghost.set(position);
    if (this.#believed) this.invalidate();
  }

  setForces(update: { readonly entities: readonly { readonly arrows: readonly Arrow[] }[] }): void {
    this.#forces.set(update.entities[0]?.arrows ?? []);
    if (this.#forces.visible) this.invalidate();
  }

  show(layer: Layer, visible: boolean): void {
    if (layer === 'collisions') {
      this.#collisions = visible;
      this.#standing?.view.showCollisions(visible);
    } else if (layer === 'belief') {
      this.#believed = visible;
      this.#standing?.ghost.show(visible);
    } else if (layer === 'forces') this.#forces.visible = visible;
    else this.#overlays.show(layer, visible);
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
    this.#follow(now);
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
    this.#clear();
    this.#ground.dispose();
    this.#overlays.dispose();
    this.#forces.dispose();
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

  /** Gives everything back that was made for the robot that stands there. */
  #clear(): void {
    if (!this.#standing) return;
    const { view, surroundings, ghost, solids, library } = this.#standing;
    this.#scene.remove(view, surroundings, ghost);
    for (const some of solids) some.dispose();
    library.dispose();
    this.#standing = undefined;
  }

  /** Something stands there that did not before: light and ground reach as far, and so does an untouched camera. */
  #grow(): void {
    if (!this.#standing) return;
    const { robot, world, view, library } = this.#standing;
    this.#extent = extentOf(robot, world, this.#markers, (file) => library.boundsOf(file));
    const { center, radius } = this.#extent;
    this.#about.set(...center);
    if (this.#extent.cut) this.#about.setX(view.base.x).setY(view.base.y);
    const { camera } = this.#key.shadow;
    const wide = 1.6 * radius;
    camera.left = camera.bottom = -wide;
    camera.right = camera.top = wide;
    camera.near = 0.1 * radius;
    camera.far = 9 * radius;
    camera.updateProjectionMatrix();
    this.#camera.near = Math.min(0.02, 0.02 * radius);
    this.#camera.far = Math.max(200, 60 * radius);
    this.#controls.minDistance = 0.15 * Math.min(1, radius);
    this.#controls.maxDistance = Math.max(40, 20 * radius);
    this.#lightUp();
    if (this.#untouched) this.#look();
    this.invalidate();
  }

  #lightUp(): void {
    const { radius, ground } = this.#extent;
    const { x, y, z } = this.#about;
    this.#ground.place(ground, x, y, Math.max(4, 5 * radius));
    this.#key.position.set(x - radius, y - 1.4 * radius, z + 2.6 * radius);
    this.#key.target.position.copy(this.#about);
  }

  /**
   * Keeps what moves in view, and never snaps: near an edge the camera slides along with the tip; with a robot that drives
   * through more than fits it always goes along.
   */
  #follow(now: number): void {
    const passed = Math.min(0.1, (now - this.#followed) / 1000);
    this.#followed = now;
    if (!this.#standing || this.#flight) return;
    if (this.#extent.cut) {
      const step = this.#step.copy(this.#standing.view.base).sub(this.#about);
      step.z = 0;
      if (step.lengthSq() < 1e-8 * this.#extent.radius ** 2) return;
      step.multiplyScalar(1 - Math.exp(-passed / FOLLOWING));
      this.#about.add(step);
      this.#lightUp();
      this.#camera.position.add(step);
      this.#controls.target.add(step);
      this.invalidate();
      return;
    }
    const { mobile, center, half } = this.#extent;
    const { base } = this.#standing.view;
    // What drives about within the picture needs no following.
    const inside = Math.abs(base.x - center[0]) <= half[0] && Math.abs(base.y - center[1]) <= half[1];
    if (this.#dragging || (mobile && inside)) return;
    const seen = this.#projected.copy(mobile ? base : this.#tip);
    this.#camera.updateMatrixWorld();
    const { x } = seen.project(this.#camera);
    const beyond = Math.abs(x) > 0.62 ? Math.sign(x) * (Math.abs(x) - 0.62) : 0;
    if (beyond === 0 || Math.abs(beyond) > 3) return;
    const distance = this.#camera.position.distanceTo(this.#controls.target);
    const share = 1 - Math.exp(-passed / FOLLOWING);
    this.#side.setFromMatrixColumn(this.#camera.matrixWorld, 0).multiplyScalar(share * beyond * distance);
    this.#camera.position.add(this.#side);
    this.#controls.target.add(this.#side);
    this.invalidate();
  }

  #look(): void {
    this.#untouched = true;
    const { mobile, arm } = this.#extent;
    const view = mobile ? MOBILE_VIEW : arm ? ARM_VIEW : VIEW;
    this.#place(view, this.#camera.position, this.#controls.target);
    this.#controls.update();
  }

  /** Where the camera has to be to see the extent from `direction`, within what panels leave free. */
  #place(direction: Vector3, eye: Vector3, target: Vector3): void {
    const { half } = this.#extent;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { top, right, bottom, left } = this.#insets;
    const free = {
      x: Math.max(0.25, (width - left - right) / Math.max(1, width)),
      y: Math.max(0.25, (height - top - bottom) / Math.max(1, height)),
    };
    const tall = Math.tan((this.#camera.fov * Math.PI) / 360);
    const wide = tall * this.#camera.aspect;
    const aside = new Vector3().crossVectors(this.#camera.up, direction).normalize();
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
    target.copy(this.#about);
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
