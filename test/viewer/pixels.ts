import type { Page } from 'playwright-core';

export interface Blot {
  /** Pixels of it. */
  readonly count: number;
  /** Their middle, px. */
  readonly x: number;
  readonly y: number;
}

/** Pixels between the panels whose hue lies within 25° of `hue` [degrees] and that are no grey. */
export async function blot(page: Page, hue: number): Promise<Blot> {
  const picture = (await page.screenshot()).toString('base64');
  return page.evaluate(
    async ([data, wanted]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      let x = 0;
      let y = 0;
      for (let row = 60; row < canvas.height * 0.78; row++) {
        for (let column = Math.floor(canvas.width * 0.3); column < canvas.width * 0.62; column++) {
          const [r, g, b] = pixels.subarray(4 * (row * canvas.width + column));
          const most = Math.max(r, g, b);
          const spread = most - Math.min(r, g, b);
          if (most < 60 || spread < 0.45 * most) continue;
          const sector =
            most === r ? (g - b) / spread : most === g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
          const away = Math.abs(((60 * sector - wanted + 540) % 360) - 180);
          if (away > 25) continue;
          count++;
          x += column;
          y += row;
        }
      }
      return { count, x: x / count, y: y / count };
    },
    [picture, hue] as const,
  );
}
