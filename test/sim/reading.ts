import type { Plant } from '#src/core/plant';

/** Numbers in a plant's reading. */
export function readingSize(plant: Plant): number {
  return plant.spec.channels.reduce((sum, { size }) => sum + size, 0);
}

/** Reads a plant's channels by name. */
export function reader(plant: Plant) {
  const offsets = new Map<string, [number, number]>();
  let size = 0;
  for (const channel of plant.spec.channels) {
    offsets.set(channel.name, [size, size + channel.size]);
    size += channel.size;
  }
  const out = new Float32Array(size);
  return {
    all(): Float32Array {
      plant.read(out);
      return out.slice();
    },
    part(name: string): number[] {
      const [from, to] = offsets.get(name) ?? [Number.NaN, Number.NaN];
      plant.read(out);
      return Array.from(out.subarray(from, to));
    },
  };
}
