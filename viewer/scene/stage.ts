import {
  BasicShadowMap,
  DirectionalLight,
  HemisphereLight,
  NeutralToneMapping,
  PCFShadowMap,
  PMREMGenerator,
  Scene,
  Vector3,
  WebGLRenderer,
} from 'three';
import { RoomEnvironment } from 'three/examples/jsm/environments/RoomEnvironment.js';
import type { RobotModel } from '../../src/core/robot.ts';
import type { Marker, WorldSpec } from '../../src/core/task.ts';
import type { Palette } from '../theme.ts';
import { CameraRig, type Insets } from './camera-rig.ts';
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
  readonly #rig: CameraRig;
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
  #dirty = true;
  #drawn = -Infinity;
  #lost = false;
  readonly #tip = new Vector3();

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
    this.#rig = new CameraRig(this.canvas, () => this.invalidate());
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
    this.#rig.setInsets(insets);
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
    this.#rig.release();
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
    this.#rig.frame();
  }

  /** To be called once a frame. @param now `performance.now()`. Returns whether it drew. */
  draw(now: number): boolean {
    if (this.#lost) return false;
    this.#rig.update(now, this.#standing?.view);
    if (!this.#dirty || now - this.#drawn < this.quality.frameInterval) return false;
    this.#dirty = false;
    this.#drawn = now;
    if (this.#standing) this.#lightUp();
    this.#renderer.render(this.#scene, this.#rig.camera);
    return true;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#rig.dispose();
    this.#clear();
    this.#ground.dispose();
    this.#overlays.dispose();
    this.#forces.dispose();
    this.#scene.environment?.dispose();
    this.#renderer.dispose();
    this.canvas.remove();
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
    const { radius } = this.#extent;
    const { camera } = this.#key.shadow;
    const wide = 1.6 * radius;
    camera.left = camera.bottom = -wide;
    camera.right = camera.top = wide;
    camera.near = 0.1 * radius;
    camera.far = 9 * radius;
    camera.updateProjectionMatrix();
    this.#rig.setExtent(this.#extent, view.base);
    this.invalidate();
  }

  /** Light and ground go where the robot goes. */
  #lightUp(): void {
    const { radius, ground } = this.#extent;
    const { x, y, z } = this.#rig.about;
    this.#ground.place(ground, x, y, Math.max(4, 5 * radius));
    this.#key.position.set(x - radius, y - 1.4 * radius, z + 2.6 * radius);
    this.#key.target.position.set(x, y, z);
  }

  #resize(): void {
    const host = this.canvas.parentElement;
    if (!host) return;
    const width = Math.max(1, host.clientWidth);
    const height = Math.max(1, host.clientHeight);
    const ratio = Math.min(devicePixelRatio, this.quality.mostPixelRatio);
    this.#renderer.setPixelRatio(ratio);
    this.#renderer.setSize(width, height);
    this.#rig.resize(width, height);
    this.#overlays.setViewport(width, height, ratio);
    this.invalidate();
  }
}
