import './reflect-metadata.ts'
import { randomBytes, X509Certificate as NodeCertificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** What a TLS listener for clusters needs, and what its clients must trust. All PEM. */
export interface ServerCertificate {
  readonly key: string
  readonly certificate: string
  readonly certificateAuthority: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hour = 3_600_000
/** A session may be left running for days; nothing outlives its process. */
const validMillis = 30 * 24 * hour

/**
 * Makes a certificate authority and one certificate for this machine's loopback names, signed by it.
 * The authority's key is forgotten at once: nobody can sign a second certificate with it.
 */
export async function createServerCertificate(now = Date.now()): Promise<ServerCertificate> {
  x509.cryptoProvider.set(crypto)
  const [authorityKeys, serverKeys] = await Promise.all([generateKeys(), generateKeys()])
  // An hour back, so that a machine whose clock was just corrected trusts it too.
  const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + validMillis) }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=kubernetes',
    serialNumber: serialNumber(),
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  })
  const server = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=kube-apiserver',
    issuer: authority.subject,
    serialNumber: serialNumber(),
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes' },
        { type: 'dns', value: 'kubernetes.default' },
        { type: 'dns', value: 'kubernetes.default.svc' },
        { type: 'dns', value: 'kubernetes.default.svc.cluster.local' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'ip', value: '10.96.0.1' },
      ]),
    ],
  })
  return { key: await pemOf(serverKeys.privateKey), certificate: canonical(server), certificateAuthority: canonical(authority) }
}

function generateKeys() {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** RFC 5280, 4.1.2.2: positive, at most 20 octets. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`
}

/** PEM with a newline at its end, as kubeadm writes it. */
function canonical(certificate: x509.X509Certificate): string {
  return new NodeCertificate(Buffer.from(certificate.rawData)).toString()
}

async function pemOf(key: Awaited<ReturnType<typeof generateKeys>>['privateKey']): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}
