import { Color, Group, Mesh, PlaneGeometry, ShaderMaterial, ShadowMaterial } from 'three';
import type { Palette } from '../theme.ts';

/** A fine grid (0.25 m and 1 m) that fades towards the horizon, and the shadows that fall on it. */
export class Ground extends Group {
  readonly #grid: Mesh<PlaneGeometry, ShaderMaterial>;
  readonly #shadow: Mesh<PlaneGeometry, ShadowMaterial>;

  constructor() {
    super();
    const plane = new PlaneGeometry(80, 80);
    this.#grid = new Mesh(
      plane,
      new ShaderMaterial({
        vertexShader: /* glsl */ `
          varying vec3 vWorld;
          void main() {
            vec4 world = modelMatrix * vec4(position, 1.0);
            vWorld = world.xyz;
            gl_Position = projectionMatrix * viewMatrix * world;
          }
        `,
        fragmentShader: /* glsl */ `
          varying vec3 vWorld;
          uniform vec3 uColor;
          uniform vec2 uCenter;
          uniform float uReach;
          float lines(float cell, float width) {
            vec2 p = vWorld.xy / cell;
            vec2 step = fwidth(p);
            vec2 near = abs(fract(p - 0.5) - 0.5) / max(step, vec2(1e-6));
            float line = 1.0 - min(min(near.x, near.y) / width, 1.0);
            // Where cells are smaller than pixels there is nothing to see but noise.
            return line * (1.0 - smoothstep(0.25, 0.6, max(step.x, step.y)));
          }
          void main() {
            float away = length(vWorld.xy - uCenter) / uReach;
            float fade = 1.0 - smoothstep(0.1, 1.0, away);
            float ink = max(0.35 * lines(0.25, 1.1), 0.8 * lines(1.0, 1.3));
            gl_FragColor = vec4(uColor, ink * fade * fade * 0.45);
          }
        `,
        uniforms: { uColor: { value: new Color() }, uCenter: { value: [0, 0] }, uReach: { value: 8 } },
        transparent: true,
        depthWrite: false,
      }),
    );
    this.#shadow = new Mesh(plane, new ShadowMaterial({ transparent: true, depthWrite: false }));
    this.#shadow.receiveShadow = true;
    this.#shadow.position.z = 0.001;
    this.#shadow.renderOrder = -1;
    this.#grid.renderOrder = -2;
    this.add(this.#grid, this.#shadow);
  }

  setPalette({ groundLine, shadow }: Palette): void {
    this.#grid.material.uniforms.uColor.value.setRGB(...groundLine);
    this.#shadow.material.opacity = shadow;
  }

  /** Where the robot stands: height, centre and how far the grid is seen, m. */
  place(z: number, x: number, y: number, reach: number): void {
    this.position.z = z;
    this.#grid.material.uniforms.uCenter.value = [x, y];
    this.#grid.material.uniforms.uReach.value = reach;
  }

  override dispose(): void {
    this.#grid.geometry.dispose();
    this.#grid.material.dispose();
    this.#shadow.material.dispose();
  }
}
