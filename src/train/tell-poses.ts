import type { Plant, SimulatedPlant } from '../core/plant.ts';
import type { TelemetrySink } from '../core/telemetry.ts';

/** Tells a plant's poses between control steps, `rate` a second of plant time, and a simulated one's contacts. */
export function tellPoses(
  plant: Plant | SimulatedPlant,
  rate: number,
  telemetry: TelemetrySink,
  epoch: () => number,
): void {
  plant.observePoses((time, position, bodies) => {
    const contacts =
      'contacts' in plant
        ? Float64Array.from(plant.contacts().flatMap(({ point, force }) => [...point, ...force]))
        : undefined;
    telemetry.emit({
      ...{ type: 'pose', epoch: epoch(), time, ...(contacts && { contacts }) },
      ...{ position: position.slice(), bodies: bodies.slice() },
    });
  }, rate);
}
