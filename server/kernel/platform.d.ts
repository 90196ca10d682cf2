/**
 * The few globals that Node and browsers share and that the floor (kernel, protocol, simulator) may use.
 * The floor is compiled with neither DOM nor Node types, so nothing else is in reach there.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(input?: Uint8Array, options?: { stream?: boolean }): string
}
declare class URLSearchParams {
  constructor(init?: string | Record<string, string>)
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string): boolean
  set(name: string, value: string): void
  append(name: string, value: string): void
  delete(name: string): void
  toString(): string
  [Symbol.iterator](): IterableIterator<[string, string]>
}
declare function structuredClone<T>(value: T): T
declare function queueMicrotask(callback: () => void): void
declare function btoa(data: string): string
declare function atob(data: string): string
