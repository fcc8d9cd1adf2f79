/** Triangle soups [T × 9] to test with, each closed and wound outwards. */
export type Soup = number[];

export function box(size: readonly number[], center: readonly number[] = [0, 0, 0]): Soup {
  const corner = (i: number) => [1, 2, 4].map((bit, k) => center[k] + (i & bit ? size[k] / 2 : -size[k] / 2));
  const faces = [
    [0, 2, 3, 1],
    [4, 5, 7, 6],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 4, 6, 2],
    [1, 3, 7, 5],
  ];
  return faces.flatMap(([a, b, c, d]) => [a, b, c, a, c, d].flatMap(corner));
}

/** A prism over a counter-clockwise outline [P × 2] in the xy plane, convex seen from its first corner. */
export function prism(outline: readonly (readonly [number, number])[], height: number): Soup {
  const soup: Soup = [];
  const n = outline.length;
  for (let i = 1; i + 1 < n; i++) {
    for (const k of [0, i + 1, i]) soup.push(...outline[k], 0);
    for (const k of [0, i, i + 1]) soup.push(...outline[k], height);
  }
  for (let i = 0; i < n; i++) {
    const [a, b] = [outline[i], outline[(i + 1) % n]];
    soup.push(...a, 0, ...b, 0, ...b, height, ...a, 0, ...b, height, ...a, height);
  }
  return soup;
}

export function binaryStl(soup: readonly number[], header = ''): Uint8Array {
  const bytes = Buffer.alloc(84 + (50 * soup.length) / 9);
  bytes.write(header, 0, 'latin1');
  bytes.writeUInt32LE(soup.length / 9, 80);
  for (let t = 0; t < soup.length / 9; t++)
    for (let k = 0; k < 9; k++) bytes.writeFloatLE(soup[9 * t + k], 84 + 50 * t + 12 + 4 * k);
  return bytes;
}

export function asciiStl(soup: readonly number[]): Uint8Array {
  const lines = ['solid test'];
  for (let t = 0; t < soup.length; t += 9) {
    lines.push(' facet normal 0 0 0', '  outer loop');
    for (let k = 0; k < 9; k += 3) lines.push(`   vertex ${soup.slice(t + k, t + k + 3).join(' ')}`);
    lines.push('  endloop', ' endfacet');
  }
  return Buffer.from([...lines, 'endsolid test', ''].join('\n'));
}
