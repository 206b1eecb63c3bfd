// @ts-check
/**
 * headers.mjs - the headers of each file of the site, in one place: the local server sends them, `_headers` lists them
 * for hosts, the page contains the policy itself, and the service worker adds them where a host does not.
 */

/** Content-Security-Policy. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "manifest-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types inklearn',
];

export const HEADERS = {
  // Both, or there is no SharedArrayBuffer for threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': POLICY.join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** Browsers ignore these directives in a <meta> element, and complain of them. */
const HEADER_ONLY = /^(frame-ancestors|report-to|report-uri|sandbox)\b/;
export const META_POLICY = POLICY.filter((directive) => !HEADER_ONLY.test(directive)).join('; ');

/** @type {Record<string, string>} */
const TYPES = {
  css: 'text/css',
  gz: 'application/gzip',
  html: 'text/html;charset=utf-8',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  mjs: 'text/javascript',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain;charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  zip: 'application/zip',
};

/** The content type of a file, by its name. @param {string} name */
export function typeOf(name) {
  return TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}

/** Files with a hash in their names never change (tools/site/site.mjs). */
export const NAMED = /-[0-9a-z]{8}\.[a-z.]+$/;
