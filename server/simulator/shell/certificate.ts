import { oidOf, partsOf, readDer, timeOf } from './der.ts'
import type { Der } from './der.ts'

/** A certificate as `openssl x509` tells it (RFC 5280). */
export interface Certificate {
  readonly der: Uint8Array
  readonly version: number
  readonly serial: Uint8Array
  readonly algorithm: string
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: number
  readonly notAfter: number
  readonly key: PublicKey
  readonly extensions: readonly Extension[]
  readonly signature: Uint8Array
}

export type Name = readonly (readonly [type: string, value: string])[]

export type PublicKey =
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: number }
  | { readonly kind: 'ec'; readonly curve: string; readonly point: Uint8Array }
  | { readonly kind: 'other'; readonly algorithm: string; readonly bytes: Uint8Array }

export interface Extension {
  readonly name: string
  readonly critical: boolean
  readonly lines: readonly string[]
  /** Names that it is for (`DNS:…`, `IP Address:…`), if the extension says such. */
  readonly names?: readonly string[]
}

const algorithms: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'ED25519',
}
const nameTypes: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '0.9.2342.19200300.100.1.25': 'DC',
}
const usages = [
  'Digital Signature',
  'Non Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Sign',
  'CRL Sign',
  'Encipher Only',
  'Decipher Only',
]
const purposes: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication',
  '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication',
  '1.3.6.1.5.5.7.3.3': 'Code Signing',
  '1.3.6.1.5.5.7.3.4': 'E-mail Protection',
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const hexOf = (bytes: Uint8Array, separator = ''): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator)

/** The certificates of a PEM file, in order. @throws DerError */
export function certificatesIn(pem: string): readonly Certificate[] {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/g)]
  return blocks.map(([, body = '']) => certificateOf(Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (char) => char.charCodeAt(0))))
}

/** @throws DerError */
export function certificateOf(der: Uint8Array): Certificate {
  const [body, , signature] = needed(partsOf(readDer(der)), 3)
  const parts = [...partsOf(body)]
  const version = parts[0]?.tag === 0xa0 ? (readDer(parts.shift()?.bytes ?? der).bytes[0] ?? 0) + 1 : 1
  const [serial, algorithm, issuer, validity, subject, key, ...more] = needed(parts, 6)
  const [before, after] = needed(partsOf(validity), 2)
  const extensions = more.find(({ tag }) => tag === 0xa3)
  return {
    der,
    version,
    serial: serial.bytes,
    algorithm: algorithmOf(algorithm),
    issuer: nameOf(issuer),
    subject: nameOf(subject),
    notBefore: timeOf(before),
    notAfter: timeOf(after),
    key: keyOf(key),
    extensions: extensions ? partsOf(readDer(extensions.bytes)).map(extensionOf) : [],
    signature: signature.bytes.subarray(1),
  }
}

/** @throws DerError when there are fewer */
function needed(parts: readonly Der[], count: number): [Der, Der, Der, Der, Der, Der, ...Der[]] {
  // What is missing reads as an empty value, which whoever looks into it refuses.
  const none: Der = { tag: 0, bytes: new Uint8Array(), whole: new Uint8Array() }
  if (parts.length < count) readDer(new Uint8Array())
  const at = (index: number) => parts[index] ?? none
  return [at(0), at(1), at(2), at(3), at(4), at(5), ...parts.slice(6)]
}

function algorithmOf(value: Der): string {
  const [oid] = needed(partsOf(value), 1)
  return algorithms[oidOf(oid)] ?? oidOf(oid)
}

const nameOf = (value: Der): Name =>
  partsOf(value).flatMap((set) =>
    partsOf(set).map((pair) => {
      const [type, text] = needed(partsOf(pair), 2)
      return [nameTypes[oidOf(type)] ?? oidOf(type), textOf(text.bytes)] as const
    }),
  )

function keyOf(value: Der): PublicKey {
  const [algorithm, bits] = needed(partsOf(value), 2)
  const [type, parameters] = needed([...partsOf(algorithm), ...partsOf(algorithm)], 2)
  const bytes = bits.bytes.subarray(1)
  if (oidOf(type) === '1.2.840.10045.2.1') return { kind: 'ec', curve: oidOf(parameters), point: bytes }
  if (oidOf(type) !== '1.2.840.113549.1.1.1') return { kind: 'other', algorithm: algorithms[oidOf(type)] ?? oidOf(type), bytes }
  const [modulus, exponent] = needed(partsOf(readDer(bytes)), 2)
  return { kind: 'rsa', modulus: modulus.bytes, exponent: exponent.bytes.reduce((sum, byte) => sum * 256 + byte, 0) }
}

function extensionOf(value: Der): Extension {
  const parts = partsOf(value)
  const oid = oidOf(needed(parts, 2)[0])
  const critical = parts[1]?.tag === 1 && parts[1].bytes[0] !== 0
  const content = (parts.at(-1) ?? value).bytes
  const known = extensions[oid]
  return known ? { critical, ...known(content) } : { name: oid, critical, lines: [hexOf(content, ':').toUpperCase()] }
}

const extensions: Readonly<Record<string, (content: Uint8Array) => Omit<Extension, 'critical'>>> = {
  '2.5.29.19': (content) => {
    const [authority, length] = partsOf(readDer(content))
    const is = authority?.tag === 1 && authority.bytes[0] !== 0
    return { name: 'X509v3 Basic Constraints', lines: [`CA:${is ? 'TRUE' : 'FALSE'}${length ? `, pathlen:${length.bytes[0] ?? 0}` : ''}`] }
  },
  '2.5.29.15': (content) => {
    const [, ...bits] = readDer(content).bytes
    const set = usages.filter((_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
    return { name: 'X509v3 Key Usage', lines: [set.join(', ')] }
  },
  '2.5.29.37': (content) => {
    const named = partsOf(readDer(content)).map((each) => purposes[oidOf(each)] ?? oidOf(each))
    return { name: 'X509v3 Extended Key Usage', lines: [named.join(', ')] }
  },
  '2.5.29.14': (content) => ({ name: 'X509v3 Subject Key Identifier', lines: [hexOf(readDer(content).bytes, ':').toUpperCase()] }),
  '2.5.29.35': (content) => {
    const id = partsOf(readDer(content)).find(({ tag }) => tag === 0x80)
    return { name: 'X509v3 Authority Key Identifier', lines: id ? [hexOf(id.bytes, ':').toUpperCase()] : [] }
  },
  '2.5.29.17': (content) => {
    const names = partsOf(readDer(content)).map(({ tag, bytes }) => {
      if (tag === 0x82) return `DNS:${textOf(bytes)}`
      if (tag === 0x86) return `URI:${textOf(bytes)}`
      if (tag === 0x81) return `email:${textOf(bytes)}`
      return tag === 0x87 ? `IP Address:${bytes.length === 4 ? bytes.join('.') : hexOf(bytes, ':')}` : 'othername:<unsupported>'
    })
    return { name: 'X509v3 Subject Alternative Name', lines: [names.join(', ')], names }
  },
}
