import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { TokenKey } from '../../simulator/platform.ts'

/** As kubeadm makes `sa.key`. */
const modulusBits = 2048

/** One key for every cluster of this thread, since making one takes longer than making a cluster. Clusters tell their tokens apart. */
export const sharedTokenKey: TokenKey = tokenKeyOf(newTokenKey)

/** A new private key. @returns PEM (PKCS 8) */
export function newTokenKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: modulusBits }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** @param pem the private key; asked for when it is first needed */
export function tokenKeyOf(pem: () => string): TokenKey {
  let made: ReturnType<typeof read> | undefined
  const key = () => (made ??= read(pem()))
  return {
    id: () => key().id,
    sign: (text) => sign('sha256', Buffer.from(text), key().secret).toString('base64url'),
    verify: (text, signature) => verify('sha256', Buffer.from(text), key().open, Buffer.from(signature, 'base64url')),
    published: () => key().published,
  }
}

function read(pem: string) {
  const secret = createPrivateKey(pem)
  const open = createPublicKey(pem)
  const { n = '', e = '' } = open.export({ format: 'jwk' })
  const id = createHash('sha256')
    .update(open.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  return { secret, open, id, published: { n, e } }
}
