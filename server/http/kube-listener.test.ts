import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createServerCertificate } from '../clusters/simulated/certificates.ts'
import type { CertificateAuthority } from '../clusters/simulated/certificates.ts'
import type { ApiRequest, ForwardedPort, StreamSink } from '../simulator/api/http.ts'
import { listenKube } from './kube-listener.ts'
import type { KubeApi, KubeListener } from './kube-listener.ts'
import { bytesOf, WebSocket } from './web-socket.ts'

let certificate: CertificateAuthority
let agent: Agent
let listener: KubeListener
const reports: unknown[] = []

beforeAll(async () => {
  certificate = await createServerCertificate()
  agent = new Agent({ ca: certificate.certificateAuthority, keepAlive: true })
  listener = await listenKube({ ...certificate, report: (error) => reports.push(error) })
})
afterEach(() => void reports.splice(0))
afterAll(async () => {
  agent.destroy()
  await listener.close()
})

describe('the listener of a simulated cluster', () => {
  it('hands over a decoded path, the query, the headers and the body', async () => {
    const seen: ApiRequest[] = []
    listener.serve(api({ handle: (request) => (seen.push(request), json({ ok: true })) }))
    const answer = await ask('/api/v1/pods/a%20b?watch=1&limit=5', { method: 'POST', headers: { 'X-Custom': 'yes' }, body: '{"a":1}' })
    expect(answer.status).toBe(200)
    expect(seen[0]?.path).toBe('/api/v1/pods/a b')
    expect([...(seen[0]?.query ?? [])]).toEqual([
      ['watch', '1'],
      ['limit', '5'],
    ])
    expect(seen[0]?.headers['x-custom']).toBe('yes')
    expect(Buffer.from(seen[0]?.body ?? []).toString()).toBe('{"a":1}')
  })

  it('says whose client certificate it is, and lets no stranger’s pass', async () => {
    const seen: ApiRequest[] = []
    listener.serve(api({ handle: (request) => (seen.push(request), json({ ok: true })) }))
    const issued = await certificate.signClient(CLIENT.request, 3600)
    const other = await (await createServerCertificate()).signClient(CLIENT.request, 3600)
    expect(await statusWith({ key: CLIENT.key, cert: issued.certificate })).toBe(200)
    expect(seen[0]?.client).toEqual({ commonName: 'jane', organizations: ['dev'], fingerprint: issued.fingerprint })
    expect(await statusWith({ key: CLIENT.key, cert: other.certificate })).toBe(401)
  })

  it('refuses a path that does not decode', async () => {
    listener.serve(api({}))
    expect((await ask('/api/%E0%A4%A')).status).toBe(400)
  })

  it('takes a selector that is longer than 16 KB', async () => {
    listener.serve(api({}))
    expect((await ask(`/api?labelSelector=${'a'.repeat(20_000)}`)).status).toBe(200)
  })

  it('refuses a body over 3 MB with a Status, and goes on', async () => {
    listener.serve(api({}))
    const answer = await ask('/api', { method: 'POST', body: 'x'.repeat(3 * 1024 * 1024 + 1) })
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({
      kind: 'Status',
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    })
    expect((await ask('/api')).status).toBe(200)
  })

  it('answers a request whose handling threw with a Status, and reports it', async () => {
    listener.serve(
      api({
        handle: () => {
          throw new Error('lost the plot')
        },
      }),
    )
    const answer = await ask('/api')
    expect(answer.status).toBe(500)
    expect(JSON.parse(answer.body)).toMatchObject({ reason: 'InternalError', message: 'Internal error occurred: lost the plot' })
    expect(reports).toHaveLength(1)
  })

  it('compresses a large answer for those who ask, and leaves a small one alone', async () => {
    const large = 'pod '.repeat(50_000)
    listener.serve(api({ handle: ({ path }) => ({ status: 200, headers: {}, body: path === '/large' ? large : 'small' }) }))
    const gzip = { headers: { 'Accept-Encoding': 'gzip' } }
    const answer = await ask('/large', gzip)
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(answer.bytes).toString()).toBe(large)
    expect((await ask('/small', gzip)).headers['content-encoding']).toBeUndefined()
    expect((await ask('/large')).body).toBe(large)
  })

  it('streams a watch as it happens, and stops it when the client hangs up', async () => {
    const stopped = Promise.withResolvers<void>()
    listener.serve(
      api({
        handle: () => ({
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: (sink) => (sink.write('{"type":"ADDED"}\n'), () => stopped.resolve()),
        }),
      }),
    )
    const response = await open('/watch')
    const [first] = (await once(response, 'data')) as [Buffer]
    expect(String(first)).toBe('{"type":"ADDED"}\n')
    response.destroy()
    await stopped.promise
  })

  it('hangs up on a watcher that does not read', async () => {
    const stopped = Promise.withResolvers<void>()
    listener.serve(
      api({
        handle: () => ({
          status: 200,
          headers: {},
          body(sink) {
            const timer = setInterval(() => sink.write(Buffer.alloc(1024 * 1024)), 1)
            return () => (clearInterval(timer), stopped.resolve())
          },
        }),
      }),
    )
    const response = await open('/watch')
    response.pause()
    await stopped.promise
    response.destroy()
  })

  it('survives garbage on the wire', async () => {
    listener.serve(api({}))
    const { connect } = await import('node:tls')
    const socket = connect({ host: '127.0.0.1', port: listener.port, ca: certificate.certificateAuthority })
    socket.write('this is not HTTP\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1.1 400/)
    socket.destroy()
    expect((await ask('/api')).status).toBe(200)
  })
})

describe('kubectl exec over WebSocket', () => {
  it('carries input, output, resizes, the half-close of v5 and the exit status on their channels', async () => {
    const said: unknown[] = []
    const done = Promise.withResolvers<void>()
    listener.serve(api({ upgrade: () => ({ accepted: true, start: (sink) => echoSession(sink, said, done.resolve) }) }))
    const { socket, received } = await dial(['v5.channel.k8s.io', 'v4.channel.k8s.io'])
    expect(socket.protocol).toBe('v5.channel.k8s.io')
    socket.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":80,"Height":24}')]))
    socket.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":"wide"}')]))
    socket.send(Buffer.concat([Buffer.of(0), Buffer.from('hello')]))
    socket.send(Buffer.of(255, 0))
    await once(socket, 'close')
    await done.promise
    expect(said).toEqual([[80, 24], 'hello', 'stdin closed', 'closed'])
    expect(received).toEqual([
      [1, ''],
      [1, 'hello'],
      [2, 'oops'],
      [3, '{"status":"Success"}'],
    ])
  })

  it('tells the session when the client goes away', async () => {
    const said: unknown[] = []
    const done = Promise.withResolvers<void>()
    listener.serve(api({ upgrade: () => ({ accepted: true, start: (sink) => echoSession(sink, said, done.resolve) }) }))
    const { socket } = await dial(['v4.channel.k8s.io'])
    socket.terminate()
    await done.promise
    expect(said).toEqual(['closed'])
  })

  it('passes a refusal on as it is', async () => {
    listener.serve(api({ upgrade: () => ({ accepted: false, response: { status: 404, headers: {}, body: 'pods "x" not found' } }) }))
    await expect(dial(['v5.channel.k8s.io'])).rejects.toThrow('404')
  })

  it('refuses protocols that it does not speak', async () => {
    listener.serve(
      api({
        upgrade: () => ({
          accepted: true,
          start: () => {
            throw new Error('not to be started')
          },
        }),
      }),
    )
    await expect(dial(['v9.channel.k8s.io'])).rejects.toThrow('400')
  })

  it('forwards ports on channels of a WebSocket, each of which begins with its port', async () => {
    const gone: number[] = []
    listener.serve(api({ upgrade: () => ({ accepted: true, forward: async (port) => forwardedTo(port, gone) }) }))
    const { socket, received } = await dial(['v4.channel.k8s.io'], '/api/v1/namespaces/a/pods/b/portforward?ports=80&ports=81')
    socket.send(Buffer.concat([Buffer.of(0), Buffer.from('hello')]))
    await expect
      .poll(() => received)
      .toEqual([
        [0, 'P\0'],
        [1, 'P\0'],
        [2, 'Q\0'],
        [3, 'Q\0'],
        [3, 'nothing there'],
        [0, '80 says hello'],
      ])
    socket.terminate()
    await expect.poll(() => gone).toEqual([80])
  })

  it('forwards no ports that are none', async () => {
    listener.serve(api({ upgrade: () => ({ accepted: true, forward: async (port) => forwardedTo(port, []) }) }))
    for (const ports of ['', '?ports=0', '?ports=70000', '?ports=80&ports=x'])
      await expect(dial(['v4.channel.k8s.io'], `/api/v1/namespaces/a/pods/b/portforward${ports}`)).rejects.toThrow('400')
  })

  it('ends only the session whose start threw', async () => {
    listener.serve(
      api({
        upgrade: () => ({
          accepted: true,
          start: () => {
            throw new Error('no such process')
          },
        }),
      }),
    )
    const { socket } = await dial(['v5.channel.k8s.io'])
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close')
    expect(reports).toHaveLength(1)
    expect((await ask('/api')).status).toBe(200)
  })
})

/** Something that answers on port 80 alone. */
function forwardedTo(port: number, gone: number[]): ForwardedPort {
  if (port !== 80) return { ok: false, message: 'nothing there' }
  return {
    ok: true,
    tls: false,
    accept: (peer) => ({
      data: (chunk) => void peer.write(Buffer.from(`${port} says ${Buffer.from(chunk).toString()}`)),
      end: () => peer.end(),
      close: () => void gone.push(port),
    }),
  }
}

function echoSession(sink: StreamSink, said: unknown[], done: () => void) {
  return {
    stdin(chunk: Uint8Array) {
      said.push(Buffer.from(chunk).toString())
      sink.stdout(chunk)
    },
    closeStdin() {
      said.push('stdin closed')
      sink.stderr(Buffer.from('oops'))
      sink.exit({ status: 'Success' })
    },
    resize: (columns: number, rows: number) => void said.push([columns, rows]),
    close: () => (said.push('closed'), done()),
  }
}

async function dial(protocols: string[], path = '/api/v1/namespaces/a/pods/b/exec?command=sh') {
  const socket = new WebSocket(`wss://127.0.0.1:${listener.port}${path}`, protocols, { ca: certificate.certificateAuthority })
  const received: [number | undefined, string][] = []
  socket.on('message', (data) => received.push([bytesOf(data)[0], bytesOf(data).subarray(1).toString()]))
  await once(socket, 'open')
  return { socket, received }
}

function api(part: Partial<KubeApi>): KubeApi {
  return { handle: () => json({}), upgrade: () => ({ accepted: false, response: json({}) }), ...part }
}

const json = (body: unknown) => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

interface Asked {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

async function open(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<IncomingMessage> {
  const request = httpsRequest({ host: '127.0.0.1', port: listener.port, path, method, headers, agent })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  return response
}

async function ask(path: string, asked?: Asked) {
  const response = await open(path, asked)
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return { status: response.statusCode, headers: response.headers, bytes, body: bytes.toString() }
}

/** A key, and a request made with `openssl req -new -subj /CN=jane/O=dev`. Of no use anywhere else. */
const CLIENT = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2JKqVAC/IZPlB1zU
1b77eQIUZBOLXXSB2CkLrCbnmmyhRANCAATw5q4MwN/WO7YdYpV/e3U3clvsZAKA
BrxRzg9qSK94RrN5yYaTtspmJlKTwSSC0WKGBDxR1og0BrC9Jnvb+oZi
-----END PRIVATE KEY-----
`,
  request: `-----BEGIN CERTIFICATE REQUEST-----
MIHWMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE8OauDMDf1ju2HWKVf3t1N3Jb7GQCgAa8Uc4Pakiv
eEazecmGk7bKZiZSk8EkgtFihgQ8UdaINAawvSZ72/qGYqAAMAoGCCqGSM49BAMC
A0cAMEQCIDhNJALsm0vzabbmsoF4kgvH+3Kyt6+dF7N0zEz6TDlcAiAZpc8U7Z6n
SYq/kctyYtUxCJzTWeJeY2RQHut4Di05rA==
-----END CERTIFICATE REQUEST-----
`,
}

async function statusWith(identity: { readonly key: string; readonly cert: string }): Promise<number | undefined> {
  const own = new Agent({ ca: certificate.certificateAuthority, ...identity })
  const request = httpsRequest({ host: '127.0.0.1', port: listener.port, path: '/api', agent: own }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  own.destroy()
  return response.statusCode
}
