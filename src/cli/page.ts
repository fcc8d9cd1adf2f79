import { rememberedToken } from '../stream/index.ts';
import { openBrowser } from './browser.ts';
import type { Arguments } from './flags.ts';
import { packageVersion } from './package-info.ts';

/** What `pageFlags` say of a page's server, and what is the same for all. @throws InputError */
export async function pageOptions(args: Arguments) {
  return {
    host: args.text('host') ?? '127.0.0.1',
    port: args.integer('http-port', 0, 65_535),
    version: packageVersion(),
    token: await rememberedToken(),
  };
}

/** Says where a page is, opens it where that is wanted, and waits for Ctrl-C. */
export async function pageUntilInterrupt(url: string, args: Arguments): Promise<void> {
  // Standard output is the description's, which may be JSON.
  process.stderr.write(`page ${url}\nCtrl-C ends it\n`);
  if (args.has('open')) openBrowser(url);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
  });
}
