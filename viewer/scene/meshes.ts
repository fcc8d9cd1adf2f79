import { Box3, BufferGeometry, LoadingManager, Material, type Matrix4, Mesh, type Object3D } from 'three';

/** One piece of a mesh file: where it lies in the file's own frame, and what the file says of its look. */
export interface MeshPart {
  readonly geometry: BufferGeometry;
  readonly matrix: Matrix4;
  /** Of each group of triangles; empty where the file knows no colours. */
  readonly materials: readonly Material[];
}

export interface LoadedMesh {
  readonly parts: readonly MeshPart[];
  /** In the file's frame, without the scale of whoever draws it. */
  readonly bounds: Box3;
}

/** A texture or a buffer in a file of its own is not served: it is empty, and only the shape remains. */
const nothing = 'data:,';

/** The mesh files of one robot, each fetched and read once, however often it is drawn. */
export class MeshLibrary {
  readonly #address: (file: string) => URL;
  readonly #files = new Map<string, Promise<LoadedMesh>>();
  readonly #loaded = new Map<string, LoadedMesh>();
  readonly #stop = new AbortController();

  /** @param server WebSocket address of the live server, perhaps with a token. */
  constructor(server: string) {
    this.#address = (file) => {
      const url = new URL(server);
      url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
      url.pathname = `/${file}`;
      return url;
    };
  }

  /** Rejects with a reason for people. */
  load(file: string): Promise<LoadedMesh> {
    let loading = this.#files.get(file);
    if (!loading) {
      loading = this.#fetch(file).then((mesh) => {
        this.#loaded.set(file, mesh);
        if (this.#stop.signal.aborted) release(mesh);
        return mesh;
      });
      this.#files.set(file, loading);
    }
    return loading;
  }

  /** Undefined until the file is there. */
  boundsOf(file: string | undefined): Box3 | undefined {
    return file === undefined ? undefined : this.#loaded.get(file)?.bounds;
  }

  get disposed(): boolean {
    return this.#stop.signal.aborted;
  }

  dispose(): void {
    this.#stop.abort();
    for (const mesh of this.#loaded.values()) release(mesh);
  }

  async #fetch(file: string): Promise<LoadedMesh> {
    const answer = await fetch(this.#address(file), { signal: this.#stop.signal });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const object = await parse(file, await answer.arrayBuffer());
    object.updateMatrixWorld(true);
    const parts: MeshPart[] = [];
    object.traverse((child) => {
      if (!(child instanceof Mesh) || !(child.geometry instanceof BufferGeometry)) return;
      if (!(child.geometry.getAttribute('position')?.count > 2)) return;
      if (!child.geometry.getAttribute('normal')) child.geometry.computeVertexNormals();
      parts.push({
        geometry: child.geometry,
        matrix: child.matrixWorld.clone(),
        materials: [child.material].flat().filter((material) => material instanceof Material),
      });
    });
    if (parts.length === 0) throw new Error('it has no triangles');
    const bounds = new Box3().setFromObject(object);
    if (![...bounds.min, ...bounds.max].every(Number.isFinite)) throw new Error('its corners are not finite');
    return { parts, bounds };
  }
}

/** Reads a file by its ending, which the server took from the URDF. Readers come when they are needed. */
async function parse(file: string, data: ArrayBuffer): Promise<Object3D> {
  const manager = new LoadingManager();
  manager.setURLModifier((url) => (/^(data|blob):/.test(url) ? url : nothing));
  if (file.endsWith('.stl')) {
    const { STLLoader } = await import('three/examples/jsm/loaders/STLLoader.js');
    const geometry = new STLLoader(manager).parse(data);
    // Programs write them carelessly, down to all zero.
    geometry.deleteAttribute('normal');
    return new Mesh(geometry, []);
  }
  if (file.endsWith('.obj')) {
    const { OBJLoader } = await import('three/examples/jsm/loaders/OBJLoader.js');
    const object = new OBJLoader(manager).parse(new TextDecoder().decode(data));
    object.traverse((child) => {
      if (child instanceof Mesh) child.material = [];
    });
    return object;
  }
  if (file.endsWith('.dae')) {
    const { ColladaLoader } = await import('three/examples/jsm/loaders/ColladaLoader.js');
    // A URDF takes a file's coordinates as they stand, whatever axis it calls up.
    const text = new TextDecoder().decode(data).replace(/<up_axis>[^<]*<\/up_axis>/, '');
    const collada = new ColladaLoader(manager).parse(text, '');
    if (!collada) throw new Error('it is no Collada file');
    return collada.scene;
  }
  const { GLTFLoader } = await import('three/examples/jsm/loaders/GLTFLoader.js');
  return (await new GLTFLoader(manager).parseAsync(data, '')).scene;
}

function release({ parts }: LoadedMesh): void {
  for (const { geometry, materials } of parts) {
    geometry.dispose();
    for (const material of materials) {
      for (const value of Object.values(material)) if (value?.isTexture) value.dispose();
      material.dispose();
    }
  }
}
