import { inflateRawSync } from 'node:zlib'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50

/**
 * One file out of a zip archive (PKWARE APPNOTE 4.3): the directory at the archive's end says where it starts
 * and how it is packed. Neither encryption nor zip64: what is read here is pinned and has neither.
 * @throws when the archive has no such file
 */
export function unzipOne(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error('not a zip archive')
  let at = archive.readUInt32LE(end + 16)
  while (at < end && archive.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const method = archive.readUInt16LE(at + 10)
    const packedSize = archive.readUInt32LE(at + 20)
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const start = contentStart(archive, archive.readUInt32LE(at + 42))
      const packed = archive.subarray(start, start + packedSize)
      if (method === 0) return packed
      if (method === 8) return inflateRawSync(packed)
      throw new Error(`${name} is packed in a way (${method}) that is not known here`)
    }
    at += 46 + nameLength + extraLength + commentLength
  }
  throw new Error(`no ${name} in the archive`)
}

/** The local header repeats name and extra field, with lengths of its own. */
function contentStart(archive: Buffer, header: number): number {
  return header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
}
