import asc from 'assemblyscript/asc';
import { wasm } from '#src/kernels/platform';

/**
 * One register tile over k features: 3 outputs × 12 rows, in float32 by relaxed multiply-adds and in int8 by relaxed dot
 * products (x [k/4][12 rows][4] of 7 bits, w [k/4][3][4] of 8, sums in int32). Both unrolled by two.
 */
const source = `
export function floats(x: usize, w: usize, y: usize, k: i32): void {
  ${'abc'.replace(/./g, (o) => [0, 1, 2].map((v) => `let ${o}${v} = f32x4.splat(0);`).join(' '))}
  const end = w + k * 12;
  const end1 = end - 12;
  const end2 = end - 24;
  while (true) {
    ${floatStep(0)}
    if (w == end1) break;
    ${floatStep(1)}
    if (w == end2) break;
    x += 96;
    w += 24;
  }
  ${stores()}
}
export function bytes(x: usize, w: usize, y: usize, k: i32): void {
  ${'abc'.replace(/./g, (o) => [0, 1, 2].map((v) => `let ${o}${v} = i32x4.splat(0);`).join(' '))}
  const end = w + (k >> 2) * 12;
  const end1 = end - 12;
  const end2 = end - 24;
  while (true) {
    ${byteStep(0)}
    if (w == end1) break;
    ${byteStep(1)}
    if (w == end2) break;
    x += 96;
    w += 24;
  }
  ${stores()}
}
/** 12 rows of k activations to bytes: scale, round, pack. */
export function quantise(x: usize, y: usize, k: i32, scale: f32): void {
  const s = f32x4.splat(scale);
  for (let i = 0; i < k; i += 4, x += 192, y += 48) {
    for (let c: usize = 0; c < 48; c += 16) {
      const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + c), s)));
      const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + c, 48), s)));
      const d = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + c, 96), s)));
      const e = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + c, 144), s)));
      const p = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(d, e));
      v128.store(y + c, i8x16.shuffle(p, p, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    }
  }
}
`;

function floatStep(u: number): string {
  const load = [0, 1, 2].map((v) => `const x${u}${v} = v128.load(x, ${48 * u + 16 * v});`);
  const sums = [...'abc'].flatMap((o, i) => [
    `const s${u}${i} = v128.load_splat<f32>(w, ${12 * u + 4 * i});`,
    ...[0, 1, 2].map((v) => `${o}${v} = f32x4.relaxed_madd(s${u}${i}, x${u}${v}, ${o}${v});`),
  ]);
  return [...load, ...sums].join(' ');
}

function byteStep(u: number): string {
  const load = [0, 1, 2].map((v) => `const x${u}${v} = v128.load(x, ${48 * u + 16 * v});`);
  const sums = [...'abc'].flatMap((o, i) => [
    `const s${u}${i} = v128.load_splat<u32>(w, ${12 * u + 4 * i});`,
    ...[0, 1, 2].map(
      (v) => `${o}${v} = i32x4.relaxed_dot_i8x16_i7x16_add_s(s${u}${i}, x${u}${v}, ${o}${v});`,
    ),
  ]);
  return [...load, ...sums].join(' ');
}

function stores(): string {
  return [...'abc']
    .map((o, i) => [0, 1, 2].map((v) => `v128.store(y, ${o}${v}, ${48 * i + 16 * v});`).join(' '))
    .join(' ');
}

interface Tiles {
  floats(x: number, w: number, y: number, k: number): void;
  bytes(x: number, w: number, y: number, k: number): void;
  quantise(x: number, y: number, k: number, scale: number): void;
}

/** GFLOP/s of either tile at a layer of 200 → 200, for int8 with the conversion of its inputs. */
export async function compareTiles(
  rounds: number,
): Promise<{ float32: number; int8: number; int8Alone: number }> {
  const { error, binary, stderr } = await compile();
  if (error || binary === null) throw new Error(stderr);
  const memory = new wasm.Memory({ initial: 16, maximum: 16, shared: false });
  const { exports } = await wasm.instantiate(await wasm.compile(binary), { env: { memory } });
  const tiles = exports as unknown as Tiles;
  const [k, groups, x, w, y] = [200, 67, 4096, 65536, 32768];
  const least = { floats: Infinity, bytes: Infinity, quantise: Infinity };
  const time = (run: () => void) => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['floats', 'bytes'] as const) {
      const layer = () => {
        for (let g = 0; g < groups; g++) tiles[kind](x, w + g * k * (kind === 'floats' ? 12 : 3), y, k);
      };
      least[kind] = Math.min(least[kind], time(layer));
    }
    least.quantise = Math.min(
      least.quantise,
      time(() => tiles.quantise(x, y, k, 100)),
    );
  }
  const flops = 2 * k * 200 * 12;
  return {
    float32: flops / least.floats / 1e6,
    int8: flops / (least.bytes + least.quantise) / 1e6,
    int8Alone: flops / least.bytes / 1e6,
  };
}

async function compile() {
  let binary: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [
      ...['tile.ts', '--outFile', 'tile.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
      ...['--enable', 'simd', '--enable', 'relaxed-simd', '--importMemory'],
    ],
    {
      readFile: (name) => (name === 'tile.ts' ? source : null),
      writeFile: (name, contents) => {
        if (name === 'tile.wasm') binary = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  return { error, binary: binary as Uint8Array | null, stderr: stderr.toString() };
}
