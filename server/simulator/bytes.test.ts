import { describe, expect, it } from 'vitest'
import { ByteDecoder, bytesOfText, textOfBytes } from './bytes.ts'

describe('bytes as text', () => {
  it('reads UTF-8 as what it is', () => {
    expect(textOfBytes(new TextEncoder().encode('héllo 日本 🚢\n'))).toBe('héllo 日本 🚢\n')
    expect(bytesOfText('héllo 日本 🚢\n')).toEqual(new TextEncoder().encode('héllo 日本 🚢\n'))
  })

  it('gives every byte back, UTF-8 or not', () => {
    const wild = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 31 + index * 7) % 256)
    for (const bytes of [
      wild,
      Uint8Array.of(0xef, 0xbb, 0xbf, 65),
      Uint8Array.of(0xed, 0xb2, 0x80),
      Uint8Array.of(0xf0, 0x9f, 0x9a),
      new Uint8Array(),
    ])
      expect(bytesOfText(textOfBytes(bytes))).toEqual(bytes)
  })

  it('decodes a stream whatever its chunks', () => {
    const bytes = Uint8Array.of(...new TextEncoder().encode('日本🚢é'), 0xff, 0xe6, 0x97, 65, 0xf0, 0x9f)
    for (const size of [1, 2, 3, 5, 100]) {
      const decoder = new ByteDecoder()
      let text = ''
      for (let at = 0; at < bytes.length; at += size) text += decoder.decode(bytes.subarray(at, at + size))
      text += decoder.end()
      expect(text.startsWith('日本🚢é')).toBe(true)
      expect(bytesOfText(text)).toEqual(bytes)
    }
  })
})
