import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ApiRequest, ApiResponse, BodyStream } from '../simulator/api/http.ts'
import type { SimulatedCluster } from '../simulator/cluster-api.ts'
import { protobufToJson, protobufType } from './kube-protobuf.ts'
import { statusResponse } from './kube-status.ts'
import { createKubeUpgrades } from './kube-upgrade.ts'
import type { KubeUpgrades } from './kube-upgrade.ts'

/** What a listener serves: the part of a cluster that answers requests. */
export type KubeApi = Pick<SimulatedCluster, 'handle' | 'upgrade'>

export interface KubeListenerOptions {
  /** PEM. */
  readonly key: string
  readonly certificate: string
  /** Client certificates that it signed say who asks. */
  readonly certificateAuthority?: string
  readonly host?: string
  /** 0, the default: any free one. */
  readonly port?: number
  readonly report: (error: unknown) => void
}

export interface KubeListener {
  readonly host: string
  readonly port: number
  /** Begins answering with `api`. Until then every request is told that the server is starting. */
  serve(api: KubeApi): void
  /** Ends every connection, the open watches and shells too. */
  close(): Promise<void>
}

/** The most that a request's body may hold. Source: k8s.io/apiserver/pkg/server/config.go, MaxRequestBodyBytes */
const mostBody = 3 * 1024 * 1024
const mostHeader = 1024 * 1024
/** What goes through to a server in the cluster is that server's to bound; here it is held in memory. */
const mostProxied = 64 * 1024 * 1024
/** A watch whose client reads too slowly is hung up on; it lists again. */
const mostBuffered = 8 * 1024 * 1024
/** Smaller answers are not worth compressing. Source: k8s.io/apiserver/…/responsewriters/writers.go, defaultGzipThresholdBytes */
const gzipFrom = 128 * 1024

const compress = promisify(gzip)
const starting: KubeApi = {
  handle: () => statusResponse(503, 'ServiceUnavailable', 'the cluster is starting'),
  upgrade: () => ({ accepted: false, response: statusResponse(503, 'ServiceUnavailable', 'the cluster is starting') }),
}

/** Opens a TLS port on which kubectl finds a Kubernetes API. @throws when the port is taken */
export async function listenKube(options: KubeListenerOptions): Promise<KubeListener> {
  const { host = '127.0.0.1', report } = options
  let api = starting
  const upgrades = createKubeUpgrades({ key: options.key, certificate: options.certificate, maxPayload: mostBody, report })
  const upgraded = new Set<Duplex>()
  // Longer than the 90 s for which Go's clients keep an idle connection, so that it is they who close it and no request is lost.
  const server = createServer({
    key: options.key,
    cert: options.certificate,
    keepAliveTimeout: 95_000,
    // As much as Go's servers take; Node's take 16 KiB, which long selectors outgrow.
    maxHeaderSize: mostHeader,
    // Whoever shows a certificate that is not ours is told so in a Status, rather than hung up on.
    ...(options.certificateAuthority !== undefined && { ca: options.certificateAuthority, requestCert: true, rejectUnauthorized: false }),
  })
  server.on('request', (request, response) => void answer(api, request, response, report))
  server.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    socket.on('error', () => socket.destroy())
    answerUpgrade(api, request, socket, head, upgrades, report)
  })
  server.on('clientError', (error: Error & { readonly code?: string }, socket) => {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`)
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', report)
  return {
    host,
    port: (server.address() as AddressInfo).port,
    serve(next) {
      api = next
    },
    async close() {
      upgrades.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await closed
    },
  }
}

async function answer(api: KubeApi, request: IncomingMessage, response: ServerResponse, report: (error: unknown) => void): Promise<void> {
  try {
    const asked = await readRequest(request)
    await send(request, response, 'status' in asked ? asked : await api.handle(asked))
  } catch (error) {
    // The client went away while it was asking: nobody is left to tell.
    if (response.destroyed) return
    report(error)
    if (response.headersSent) response.destroy()
    else await send(request, response, internalError(error))
  }
}

function internalError(error: unknown): ApiResponse {
  return statusResponse(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`)
}

async function readRequest(request: IncomingMessage): Promise<ApiRequest | ApiResponse> {
  const parsed = parseRequest(request)
  if ('status' in parsed) return parsed
  const most = /^\/api\/v1\/.*\/proxy(\/|$)/.test(parsed.path) ? mostProxied : mostBody
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    // The rest is read and thrown away, so that the client hears the answer instead of a reset connection.
    if (length <= most) chunks.push(chunk)
    else if (length > most + 3 * mostBody) break
  }
  if (length > most) {
    return statusResponse(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${most}`)
  }
  return length > 0 ? readable({ ...parsed, body: new Uint8Array(Buffer.concat(chunks)) }) : parsed
}

/** The simulator reads JSON; an object in Kubernetes' protobuf is put into it here. */
function readable(request: ApiRequest): ApiRequest | ApiResponse {
  if (!request.body || request.headers['content-type']?.split(';')[0]?.trim() !== protobufType) return request
  try {
    const body = new TextEncoder().encode(protobufToJson(request.body))
    return { ...request, headers: { ...request.headers, 'content-type': 'application/json' }, body }
  } catch (error) {
    return statusResponse(400, 'BadRequest', error instanceof Error ? error.message : String(error))
  }
}

function parseRequest(request: IncomingMessage): ApiRequest | ApiResponse {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value
  try {
    const target = mark < 0 ? url : url.slice(0, mark)
    const path = decodeURIComponent(target)
    const client = clientOf(request.socket)
    if (client === 'stranger' && headers['authorization'] === undefined) return statusResponse(401, 'Unauthorized', 'Unauthorized')
    const known = client === 'stranger' || client === undefined ? {} : { client }
    return {
      method: request.method ?? 'GET',
      path,
      target,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers,
      ...known,
    }
  } catch {
    return { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '400 Bad Request' }
  }
}

/** Whose certificate came with the connection. @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
function clientOf(socket: IncomingMessage['socket']): ApiRequest['client'] | 'stranger' {
  if (!(socket instanceof TLSSocket)) return undefined
  const shown = socket.getPeerCertificate()
  if (Object.keys(shown).length === 0) return undefined
  if (!socket.authorized) return 'stranger'
  const { CN: names = '', O: organizations = [] } = shown.subject as { readonly CN?: string | string[]; readonly O?: string | string[] }
  const fingerprint = shown.fingerprint256.replaceAll(':', '').toLowerCase()
  return { commonName: String(Array.isArray(names) ? names.at(-1) : names), organizations: [organizations].flat(), fingerprint }
}

async function send(request: IncomingMessage, response: ServerResponse, answered: ApiResponse): Promise<void> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(answered.headers)) headers[name.toLowerCase()] = typeof value === 'string' ? value : [...value]
  if (typeof answered.body === 'function') {
    response.writeHead(answered.status, headers).flushHeaders()
    sendStream(response, answered.body)
    return
  }
  let body = typeof answered.body === 'string' ? Buffer.from(answered.body) : answered.body
  if (body.length > gzipFrom && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && !headers['content-encoding']) {
    // Level 1, as the API server: a list is wanted now more than it is wanted small.
    body = await compress(body, { level: 1 })
    headers['content-encoding'] = 'gzip'
    headers['vary'] = 'Accept-Encoding'
  }
  // 204 and 304 have neither a body nor its length.
  if (answered.status !== 204 && answered.status !== 304) headers['content-length'] = String(body.length)
  response.writeHead(answered.status, headers).end(request.method === 'HEAD' ? undefined : body)
}

function sendStream(response: ServerResponse, stream: BodyStream): void {
  let over = false
  let stop: (() => void) | undefined
  response.on('close', () => {
    over = true
    stop?.()
  })
  stop = stream({
    write(chunk) {
      if (over) return
      response.write(chunk)
      if (response.writableLength > mostBuffered) response.destroy()
    },
    end() {
      if (!over) response.end()
    },
  })
  if (over) stop()
}

function answerUpgrade(
  api: KubeApi,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  upgrades: KubeUpgrades,
  report: (error: unknown) => void,
): void {
  const refuse = (response: ApiResponse) => void refuseUpgrade(request, socket, response).catch(() => socket.destroy())
  try {
    const parsed = parseRequest(request)
    if ('status' in parsed) return refuse(parsed)
    const answered = api.upgrade(parsed)
    if (!answered.accepted) return refuse(answered.response)
    const refusal = upgrades.accept(request, parsed.query, socket, head, answered)
    if (refusal) refuse(refusal)
  } catch (error) {
    report(error)
    refuse(internalError(error))
  }
}

/** An ordinary response on a connection that was to be upgraded; it closes afterwards. */
async function refuseUpgrade(request: IncomingMessage, socket: Duplex, answered: ApiResponse): Promise<void> {
  const response = new ServerResponse(request)
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
  response.shouldKeepAlive = false
  response.on('finish', () => socket.end())
  await send(request, response, answered)
}
