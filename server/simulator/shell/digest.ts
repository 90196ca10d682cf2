// The only door to @noble/hashes: what md5sum and its like print. Not for anything that must be kept secret.
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { bytesOfText } from '../bytes.ts'

const digests = { md5, sha1, sha224, sha256, sha384, sha512 } as const
export type Digest = keyof typeof digests

/** A content's checksum in hex digits. */
export function digestOf(name: Digest, content: string): string {
  return bytesToHex(digests[name](bytesOfText(content)))
}

export function isDigest(name: string): name is Digest {
  return Object.hasOwn(digests, name)
}
