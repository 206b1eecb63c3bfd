/** firefox.mjs - Debian's Firefox for the tests: Playwright's own calls, over WebDriver BiDi, which every Firefox speaks. */
import { firefox } from 'playwright-core';

/** @param {string | undefined} executablePath @returns {Promise<import('playwright-core').Browser>} */
export async function launchFirefox(executablePath) {
  // The channel chooses BiDi. Playwright lets pages read files beside them; a person's Firefox does not.
  const browser = await firefox.launch({
    executablePath,
    channel: 'moz-firefox',
    firefoxUserPrefs: { 'security.fileuri.strict_origin_policy': true },
  });
  adapt(/** @type {any} */ (browser)._connection.toImpl(browser)._browserSession);
  return browser;
}

/** Where Playwright 1.65 is ahead of Firefox 153. @param {any} session */
function adapt(session) {
  // A command that each new context would send. Without it colours are the system's.
  const { send } = session;
  session.send = (/** @type {string} */ method, /** @type {unknown} */ given) =>
    method === 'emulation.setMediaFeaturesOverride' ? Promise.resolve({}) : send.call(session, method, given);
  // A download that no navigation led to has no name of its own.
  const transport = session.connection._transport,
    heard = transport.onmessage;
  transport.onmessage = (/** @type {any} */ message) => {
    if (message.method?.startsWith('browsingContext.download')) message.params.download ??= message.params.url;
    heard(message);
  };
}
