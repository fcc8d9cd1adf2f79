import {
  ConeGeometry,
  CylinderGeometry,
  DynamicDrawUsage,
  Group,
  InstancedMesh,
  Matrix4,
  MeshBasicMaterial,
  Quaternion,
  Vector3,
} from 'three';

/** The parts of foxglove.ArrowPrimitive that we read: it points along x of its pose. */
export interface Arrow {
  readonly pose: {
    readonly position: { readonly x: number; readonly y: number; readonly z: number };
    readonly orientation: { readonly x: number; readonly y: number; readonly z: number; readonly w: number };
  };
  readonly shaft_length: number;
  readonly shaft_diameter: number;
  readonly head_length: number;
  readonly head_diameter: number;
}

const MOST = 64;

/** Contact forces as arrows, seen through what they press on. */
export class Forces extends Group {
  readonly #material = new MeshBasicMaterial({
    color: 0xffd24a,
    depthTest: false,
    transparent: true,
    opacity: 0.9,
  });
  /** Along x, from 0 to 1, 1 wide. */
  readonly #shafts = new InstancedMesh(
    new CylinderGeometry(0.5, 0.5, 1, 12).translate(0, 0.5, 0).rotateZ(-Math.PI / 2),
    this.#material,
    MOST,
  );
  readonly #heads = new InstancedMesh(
    new ConeGeometry(0.5, 1, 16).translate(0, 0.5, 0).rotateZ(-Math.PI / 2),
    this.#material,
    MOST,
  );
  readonly #at = new Vector3();
  readonly #turn = new Quaternion();
  readonly #size = new Vector3();
  readonly #matrix = new Matrix4();

  constructor() {
    super();
    for (const mesh of [this.#shafts, this.#heads]) {
      mesh.instanceMatrix.setUsage(DynamicDrawUsage);
      mesh.frustumCulled = false;
      mesh.renderOrder = 6;
      mesh.count = 0;
      this.add(mesh);
    }
  }

  set(arrows: readonly Arrow[]): void {
    const count = Math.min(MOST, arrows.length);
    for (let i = 0; i < count; i++) {
      const { pose, shaft_length, shaft_diameter, head_length, head_diameter } = arrows[i];
      this.#at.copy(pose.position);
      this.#turn.copy(pose.orientation as Quaternion);
      this.#size.set(shaft_length, shaft_diameter, shaft_diameter);
      this.#shafts.setMatrixAt(i, this.#matrix.compose(this.#at, this.#turn, this.#size));
      this.#at.add(this.#size.set(shaft_length, 0, 0).applyQuaternion(this.#turn));
      this.#size.set(head_length, head_diameter, head_diameter);
      this.#heads.setMatrixAt(i, this.#matrix.compose(this.#at, this.#turn, this.#size));
    }
    for (const mesh of [this.#shafts, this.#heads]) {
      mesh.count = count;
      mesh.instanceMatrix.needsUpdate = true;
    }
  }

  override dispose(): void {
    this.#material.dispose();
    for (const mesh of [this.#shafts, this.#heads]) {
      mesh.geometry.dispose();
      mesh.dispose();
    }
  }
}
