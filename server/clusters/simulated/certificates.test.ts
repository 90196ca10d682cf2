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
})
