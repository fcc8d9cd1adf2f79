import { describe, expect, it } from 'vitest';
import { meshVolume } from '#src/load/hull';
import { MeshError, readMesh } from '#src/load/mesh-data';
import { asciiStl, binaryStl, box } from './solids.ts';

const cube = box([1, 2, 3], [0.5, 0, 0]);
const volume = (bytes: Uint8Array, extension: string, scale?: [number, number, number]) => {
  const { vertices, triangles } = readMesh(bytes, extension, scale);
  return { corners: vertices.length / 3, volume: meshVolume(vertices, triangles) };
};

describe('readMesh', () => {
  it('reads binary and ASCII STL alike, and joins equal corners', () => {
    for (const bytes of [binaryStl(cube), binaryStl(cube, 'solid by mistake'), asciiStl(cube)]) {
      expect(readMesh(bytes, '.stl').triangles.length).toBe(36);
      expect(volume(bytes, '.STL')).toEqual({ corners: 8, volume: expect.closeTo(6, 9) });
    }
  });

  it('reads binary STL with spare bytes at its end', () => {
    expect(volume(Buffer.concat([binaryStl(cube), Buffer.alloc(7)]), 'stl').volume).toBeCloseTo(6, 9);
  });

  it('reads OBJ: polygons, indices from the end, texture and normal indices, long lines', () => {
    const obj = `# a box
v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1 0.2 0.4 0.6\nv 1 0 1\nv 1 1 1\nv 0 1 1
vn 0 0 1\nusemtl any
f 1 4 3 2
f -4//1 -3//1 -2//1 -1//1
f 1/1/1 2/1/1 6/1/1 5/1/1
f 2 3 7 \\
 6\r
f 3 4 8 7
f 4 1 5 8\n`;
    expect(volume(Buffer.from(obj), '.obj')).toEqual({ corners: 8, volume: expect.closeTo(1, 12) });
  });

  it('scales each axis, mirrored ones too', () => {
    expect(volume(binaryStl(cube), 'stl', [0.001, 0.001, 0.001]).volume).toBeCloseTo(6e-9, 15);
    expect(volume(binaryStl(cube), 'stl', [1, -2, 1]).volume).toBeCloseTo(-12, 6);
  });

  const cut = binaryStl(cube).subarray(0, 300);
  const huge = Buffer.alloc(84 + 50);
  huge.writeUInt32LE(0xffffffff, 80);
  const inf = binaryStl([...cube.slice(0, 8), Infinity]);
  it.each([
    ['nothing', Buffer.alloc(0), 'stl', 'too short'],
    ['a cut file', cut, 'stl', 'announces 12 triangles but has room for 4'],
    ['a lie about its size', huge, 'stl', 'announces 4294967295 triangles but has room for 1'],
    ['no triangle', binaryStl([]), 'stl', 'holds no triangle'],
    ['no triangle in text', Buffer.from('solid a\nendsolid a\n'.padEnd(100)), 'stl', 'holds no triangle'],
    ['a cut text', asciiStl(cube).subarray(0, 200), 'stl', 'ends within a triangle'],
    ['words for numbers', Buffer.from(asciiStl(cube).toString().replace('1.5', 'x')), 'stl', 'not a number'],
    ['an infinite vertex', inf, 'stl', 'not a number'],
    ['a vertex light years away', binaryStl(cube.map((v) => 1e20 * v)), 'stl', 'farther'],
    ['an index too large', Buffer.from('v 0 0 0\nf 1 2 3\n'), 'obj', 'line 2: there is no vertex 2'],
    ['an index of 0', Buffer.from('v 0 0 0\nf 0 1 1\n'), 'obj', 'there is no vertex 0'],
    ['half a vertex', Buffer.from('v 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n'), 'obj', 'not a number'],
    ['another format', Buffer.from('glTF'), 'glb', 'neither STL nor OBJ'],
  ])('says why it cannot use %s', (_, bytes, extension, why) => {
    expect(() => readMesh(bytes, extension)).toThrow(MeshError);
    expect(() => readMesh(bytes, extension)).toThrow(why);
  });

  it('answers 300 mutated files with a mesh of finite numbers or a MeshError', () => {
    let state = 1;
    const next = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const sources = [
      [binaryStl(cube), 'stl'],
      [asciiStl(cube), 'stl'],
      [Buffer.from('v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n'), 'obj'],
    ] as const;
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const [source, extension] = sources[i % 3];
      const bytes = Buffer.from(source.subarray(0, next(4) === 0 ? next(source.length) : source.length));
      for (let k = next(6); k >= 0 && bytes.length > 0; k--) bytes[next(bytes.length)] = next(256);
      try {
        const { vertices, triangles } = readMesh(bytes, extension);
        expect(vertices.every(Number.isFinite)).toBe(true);
        expect(triangles.every((v) => v < vertices.length / 3)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MeshError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(30);
    expect(refused).toBeLessThan(290);
  });
});
