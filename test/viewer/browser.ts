import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';

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

/**
 * A page in a context of its own, dark unless told, and the errors and warnings of its console from then on.
 * @param prepare run in the page before its own scripts
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
  prepare?: () => void,
) {
  const page = await browser.newPage({ colorScheme: 'dark', ...options });
  if (prepare) await page.addInitScript(prepare);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}
