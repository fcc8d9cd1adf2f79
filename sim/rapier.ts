import RAPIER from '@dimforge/rapier3d';

export type Rapier = typeof RAPIER;

let ready: Promise<Rapier> | undefined;

/** The physics engine, loaded once a thread. */
export function loadRapier(): Promise<Rapier> {
  ready ??= RAPIER.init().then(() => RAPIER);
  return ready;
}
