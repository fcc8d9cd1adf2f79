// Pictures of the live page, for scripts: a headless browser that draws as well as it can, and small PNG files.
import zlib from 'node:zlib';
import packaged from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

/** A headless browser whose pages draw in full quality, slowly where WebGL is emulated. */
export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? (await packaged.executablePath()),
    args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
}

/** @param calm draw seldom, so that a run beside it keeps its pace */
export async function openPage(browser, url, calm = false) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: 'dark' });
  await page.addInitScript((calm) => {
    localStorage.setItem('premotor.quality', 'full');
    const draw = requestAnimationFrame;
    if (calm) window.requestAnimationFrame = (callback) => setTimeout(() => draw(callback), 1200);
  }, calm);
  await page.goto(url);
  return page;
}

/** Bytes. */
const largest = 150_000;

/** The page as a small PNG. */
export async function picture(browser, page) {
  const shot = await page.screenshot();
  // A blank page decodes it: ours allows no scripts but its own.
  const blank = await browser.newPage();
  const { width, height, rgba } = await blank.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, width, height).data;
    const reader = new FileReader();
    await new Promise((done) => {
      reader.onload = done;
      reader.readAsDataURL(new Blob([bytes]));
    });
    return { width, height, rgba: reader.result.split(',')[1] };
  }, shot.toString('base64'));
  await blank.close();
  const pixels = Buffer.from(rgba, 'base64');
  for (let colors = 256; ; colors -= 64) {
    const png = encodePng(width, height, pixels, colors);
    if (png.length <= largest || colors === 64) return png;
  }
}

/** PNG with a palette of so many colours, packed hard: browsers pack for speed, and in full colour. */
function encodePng(width, height, rgba, colors) {
  const { palette, indexOf } = quantized(rgba, colors);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = indexOf.get(rgba.readUInt32BE(4 * (y * width + x)) >>> 8);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', zlib.deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Splits the colours again and again where that helps the most pixels (Wu's criterion, by sorting). */
function quantized(rgba, most) {
  const counts = new Map();
  for (let i = 0; i < rgba.length; i += 4) {
    const key = rgba.readUInt32BE(i) >>> 8;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // Rare colours are the small print and the lines: the root keeps them in sight.
  const colors = [...counts].map(([key, count]) => ({
    ...{ key, weight: Math.sqrt(count) },
    rgb: [key >> 16, (key >> 8) & 255, key & 255],
  }));
  const boxes = [boxOf(colors)];
  while (boxes.length < most) {
    boxes.sort((a, b) => a.error - b.error);
    const { colors: all, axis, error } = boxes.pop();
    if (error === 0) break;
    all.sort((a, b) => a.rgb[axis] - b.rgb[axis]);
    const cut = bestCut(all, axis);
    boxes.push(boxOf(all.slice(0, cut)), boxOf(all.slice(cut)));
  }
  const indexOf = new Map();
  for (const [index, box] of boxes.entries()) for (const { key } of box.colors) indexOf.set(key, index);
  return { palette: boxes.map(({ mean }) => mean.map(Math.round)), indexOf };
}

function boxOf(colors) {
  const sum = [0, 0, 0];
  const squares = [0, 0, 0];
  let weight = 0;
  for (const { rgb, weight: w } of colors) {
    weight += w;
    for (let k = 0; k < 3; k++) {
      sum[k] += w * rgb[k];
      squares[k] += w * rgb[k] ** 2;
    }
  }
  const errors = squares.map((square, k) => square - sum[k] ** 2 / weight);
  const axis = errors.indexOf(Math.max(...errors));
  const error = colors.length > 1 ? Math.max(0, errors[0] + errors[1] + errors[2]) : 0;
  return { colors, axis, error, mean: sum.map((value) => value / weight) };
}

/** Where the two halves of sorted colours vary least. */
function bestCut(colors, axis) {
  let total = 0;
  let weights = 0;
  for (const { rgb, weight } of colors) {
    total += weight * rgb[axis];
    weights += weight;
  }
  let best = { cut: 1, gain: -1 };
  let sum = 0;
  let below = 0;
  for (let cut = 1; cut < colors.length; cut++) {
    const { rgb, weight } = colors[cut - 1];
    sum += weight * rgb[axis];
    below += weight;
    const gain = sum ** 2 / below + (total - sum) ** 2 / (weights - below);
    if (gain > best.gain) best = { cut, gain };
  }
  return best.cut;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(zlib.crc32(body), body.length + 4);
  return out;
}
