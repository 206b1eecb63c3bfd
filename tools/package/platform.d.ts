/**
 * platform.d.ts - the types of the platform that index.d.ts uses. A program that is compiled without the DOM's types,
 * or without Node's, lacks some of them: those are `never` here, so the declarations compile everywhere.
 */

/** The instances of a global class, or `never` where the program has no such class. */
type Instance<Name extends string> = typeof globalThis extends { [N in Name]: { prototype: infer T } } ? T : never;

export type AbortSignal = Instance<'AbortSignal'>;
export type Blob = Instance<'Blob'>;
export type Event = Instance<'Event'>;
export type File = Instance<'File'>;
export type FileSystemDirectoryHandle = Instance<'FileSystemDirectoryHandle'>;
export type HTMLCanvasElement = Instance<'HTMLCanvasElement'>;
export type HTMLImageElement = Instance<'HTMLImageElement'>;
export type ImageBitmap = Instance<'ImageBitmap'>;
export type OffscreenCanvas = Instance<'OffscreenCanvas'>;
export type Response = Instance<'Response'>;
export type URL = Instance<'URL'>;
/** A stream of bytes. */
export type ByteStream = Instance<'ReadableStream'>;

/** An event with a result of type T. */
export type CustomEvent<T> = Omit<Instance<'CustomEvent'>, 'detail'> & { readonly detail: T };
export type Listener = ((event: Event) => void) | { handleEvent(event: Event): void } | null;
export type ListenerOptions = boolean | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal };

export declare const EventTarget: typeof globalThis extends { EventTarget: infer T extends new () => object }
  ? T
  : new () => object;
