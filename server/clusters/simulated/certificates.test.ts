import { X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createServerCertificate } from './certificates.ts'

describe('the certificate of simulated clusters', () => {
  it('is signed by its authority, for the loopback names only', async () => {
    const made = await createServerCertificate()
    const authority = new X509Certificate(made.certificateAuthority)
    const server = new X509Certificate(made.certificate)
    expect(authority.ca).toBe(true)
    expect(server.ca).toBe(false)
    expect(server.verify(authority.publicKey)).toBe(true)
    for (const ip of ['127.0.0.1', '::1']) expect(server.checkIP(ip)).toBe(ip)
    expect(server.checkHost('localhost')).toBe('localhost')
    expect(server.checkHost('example.com')).toBeUndefined()
  })

  it('carries a TLS connection for a client that trusts the authority', async () => {
    const made = await createServerCertificate()
    const server = createServer({ key: made.key, cert: made.certificate }, (socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: made.certificateAuthority })
    const [greeting] = (await once(client, 'data')) as [Buffer]
    expect(String(greeting)).toBe('hello')
    client.destroy()
    server.close()
  })

  it('signs a client’s request, and names the certificate by its fingerprint', async () => {
    const made = await createServerCertificate()
    const { certificate, fingerprint } = await made.signClient(REQUEST, 3600)
    const client = new X509Certificate(certificate)
    expect(client.verify(new X509Certificate(made.certificateAuthority).publicKey)).toBe(true)
    expect([client.subject, client.ca]).toEqual(['CN=jane\nO=dev', false])
    expect(client.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(fingerprint)
    await expect(made.signClient('nonsense', 3600)).rejects.toThrow()
  })
})

/** Made with `openssl req -new -subj /CN=jane/O=dev`. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHWMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE8OauDMDf1ju2HWKVf3t1N3Jb7GQCgAa8Uc4Pakiv
eEazecmGk7bKZiZSk8EkgtFihgQ8UdaINAawvSZ72/qGYqAAMAoGCCqGSM49BAMC
A0cAMEQCIDhNJALsm0vzabbmsoF4kgvH+3Kyt6+dF7N0zEz6TDlcAiAZpc8U7Z6n
SYq/kctyYtUxCJzTWeJeY2RQHut4Di05rA==
-----END CERTIFICATE REQUEST-----
`
