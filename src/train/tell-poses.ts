import type { SimulatedPlant } from '../core/plant.ts';
import type { TelemetrySink } from '../core/telemetry.ts';

/** Tells a plant's poses between control steps, `rate` a second of plant time. */
export function tellPoses(
  plant: SimulatedPlant,
  rate: number,
  telemetry: TelemetrySink,
  epoch: () => number,
): void {
  plant.observePoses((time, position, bodies) => {
    const contacts = Float64Array.from(plant.contacts().flatMap(({ point, force }) => [...point, ...force]));
    telemetry.emit({
      ...{ type: 'pose', epoch: epoch(), time, contacts },
      ...{ position: position.slice(), bodies: bodies.slice() },
    });
  }, rate);
}
