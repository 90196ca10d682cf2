/** What we use of it: https://github.com/zhipeng-jia/snappyjs */
declare module 'snappyjs' {
  /** The block format, without frames. */
  export function compress(uncompressed: Uint8Array): Uint8Array
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array
}
