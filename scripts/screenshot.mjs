// Takes the picture of the README from a running page: node scripts/screenshot.mjs <url> [file] [seconds to wait]
import { writeFileSync } from 'node:fs';
import zlib from 'node:zlib';
import packaged from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

const [url, file = 'docs/screenshot.png', seconds = '5'] = process.argv.slice(2);
if (!url) {
  console.error('usage: node scripts/screenshot.mjs <url of the page> [file] [seconds to wait]');
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? (await packaged.executablePath()),
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
await page.goto(url);
await page.waitForTimeout(Number(seconds) * 1000);
const picture = await page.screenshot();
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
  const blob = new Blob([bytes]);
  const reader = new FileReader();
  await new Promise((done) => {
    reader.onload = done;
    reader.readAsDataURL(blob);
  });
  return { width, height, rgba: reader.result.split(',')[1] };
}, picture.toString('base64'));
await browser.close();
writeFileSync(file, encodePng(width, height, Buffer.from(rgba, 'base64')));

/**
 * RGB PNG, each row with the filter that leaves the least, packed hard: browsers pack for speed. The lowest two bits go:
 * they hold the dither of gradients, which no eye sees and nothing packs.
 */
function encodePng(width, height, rgba) {
  const stride = 3 * width;
  const rows = [];
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = new Uint8Array(stride);
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) row[3 * x + c] = rgba[4 * (y * width + x) + c] & 0xfc;
    let best;
    for (let filter = 0; filter < 5; filter++) {
      const out = Buffer.alloc(stride + 1);
      out[0] = filter;
      let cost = 0;
      for (let i = 0; i < stride; i++) {
        const left = i < 3 ? 0 : row[i - 3];
        const corner = i < 3 ? 0 : above[i - 3];
        const value = (row[i] - predict(filter, left, above[i], corner)) & 255;
        out[i + 1] = value;
        cost += value < 128 ? value : 256 - value;
      }
      if (!best || cost < best.cost) best = { cost, out };
    }
    rows.push(best.out);
    above = row;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const packed = zlib.deflateSync(Buffer.concat(rows), { level: 9, memLevel: 9 });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', packed),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function predict(filter, left, up, corner) {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const p = left + up - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(zlib.crc32(body), body.length + 4);
  return out;
}
