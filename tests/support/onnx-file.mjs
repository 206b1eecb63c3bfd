/** onnx-file.mjs - looks into an ONNX file. */

/** The metadata of an ONNX file: fields 14 of the outermost message. @param {Uint8Array} file */
export function metadataOf(file) {
  /** @type {Record<string, string>} */
  const found = {};
  let at = 0;
  const number = () => {
    let n = 0;
    for (let shift = 1; ; shift *= 128) {
      n += (file[at] & 127) * shift;
      if (file[at++] < 128) return n;
    }
  };
  const texts = (/** @type {number} */ end) => {
    const all = [];
    while (at < end) {
      at++;
      const length = number();
      all.push(new TextDecoder().decode(file.subarray(at, (at += length))));
    }
    return all;
  };
  while (at < file.length) {
    const key = number();
    if ((key & 7) === 0) number();
    else {
      const end = number() + at;
      if (key >> 3 === 14) {
        const [name, value] = texts(end);
        found[name] = value;
      }
      at = end;
    }
  }
  return found;
}
