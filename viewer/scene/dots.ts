import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Points, ShaderMaterial } from 'three';

/** Round dots of a size in screen px, from buffers that are made once. */
export class Dots extends Points<BufferGeometry, ShaderMaterial> {
  readonly #position: BufferAttribute;
  readonly #color: BufferAttribute;
  readonly #capacity: number;

  constructor(capacity: number, size: number) {
    const geometry = new BufferGeometry();
    const position = new BufferAttribute(new Float32Array(capacity * 3), 3).setUsage(DynamicDrawUsage);
    const color = new BufferAttribute(new Float32Array(capacity * 4), 4).setUsage(DynamicDrawUsage);
    geometry.setAttribute('position', position);
    geometry.setAttribute('dotColor', color);
    geometry.setDrawRange(0, 0);
    super(
      geometry,
      new ShaderMaterial({
        vertexShader: /* glsl */ `
          attribute vec4 dotColor;
          uniform float uSize;
          varying vec4 vColor;
          void main() {
            vColor = dotColor;
            gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
            gl_PointSize = uSize;
          }
        `,
        fragmentShader: /* glsl */ `
          varying vec4 vColor;
          uniform float uSize;
          void main() {
            float away = length(gl_PointCoord - 0.5) * uSize;
            gl_FragColor = vec4(vColor.rgb, vColor.a * clamp(uSize * 0.5 - away, 0.0, 1.0));
          }
        `,
        uniforms: { uSize: { value: size } },
        transparent: true,
        depthWrite: false,
      }),
    );
    this.#position = position;
    this.#color = color;
    this.#capacity = capacity;
    this.frustumCulled = false;
  }

  /** @param size px of the drawing buffer. */
  set size(size: number) {
    this.material.uniforms.uSize.value = size;
  }

  set(
    dots: readonly {
      readonly pose: { readonly position: { readonly x: number; readonly y: number; readonly z: number } };
      readonly color: { readonly r: number; readonly g: number; readonly b: number; readonly a: number };
    }[],
  ): void {
    const count = Math.min(dots.length, this.#capacity);
    for (let i = 0; i < count; i++) {
      const { x, y, z } = dots[i].pose.position;
      const { r, g, b, a } = dots[i].color;
      this.#position.setXYZ(i, x, y, z);
      this.#color.setXYZW(i, r, g, b, a);
    }
    this.geometry.setDrawRange(0, count);
    this.#position.needsUpdate = true;
    this.#color.needsUpdate = true;
  }

  override dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
  }
}
