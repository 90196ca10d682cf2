import { textOfBytes } from '../../bytes.ts'
import { certificatesIn, hexOf } from '../certificate.ts'
import type { Certificate, Name, PublicKey } from '../certificate.ts'
import { DerError } from '../der.ts'
import { digestOf, isDigest } from '../digest.ts'
import { FileError } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { toBase64 } from './encoding.ts'
import { pathIn, readAll } from './options.ts'

/** Options of openssl have one dash and a whole word. */
interface Given {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly rest: readonly string[]
}

const valued = new Set('in out inform outform connect servername CAfile CApath checkend cert key verify_hostname ext hmac days'.split(' '))

function given(args: readonly string[]): Given {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const rest: string[] = []
  for (let at = 0; at < args.length; at++) {
    const name = /^--?(.+)$/.exec(args[at] ?? '')?.[1]
    if (name === undefined) rest.push(args[at] ?? '')
    else if (valued.has(name)) values.set(name, args[++at] ?? '')
    else flags.add(name)
  }
  return { flags, values, rest }
}

/** What `-in` names, or the input. */
async function inputOf(run: Run, { values }: Given, rest: readonly string[] = []): Promise<string> {
  const name = values.get('in') ?? rest[0]
  try {
    return await readAll(run, name === undefined ? [] : [name])
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof FileError) || name === undefined) throw error
    run.io.err.write(`Could not open file or uri for loading certificate from ${name}\n`)
    throw new CommandError(`Can't open "${name}" for reading, No such file or directory`)
  }
}

function say(run: Run, { values }: Given, text: string): void {
  const out = values.get('out')
  if (out === undefined) run.io.out.write(text)
  else run.machine.files.write(pathIn(run, out), text)
}

const nameText = (name: Name, tight = false): string => name.map(([type, value]) => `${type}${tight ? '=' : ' = '}${value}`).join(', ')

/** `Nov 22 22:34:49 2026 GMT`. */
function timeText(millis: number): string {
  const [, day = '', month = '', year = '', time = ''] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(millis).toUTCString()) ?? []
  return `${month} ${String(Number(day)).padStart(2)} ${time} ${year} GMT`
}

/** Bytes in lines, as openssl prints keys and signatures. */
function block(bytes: Uint8Array, indent: number, width: number): string {
  const words = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
  const rows: string[] = []
  for (let at = 0; at < words.length; at += width) rows.push(`${' '.repeat(indent)}${words.slice(at, at + width).join(':')}`)
  return `${rows.join(':\n')}\n`
}

const curves: Readonly<Record<string, readonly [oid: string, nist: string, bits: number]>> = {
  '1.2.840.10045.3.1.7': ['prime256v1', 'P-256', 256],
  '1.3.132.0.34': ['secp384r1', 'P-384', 384],
  '1.3.132.0.35': ['secp521r1', 'P-521', 521],
}

function keyText(key: PublicKey): string {
  const pad = ' '.repeat(16)
  if (key.kind === 'rsa') {
    const bits = key.modulus.length * 8 - (key.modulus[0] === 0 ? 8 : 0)
    return `${' '.repeat(12)}Public Key Algorithm: rsaEncryption\n${pad}Public-Key: (${bits} bit)\n${pad}Modulus:\n${block(key.modulus, 20, 15)}${pad}Exponent: ${key.exponent} (0x${key.exponent.toString(16)})\n`
  }
  if (key.kind === 'other')
    return `${' '.repeat(12)}Public Key Algorithm: ${key.algorithm}\n${pad}${key.algorithm} Public-Key:\n${pad}pub:\n${block(key.bytes, 20, 15)}`
  const [name, nist, bits] = curves[key.curve] ?? [key.curve, '', 0]
  return `${' '.repeat(12)}Public Key Algorithm: id-ecPublicKey\n${pad}Public-Key: (${bits} bit)\n${pad}pub:\n${block(key.point, 20, 15)}${pad}ASN1 OID: ${name}\n${nist === '' ? '' : `${pad}NIST CURVE: ${nist}\n`}`
}

function certificateText(certificate: Certificate): string {
  const { version, serial, algorithm, issuer, subject, notBefore, notAfter, key, extensions, signature } = certificate
  const short = serial.length <= 8
  const number = BigInt(`0x${hexOf(serial)}`)
  const extended = extensions.map(
    ({ name, critical, lines }) =>
      `            ${name}: ${critical ? 'critical' : ''}\n${lines.map((line) => `                ${line}\n`).join('')}`,
  )
  return `Certificate:\n    Data:\n        Version: ${version} (0x${version - 1})\n        Serial Number:${short ? ` ${number} (0x${number.toString(16)})` : `\n            ${hexOf(serial, ':')}`}\n        Signature Algorithm: ${algorithm}\n        Issuer: ${nameText(issuer)}\n        Validity\n            Not Before: ${timeText(notBefore)}\n            Not After : ${timeText(notAfter)}\n        Subject: ${nameText(subject)}\n        Subject Public Key Info:\n${keyText(key)}${extended.length > 0 ? `        X509v3 extensions:\n${extended.join('')}` : ''}    Signature Algorithm: ${algorithm}\n    Signature Value:\n${block(signature, 8, 18)}`
}

const pemOf = (certificate: Certificate): string =>
  `-----BEGIN CERTIFICATE-----\n${toBase64(textOfBytes(certificate.der)).replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`

const extensionNames: Readonly<Record<string, string>> = {
  subjectAltName: 'X509v3 Subject Alternative Name',
  keyUsage: 'X509v3 Key Usage',
  extendedKeyUsage: 'X509v3 Extended Key Usage',
  basicConstraints: 'X509v3 Basic Constraints',
  subjectKeyIdentifier: 'X509v3 Subject Key Identifier',
  authorityKeyIdentifier: 'X509v3 Authority Key Identifier',
}

const x509 = async (run: Run, args: Given): Promise<number> => {
  const { flags, values } = args
  const text = await inputOf(run, args)
  let certificate: Certificate | undefined
  try {
    certificate = certificatesIn(text)[0]
  } catch (error) {
    if (!(error instanceof DerError)) throw error
  }
  if (!certificate) {
    run.io.err.write(`Could not find certificate from ${values.get('in') ?? '<stdin>'}\n`)
    return 1
  }
  const { subject, issuer, notBefore, notAfter, serial, extensions } = certificate
  const digest = [...flags].find(isDigest) ?? 'sha1'
  const shown = new Map<string, () => string>([
    ['text', () => certificateText(certificate)],
    ['serial', () => `serial=${hexOf(serial).toUpperCase()}\n`],
    ['subject', () => `subject=${nameText(subject)}\n`],
    ['issuer', () => `issuer=${nameText(issuer)}\n`],
    ['startdate', () => `notBefore=${timeText(notBefore)}\n`],
    ['enddate', () => `notAfter=${timeText(notAfter)}\n`],
    ['dates', () => `notBefore=${timeText(notBefore)}\nnotAfter=${timeText(notAfter)}\n`],
    [
      'fingerprint',
      () =>
        `${digest === 'sha1' ? 'SHA1' : digest} Fingerprint=${digestOf(digest, textOfBytes(certificate.der))
          .toUpperCase()
          .replaceAll(/(..)(?=.)/g, '$1:')}\n`,
    ],
  ])
  const wanted = (values.get('ext') ?? '').split(',').map((name) => extensionNames[name])
  const extension = extensions.filter(({ name }) => wanted.includes(name))
  // In the order in which they are asked for.
  const printed = [...flags].map((flag) => shown.get(flag)?.() ?? '')
  for (const { name, critical, lines } of extension) printed.push(`${name}: ${critical ? 'critical' : ''}\n    ${lines.join('\n    ')}\n`)
  if (!flags.has('noout') && values.get('checkend') === undefined) printed.push(pemOf(certificate))
  say(run, args, printed.join(''))
  if (values.get('checkend') === undefined) return 0
  const expires = notAfter <= run.machine.clock.now() + Number(values.get('checkend')) * 1000
  run.io.out.write(`Certificate will ${expires ? '' : 'not '}expire\n`)
  return expires ? 1 : 0
}

const rand = (run: Run, args: Given): number => {
  const count = Number(args.rest.at(-1))
  if (!(count >= 0 && count <= 10_000_000)) throw new CommandError('rand: number of bytes expected')
  const bytes = Uint8Array.from({ length: count }, () => Math.floor(run.machine.random() * 256))
  const text = textOfBytes(bytes)
  say(
    run,
    args,
    args.flags.has('hex') ? `${hexOf(bytes)}\n` : args.flags.has('base64') ? toBase64(text).replaceAll(/.{1,64}/g, '$&\n') : text,
  )
  return 0
}

const dgst = async (run: Run, args: Given, name: string): Promise<number> => {
  const digest = [...args.flags, name].find(isDigest) ?? 'sha256'
  const files = args.rest
  for (const file of files.length > 0 ? files : [undefined]) {
    const sum = digestOf(digest, await inputOf(run, args, file === undefined ? [] : [file]))
    say(
      run,
      args,
      args.flags.has('r')
        ? `${sum} *${file ?? 'stdin'}\n`
        : `${digest === 'md5' ? 'MD5' : digest.replace('sha', 'SHA2-').replace('SHA2-1', 'SHA1')}(${file ?? 'stdin'})= ${sum}\n`,
    )
  }
  return 0
}

const base64 = async (run: Run, args: Given): Promise<number> => {
  const text = await inputOf(run, args)
  if (!args.flags.has('d')) {
    const encoded = toBase64(text)
    say(run, args, args.flags.has('A') ? encoded : encoded.replaceAll(/.{1,64}/g, '$&\n'))
    return 0
  }
  try {
    say(run, args, textOfBytes(Uint8Array.from(atob(text.replaceAll(/\s/g, '')), (char) => char.charCodeAt(0))))
    return 0
  } catch {
    throw new CommandError('error reading input file')
  }
}

/** `s_client`: connects, and says how far that went. The certificates of servers are not simulated. */
const sClient = async (run: Run, { values, rest }: Given): Promise<number> => {
  const target = values.get('connect') ?? rest[0] ?? ''
  const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(target) ?? []
  if (port === '') throw new CommandError('s_client: -connect takes host:port')
  const { network } = run.machine
  const found = await network.lookup(host)
  run.process.check()
  if (!found.ok) {
    run.io.err.write(`BIO_lookup_ex:system lib:crypto/bio/bio_addr.c:758:Name or service not known\nconnect:errno=22\n`)
    return 1
  }
  const ip = found.addresses[0] ?? ''
  const reply = await network.request(ip, Number(port), { secure: true, method: 'GET', host, path: '/', headers: {}, body: '' })
  run.process.check()
  const errno = {
    refused: ['Connection refused', 111],
    timeout: ['Connection timed out', 110],
    unreachable: ['No route to host', 113],
  } as const
  if (reply.result === 'refused' || reply.result === 'timeout' || reply.result === 'unreachable') {
    const [words, number] = errno[reply.result]
    if (reply.result === 'timeout') await run.process.sleep(131_000)
    run.io.err.write(`BIO_connect:${words}:crypto/bio/bio_sock2.c:178:calling connect()\nconnect:errno=${number}\n`)
    return 1
  }
  run.io.out.write('CONNECTED(00000003)\n')
  if (reply.result === 'wrong-protocol') {
    run.io.err.write('error:0A0000C6:SSL routines:tls_get_more_records:packet length too long:ssl/record/methods/tls_common.c:662:\n')
    run.io.out.write(
      '---\nno peer certificate available\n---\nNo client certificate CA names sent\n---\nNew, (NONE), Cipher is (NONE)\n---\n',
    )
    return 1
  }
  run.io.out.write(
    '---\nCertificate chain\n (the certificates of servers are not simulated: look at the Secret or file that holds one)\n---\nNew, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\nThis TLS version forbids renegotiation.\nVerify return code: 20 (unable to get local issuer certificate)\n---\n',
  )
  while ((await run.io.in.read(run.process)) !== undefined) await run.process.breathe()
  run.io.out.write('DONE\n')
  return 0
}

/** `verify -CAfile CA FILE`: whether one names the other as its issuer, and is in force; signatures are not checked. */
const verify = async (run: Run, { values, rest }: Given): Promise<number> => {
  const authorities = values.has('CAfile') ? certificatesIn(await readAll(run, [values.get('CAfile') ?? ''])) : []
  let status = 0
  for (const file of rest) {
    const [certificate] = certificatesIn(await readAll(run, [file]))
    const now = run.machine.clock.now()
    const trusted = certificate && authorities.some(({ subject }) => nameText(subject) === nameText(certificate.issuer))
    const why =
      !certificate || !trusted
        ? 'error 20 at 0 depth lookup: unable to get local issuer certificate'
        : certificate.notAfter < now
          ? 'error 10 at 0 depth lookup: certificate has expired'
          : undefined
    if (why === undefined) run.io.out.write(`${file}: OK\n`)
    else {
      run.io.err.write(`${nameText(certificate?.subject ?? [])}\n${why}\nerror ${file}: verification failed\n`)
      status = 2
    }
  }
  return status
}

const openssl: Command = async (run) => {
  const [verb = '', ...args] = run.args
  const read = given(args)
  try {
    switch (verb) {
      case 'version':
        run.io.out.write('OpenSSL 3.5.4 30 Sep 2025 (Library: OpenSSL 3.5.4 30 Sep 2025)\n')
        return 0
      case 'x509':
        return await x509(run, read)
      case 'rand':
        return rand(run, read)
      case 'base64':
      case 'enc':
        return await base64(run, read)
      case 's_client':
        return await sClient(run, read)
      case 'verify':
        return await verify(run, read)
      default:
        if (verb === 'dgst' || isDigest(verb)) return await dgst(run, read, verb)
        throw new CommandError(`'${verb}' is not simulated: version, x509, verify, s_client, rand, dgst and base64 are`)
    }
  } catch (error) {
    if (error instanceof DerError) throw new CommandError('Unable to load certificate')
    throw error
  }
}

export const opensslCommands: Record<string, Command> = { openssl }
