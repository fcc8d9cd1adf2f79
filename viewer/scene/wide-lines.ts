import {
  DynamicDrawUsage,
  Float32BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  NormalBlending,
  ShaderMaterial,
  Vector2,
} from 'three';

/** Colours go to the screen as they come: sRGB, not lit, not tone-mapped. */
const fragment = /* glsl */ `
  varying vec4 vColor;
  varying float vEdge;
  uniform float uWidth;
  uniform float uOpacity;
  void main() {
    float cover = clamp(uWidth * 0.5 + 0.5 - abs(vEdge), 0.0, 1.0);
    gl_FragColor = vec4(vColor.rgb, vColor.a * uOpacity * cover);
  }
`;

const vertex = /* glsl */ `
  attribute vec3 from;
  attribute vec3 to;
  attribute vec4 fromColor;
  attribute vec4 toColor;
  uniform vec2 uViewport;
  uniform float uWidth;
  varying vec4 vColor;
  varying float vEdge;
  void main() {
    vec4 a = projectionMatrix * modelViewMatrix * vec4(from, 1.0);
    vec4 b = projectionMatrix * modelViewMatrix * vec4(to, 1.0);
    const float near = 1e-3;
    if (a.w < near && b.w >= near) a = mix(a, b, (near - a.w) / (b.w - a.w));
    if (b.w < near && a.w >= near) b = mix(b, a, (near - b.w) / (a.w - b.w));
    vec2 along = (b.xy / b.w - a.xy / a.w) * uViewport;
    float size = length(along);
    along = size > 1e-6 ? along / size : vec2(1.0, 0.0);
    vec2 side = vec2(-along.y, along.x);
    float reach = uWidth * 0.5 + 1.0;
    vec4 p = position.x < 0.5 ? a : b;
    p.xy += side * position.y * reach * 2.0 / uViewport * p.w;
    vColor = position.x < 0.5 ? fromColor : toColor;
    vEdge = position.y * reach;
    gl_Position = p;
  }
`;

/**
 * Lines of a width in screen px with a colour and opacity at each point, drawn at once from buffers that are made
 * once: `begin`, then `segment`s, then `end`. Space: that of the parent.
 */
export class WideLines extends Mesh<InstancedBufferGeometry, ShaderMaterial> {
  readonly #from: Float32Array;
  readonly #to: Float32Array;
  readonly #fromColor: Float32Array;
  readonly #toColor: Float32Array;
  readonly #capacity: number;
  #count = 0;

  constructor(capacity: number, width: number, opacity = 1) {
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute('position', new Float32BufferAttribute([0, -1, 0, 1, -1, 0, 1, 1, 0, 0, 1, 0], 3));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    const attribute = (name: string, size: number) => {
      const values = new Float32Array(capacity * size);
      geometry.setAttribute(name, new InstancedBufferAttribute(values, size).setUsage(DynamicDrawUsage));
      return values;
    };
    super(
      geometry,
      new ShaderMaterial({
        vertexShader: vertex,
        fragmentShader: fragment,
        uniforms: {
          uViewport: { value: new Vector2(1, 1) },
          uWidth: { value: width },
          uOpacity: { value: opacity },
        },
        transparent: true,
        depthWrite: false,
        blending: NormalBlending,
      }),
    );
    this.#from = attribute('from', 3);
    this.#to = attribute('to', 3);
    this.#fromColor = attribute('fromColor', 4);
    this.#toColor = attribute('toColor', 4);
    this.#capacity = capacity;
    geometry.instanceCount = 0;
    this.frustumCulled = false;
  }

  /** Size of the canvas in the px of `width`. */
  setViewport(width: number, height: number): void {
    this.material.uniforms.uViewport.value.set(width, height);
  }

  set opacity(opacity: number) {
    this.material.uniforms.uOpacity.value = opacity;
  }

  begin(): void {
    this.#count = 0;
  }

  /** From point and colour [4] to point and colour; segments beyond the capacity are left out. */
  segment(
    a: Readonly<{ x: number; y: number; z: number }>,
    b: Readonly<{ x: number; y: number; z: number }>,
    colorA: Readonly<{ r: number; g: number; b: number; a: number }>,
    colorB: Readonly<{ r: number; g: number; b: number; a: number }>,
  ): void {
    if (this.#count === this.#capacity) return;
    const i = 3 * this.#count;
    this.#from[i] = a.x;
    this.#from[i + 1] = a.y;
    this.#from[i + 2] = a.z;
    this.#to[i] = b.x;
    this.#to[i + 1] = b.y;
    this.#to[i + 2] = b.z;
    const c = 4 * this.#count++;
    this.#fromColor[c] = colorA.r;
    this.#fromColor[c + 1] = colorA.g;
    this.#fromColor[c + 2] = colorA.b;
    this.#fromColor[c + 3] = colorA.a;
    this.#toColor[c] = colorB.r;
    this.#toColor[c + 1] = colorB.g;
    this.#toColor[c + 2] = colorB.b;
    this.#toColor[c + 3] = colorB.a;
  }

  end(): void {
    this.geometry.instanceCount = this.#count;
    for (const name of ['from', 'to', 'fromColor', 'toColor'])
      this.geometry.getAttribute(name).needsUpdate = true;
  }

  /** Takes over what another of the same or a larger capacity shows. */
  copyLines(other: WideLines): void {
    this.#from.set(other.#from.subarray(0, this.#from.length));
    this.#to.set(other.#to.subarray(0, this.#to.length));
    this.#fromColor.set(other.#fromColor.subarray(0, this.#fromColor.length));
    this.#toColor.set(other.#toColor.subarray(0, this.#toColor.length));
    this.#count = Math.min(other.#count, this.#capacity);
    this.end();
  }

  override dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }
}
