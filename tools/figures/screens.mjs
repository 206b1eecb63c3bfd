// @ts-check
/**
 * screens.mjs - takes pictures of every state of the page, at three sizes, light and dark, into build/screens.
 *   screens.mjs [state...] [--size 1440x900] [--scheme light]
 */
import { existsSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { createSite, listen } from '../site/serve.mjs';
import { STATES } from './states.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', multiple: true },
    scheme: { type: 'string', multiple: true },
    full: { type: 'boolean' },
  },
});
const sizes = values.size ?? ['1440x900', '1024x768', '390x844'];
const schemes = /** @type {('light' | 'dark')[]} */ (values.scheme ?? ['light', 'dark']);
const wanted = positionals.length ? positionals : Object.keys(STATES);
const executablePath =
  process.env.CHROMIUM ||
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p));

mkdirSync('build/screens', { recursive: true });
const server = createSite('build/site'),
  origin = `http://localhost:${await listen(server, 8200)}`;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
for (const name of wanted)
  for (const size of sizes)
    for (const colorScheme of schemes) {
      const [width, height] = size.split('x').map(Number);
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        hasTouch: width < 720,
        isMobile: width < 720,
        acceptDownloads: false,
        serviceWorkers: 'block',
      });
      const page = await context.newPage();
      await STATES[name](page, origin);
      await page.waitForTimeout(400);
      await page.screenshot({
        path: `build/screens/${name}-${size}-${colorScheme}.png`,
        fullPage: values.full ?? false,
      });
      await context.close();
      process.stdout.write(`build/screens/${name}-${size}-${colorScheme}.png\n`);
    }
await browser.close();
server.close();
