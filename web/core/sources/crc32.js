// @ts-check
/** crc32.js - the CRC-32 of zlib, gzip, zip and PNG. */

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** @param {Uint8Array} bytes @param {number} [before]  the sum of the bytes that precede them */
export function crc32(bytes, before = 0) {
  let sum = ~before;
  for (let i = 0; i < bytes.length; i++) sum = TABLE[(sum ^ bytes[i]) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** As eight hexadecimal digits, for messages. @param {number} sum */
export const hex = (sum) => sum.toString(16).padStart(8, '0');
