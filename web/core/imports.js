// @ts-check
/** imports.js - what a module of the core imports: the same for its first instance and for those of its threads. */

/** Returns the imports. @param {WebAssembly.Memory | null} [memory]  shared, for a module with threads */
export const importsOn = (memory) => ({ env: { emscripten_notify_memory_growth() {}, ...(memory && { memory }) } });
