// @ts-check
/** imports.js - the imports of a module of the core, for its first instance and for its threads' instances. */

/** @param {WebAssembly.Memory | null} [memory]  shared, for a module with threads */
export const importsOn = (memory) => ({ env: { emscripten_notify_memory_growth() {}, ...(memory && { memory }) } });
