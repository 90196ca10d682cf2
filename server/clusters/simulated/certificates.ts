import './reflect-metadata.ts'
import { randomBytes, X509Certificate as NodeCertificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** What a TLS listener for clusters needs, and what its clients must trust. All PEM. */
export interface ServerCertificate {
  readonly key: string
  readonly certificate: string
  readonly certificateAuthority: string
}

/** The certificate, and what signs others for clients. */
export interface CertificateAuthority extends ServerCertificate {
  /** @throws for what is no certificate request, or one that is not signed with its own key */
  readonly signClient: (request: string, seconds: number) => Promise<{ readonly certificate: string; readonly fingerprint: string }>
  /** PEM, for `restoreServerCertificate`. Whoever has it is this authority. */
  readonly authorityKey: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hour = 3_600_000
/** A session may be left running for days; nothing outlives its process. */
const validMillis = 30 * 24 * hour

/**
 * Makes a certificate authority and one certificate for this machine's loopback names, signed by it.
 * The authority's key stays in this process, to sign what a cluster's owner approves for clients.
 */
export async function createServerCertificate(now = Date.now()): Promise<CertificateAuthority> {
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
  return {
    key: await pemOf(serverKeys.privateKey),
    certificate: canonical(server),
    certificateAuthority: canonical(authority),
    signClient: clientSigner(authority, authorityKeys.privateKey),
    authorityKey: await pemOf(authorityKeys.privateKey),
  }
}

/** The authority that was written down, for a cluster that lives on. @throws when a key or certificate cannot be read */
export async function restoreServerCertificate(
  saved: ServerCertificate & Pick<CertificateAuthority, 'authorityKey'>,
): Promise<CertificateAuthority> {
  x509.cryptoProvider.set(crypto)
  const authority = new x509.X509Certificate(saved.certificateAuthority)
  const key = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(saved.authorityKey), algorithm, true, ['sign'])
  return { ...saved, signClient: clientSigner(authority, key) }
}

type PrivateKey = Awaited<ReturnType<typeof generateKeys>>['privateKey']

/** Signs requests for client certificates: their subject says who it is (CN) and in which groups (O). */
function clientSigner(authority: x509.X509Certificate, signingKey: PrivateKey): CertificateAuthority['signClient'] {
  return async (pem, seconds) => {
    const request = new x509.Pkcs10CertificateRequest(pem)
    if (!(await request.verify())) throw new Error('the certificate request is not signed with its own key')
    const now = Date.now()
    const made = await x509.X509CertificateGenerator.create({
      // Five minutes back, as the controller manager does.
      notBefore: new Date(now - 5 * 60_000),
      notAfter: new Date(Math.min(now + seconds * 1000, authority.notAfter.getTime())),
      subject: request.subject,
      issuer: authority.subject,
      serialNumber: serialNumber(),
      publicKey: await request.publicKey.export(),
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ],
    })
    const { fingerprint256 } = new NodeCertificate(Buffer.from(made.rawData))
    return { certificate: canonical(made), fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() }
  }
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
