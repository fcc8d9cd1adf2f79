import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** WebGL is emulated on the processor, and nothing is fetched from anywhere. */
const args = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

const installed = [
  process.env.CHROME_PATH,
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A headless browser, or the reason why there is none: the packaged one on Linux x64, else an installed Chrome. */
export async function openBrowser(): Promise<Browser | string> {
  const reasons: string[] = [];
  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      const { default: packaged } = await import('@sparticuz/chromium');
      return await chromium.launch({ executablePath: await packaged.executablePath(), args });
    } catch (error) {
      reasons.push(`@sparticuz/chromium: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  const found = installed.find((path) => path !== undefined && existsSync(path));
  if (!found) return [...reasons, 'no Chrome is installed (CHROME_PATH names one)'].join('; ');
  try {
    return await chromium.launch({ executablePath: found, args });
  } catch (error) {
    return [...reasons, `${found}: ${(error as Error).message.split('\n')[0]}`].join('; ');
  }
}
