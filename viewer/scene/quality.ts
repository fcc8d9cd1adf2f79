import { remembered } from '../theme.ts';

/** How much the picture may cost. */
export interface Quality {
  readonly name: 'full' | 'plain';
  readonly antialias: boolean;
  /** Physically based materials and an environment to reflect. */
  readonly physical: boolean;
  readonly shadowMap: number;
  readonly softShadows: boolean;
  readonly mostPixelRatio: number;
  /** ms between drawn frames at least. */
  readonly frameInterval: number;
}

const full: Quality = {
  name: 'full',
  antialias: true,
  physical: true,
  shadowMap: 2048,
  softShadows: true,
  mostPixelRatio: 2,
  frameInterval: 0,
};

/** For a browser that draws on the processor, which the planner needs too. */
const plain: Quality = {
  name: 'plain',
  antialias: false,
  physical: false,
  shadowMap: 512,
  softShadows: false,
  mostPixelRatio: 1,
  frameInterval: 1000 / 31,
};

/**
 * What was chosen by hand (kept as `premotor.quality`); else full where a graphics processor draws, plain where WebGL is
 * emulated. Throws where there is no WebGL.
 */
export function chooseQuality(): Quality {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) throw new Error('no WebGL 2');
  const name = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(name ? name.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  const kept = remembered('quality');
  if (kept === 'full' || kept === 'plain') return kept === 'full' ? full : plain;
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer) ? plain : full;
}
