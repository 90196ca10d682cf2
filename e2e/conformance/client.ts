import { readFileSync } from 'node:fs'
import https from 'node:https'
import { parse } from 'yaml'
import { z } from 'zod'

const Kubeconfig = z.object({
  clusters: z.array(z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) })).min(1),
  users: z.array(z.object({ user: z.object({ token: z.string().optional(), 'client-certificate-data': z.string().optional(), 'client-key-data': z.string().optional() }) })).min(1),
})

/** A request as its bytes; nothing is added but credentials. */
export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
  /** Without credentials, or with wrong ones. */
  readonly as?: 'anonymous' | 'nobody' | undefined
  /** Ends a streaming answer after so many milliseconds. */
  readonly wait?: number | undefined
}

export interface RawAnswer {
  readonly status: number
  readonly type: string | undefined
  readonly warning: string | undefined
  readonly text: string
}

export type Ask = (request: RawRequest) => Promise<RawAnswer>

/** Speaks plain HTTPS to the cluster that a kubeconfig names. */
export function askWith(kubeconfig: string): Ask {
  const { clusters, users } = Kubeconfig.parse(parse(readFileSync(kubeconfig, 'utf8')))
  const cluster = clusters[0]?.cluster
  const user = users[0]?.user
  if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster or no user`)
  const server = new URL(cluster.server)
  const pem = (base64: string | undefined): string | undefined => (base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString())
  const certificate = { cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) }
  return ({ method = 'GET', path, headers = {}, body, as, wait }) => {
    const token = as === 'nobody' ? 'wrong' : as === 'anonymous' ? undefined : user.token
    return new Promise((done, fail) => {
      let text = ''
      const options = {
        ca: pem(cluster['certificate-authority-data']),
        ...(as === undefined && certificate),
        host: server.hostname,
        port: server.port || 443,
        method,
        path: server.pathname.replace(/\/$/, '') + path,
        agent: false as const,
        headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }), ...headers },
      }
      const request = https.request(options, (response) => {
        const finish = (): void => done({ status: response.statusCode ?? 0, type: response.headers['content-type'], warning: response.headers['warning']?.toString(), text })
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', finish).on('error', finish)
        if (wait !== undefined) setTimeout(() => (finish(), request.destroy()), wait)
      })
      request.on('error', (error) => (wait === undefined ? fail(error) : undefined))
      request.end(body)
    })
  }
}
