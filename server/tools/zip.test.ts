import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unzipOne } from './zip.ts'

describe('a file out of a zip archive', () => {
  const archive = zip([
    { name: 'helm/helm', content: 'the other one', method: 8 },
    { name: 'kubectl/kubectl', content: 'the program '.repeat(99), method: 8 },
    { name: 'README', content: 'stored as it is', method: 0 },
  ])

  it('is unpacked, whichever way it was packed', () => {
    expect(unzipOne(archive, 'kubectl/kubectl').toString()).toBe('the program '.repeat(99))
    expect(unzipOne(archive, 'README').toString()).toBe('stored as it is')
  })

  it('must be in there', () => {
    expect(() => unzipOne(archive, 'kubectl')).toThrow('no kubectl in the archive')
    expect(() => unzipOne(Buffer.from('<html>'), 'kubectl')).toThrow('not a zip archive')
  })
})

/** The least an archive is made of: a local header and the content for each file, the directory, the end. */
function zip(files: readonly { name: string; content: string; method: 0 | 8 }[]): Buffer {
  let at = 0
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  for (const { name, content, method } of files) {
    const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content)
    const extra = Buffer.from('XXXX')
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(extra.length, 28)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(packed.length, 20)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    const body = Buffer.concat([local, Buffer.from(name), extra, packed])
    bodies.push(body)
    directory.push(entry, Buffer.from(name))
    at += body.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...bodies, ...directory, end])
}
