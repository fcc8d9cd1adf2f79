// Takes a picture of a running page: node scripts/screenshot.mjs <url> [file] [seconds to wait]
import { writeFileSync } from 'node:fs';
import { openBrowser, openPage, picture } from './picture.mjs';

const [url, file = 'docs/screenshot.png', seconds = '5'] = process.argv.slice(2);
if (!url) {
  console.error('usage: node scripts/screenshot.mjs <url of the page> [file] [seconds to wait]');
  process.exit(2);
}
const browser = await openBrowser();
const page = await openPage(browser, url);
await page.waitForTimeout(Number(seconds) * 1000);
writeFileSync(file, await picture(browser, page));
await browser.close();
