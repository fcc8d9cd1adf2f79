import { fileURLToPath } from 'node:url';

/** Robots of others, which tests read where they are: `robots/` and `urdf/`. */
export const assets =
  process.env.PREMOTOR_ASSETS ?? fileURLToPath(new URL('../../../shared/assets', import.meta.url));
